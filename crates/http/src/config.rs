//! What a worker's HTTP side can be told.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use appserver_app::Endpoints;
use appserver_auth::Gate;
use appserver_telemetry::AccessLog;

use crate::proxies::TrustedProxies;
use crate::static_files::StaticFiles;

/// Everything that the server needs to know. There are no defaults here: settings have them.
pub struct Config {
    /// What a request may weigh.
    pub limits: Limits,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// What WebSockets may do.
    pub websocket: WebSocketConfig,
    /// Connections at one time.
    pub worker_connections: usize,
    /// Requests and WebSockets that are with the application at one time; more are answered with
    /// 503.
    pub limit_concurrency: Option<usize>,
    /// Who may speak for somebody else.
    pub trusted_proxies: TrustedProxies,
    /// Where large bodies are spooled.
    pub temp_dir: PathBuf,
    /// Bytes of a body that are kept in memory; larger bodies are spooled.
    pub body_memory: usize,
    /// Requests after which the worker asks to be replaced.
    pub max_requests: Option<u64>,
    /// Who writes the access log; `None` costs nothing.
    pub access_log: Option<Rc<AccessLog>>,
    /// Who decides whose requests reach the application; `None` costs nothing.
    pub gate: Option<Rc<Gate>>,
    /// Who answers some paths in the place of the application; `None` costs nothing.
    pub endpoints: Option<Rc<dyn Endpoints>>,
    /// Files that are served in the place of the application; `None` costs nothing.
    pub static_files: Option<Rc<StaticFiles>>,
}

/// Limits of one request. Lengths in bytes, without line ends where lines are meant.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The request line; more is a 414.
    pub request_line: usize,
    /// Header fields; more is a 431.
    pub header_count: usize,
    /// One header field line; more is a 431.
    pub header_bytes: usize,
    /// The whole head; more is a 431.
    pub head_bytes: usize,
    /// The body; more is a 413.
    pub body: u64,
}

/// Deadlines of a connection. They are checked a few times per second.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the first byte of a head to its last, and from accept to the first byte.
    pub header: Duration,
    /// Silence within a body.
    pub body: Duration,
    /// Bytes per second that a body must arrive with on average, after a time of grace.
    pub body_min_rate: u64,
    /// A write that makes no progress.
    pub write: Duration,
    /// Silence between two requests; zero closes after each response.
    pub keepalive: Duration,
    /// From the moment when the application begins to its response, where it answers later. The
    /// time that a client takes for the body does not count; waiting for the beginning may take as
    /// long once more.
    pub request: Option<Duration>,
}

/// What WebSockets may do. Deadlines are checked a few times per second.
#[derive(Clone, Copy, Debug)]
pub struct WebSocketConfig {
    /// The longest message, in bytes, as the application gets it; more ends with code 1009.
    pub max_message: usize,
    /// Silence after which a ping is sent.
    pub ping_interval: Option<Duration>,
    /// For how long the answer to a ping is waited for, and that to a close.
    pub ping_timeout: Duration,
    /// Whether messages are compressed where the client offers it (RFC 7692).
    pub deflate: bool,
}
