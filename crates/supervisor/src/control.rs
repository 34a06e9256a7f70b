//! The control socket: one JSON line in, one JSON line out.

mod auth;
mod client;
mod server;

use serde::{Deserialize, Serialize};

use appserver_telemetry::{IssuingReport, SlotReport};

pub use auth::{AuthCount, AuthStatus, KeysStatus};
pub use client::{ControlError, ask};
pub use server::{ControlServer, Question};

/// Name of the socket in the runtime directory.
pub const SOCKET_NAME: &str = "appserver.sock";

/// What an operator asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Request {
    /// How the server is.
    Status,
    /// How each worker is.
    Workers,
    /// Load the new code and settings; answered when it serves or was refused.
    Reload,
    /// Change the number of workers.
    Scale {
        /// To this many.
        workers: usize,
    },
    /// Stop gracefully.
    Stop,
    /// Open log files anew.
    ReopenLogs,
}

/// What the server answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "value")]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Workers`].
    Workers(Vec<WorkerStatus>),
    /// Done.
    Done(String),
    /// Not done.
    Failed(String),
}

/// How the server is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Process id of the master.
    pub pid: u32,
    /// Version of the program.
    pub version: String,
    /// `starting`, `ready`, `degraded`, `reloading` or `stopping`.
    pub state: String,
    /// The generation that serves.
    pub generation: u64,
    /// Wanted workers.
    pub workers: usize,
    /// Workers that are ready.
    pub ready: usize,
    /// Where it listens.
    pub listeners: Vec<String>,
    /// Seconds since the start.
    pub uptime: u64,
    /// Requests answered since the start.
    pub requests: u64,
    /// Of these, with a 5xx status.
    pub server_errors: u64,
    /// Requests refused before the application.
    pub refused: u64,
    /// Requests in the application now.
    pub in_flight: u64,
    /// Open connections.
    pub connections: u64,
    /// What came of authentication since the start, where there is any.
    #[serde(default)]
    pub auth: AuthStatus,
    /// What came of giving tokens out since the start.
    #[serde(default)]
    pub issuing: IssuingReport,
}

/// How a worker is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerStatus {
    /// Slot.
    pub slot: usize,
    /// Process id.
    pub pid: u32,
    /// Generation.
    pub generation: u64,
    /// `booting`, `ready` or `draining`.
    pub state: String,
    /// Seconds since it was forked.
    pub age: u64,
    /// Requests answered by this slot since the server started.
    pub requests: u64,
    /// Requests in the application now.
    pub in_flight: u64,
    /// Open connections.
    pub connections: u64,
    /// Resident memory in bytes.
    pub rss: u64,
    /// The request that has been running longest: milliseconds and line.
    pub oldest: Option<(u64, String)>,
}

impl WorkerStatus {
    /// From the scoreboard.
    pub fn new(report: &SlotReport, now_ns: u64) -> Self {
        let since = |ns: u64| now_ns.saturating_sub(ns);
        let pid = appserver_os::Pid::from_raw(i32::try_from(report.pid).unwrap_or(0));
        Self {
            slot: report.slot,
            pid: report.pid,
            generation: report.generation,
            state: format!("{:?}", report.state).to_lowercase(),
            age: since(report.started_ns) / 1_000_000_000,
            requests: report.requests(),
            in_flight: report.in_flight,
            connections: report.connections,
            rss: appserver_os::process::resident_bytes(pid).unwrap_or(0),
            oldest: report.oldest.clone().map(|(ns, line)| (since(ns) / 1_000_000, line)),
        }
    }
}
