//! The settings themselves. Only declarations live here: what they mean is elsewhere.

mod auth;
mod issue;
mod static_files;

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    table::areas,
    value::{
        AccessFormat, AccessLog, Account, Bind, ByteSize, Duration, Interface, Lifespan, List,
        LogFormat, LogLevel, Network, OrOff, Preload, Setting, Switch, Umask, Workers,
    },
};

pub use auth::{Auth, ClaimTest, Forward, Jwks, Jwt, JwtProvider, JwtRule, TokenSource};
pub use issue::{Issue, IssueCookies, IssueKeys, IssueLimits, IssuePaths, IssueStore, UserTable};
pub use static_files::{Static, StaticMount};

/// A list of values that this file writes down. A test holds that all of them can be read.
fn listed<T: Setting>(text: &str) -> List<T> {
    List::parse(text).unwrap_or_default()
}

areas! {
    /// The server: its app, its processes, its addresses.
    pub struct Settings in "" {
        /// The app, as `module:attribute` or `module:factory()`. It is the argument of `run` and
        /// `check`; without one the directory is searched.
        app: Option<String> = None, gunicorn "wsgi_app", unset "found";
        /// How the app wants to be called.
        interface: Interface = Interface::Auto;
        /// The addresses to listen on. The flag may be repeated. `[::]:8000` takes IPv6 only; for
        /// both families add `:8000`. A Unix socket belongs to `user` and `group`, and `umask`
        /// says who else may connect. `fd://N` is taken at the start only: a reload cannot add
        /// one. Where the platform sets `PORT`, every IPv4 address at that port.
        bind: List<Bind> = listed("127.0.0.1:8000"), short 'b';
        /// How many processes serve. `auto` is one per CPU that the affinity mask and the control
        /// group leave to the server. `WEB_CONCURRENCY` sets it too.
        workers: Workers = Workers::Auto, in "1"..="500", short 'w';
        /// How many requests of a WSGI app one worker runs at the same time, each in a thread of
        /// its own. With more than one thread, up to 64 more requests per thread wait in the
        /// worker; beyond them the answer is 503.
        threads: u32 = 1, in "1"..="512";
        /// How long the app may take until it answers a request, before its worker is replaced.
        /// Time that the request waits for a thread, or the app for the client, does not count.
        /// An ASGI app may take as long as it likes, as long as it does not block its event loop
        /// for this time.
        timeout: OrOff<Duration> = OrOff::on(Duration::from_secs(30)), in "100ms"..="7d", short 't';
        /// How long a worker that stops may finish the requests it has begun.
        graceful_timeout: Duration = Duration::from_secs(30), in "0s"..="1d";
        /// How long a worker may take from its start until it is ready.
        boot_timeout: Duration = Duration::from_secs(60), in "100ms"..="1d";
        /// How long an idle connection is kept for its next request. `off` closes each connection
        /// after its response.
        keepalive: OrOff<Duration> = OrOff::on(Duration::from_secs(5)), in "1ms"..="1d";
        /// After how many requests a worker is replaced; 0 is never.
        max_requests: u64 = 0;
        /// By how many requests at most, chosen at random, `max_requests` is lengthened, so that
        /// workers are not replaced all at once.
        max_requests_jitter: u64 = 0;
        /// At which age a worker is replaced.
        max_worker_age: OrOff<Duration> = OrOff::off(), in "1s"..="365d";
        /// At which size in memory a worker is replaced.
        max_worker_rss: OrOff<ByteSize> = OrOff::off(), in "1MiB"..="1024GiB";
        /// How many connections the kernel keeps for an address until a worker accepts them. The
        /// kernel cuts it to `net.core.somaxconn`.
        backlog: u32 = 2048, in "1"..="65535";
        /// How many connections one worker holds at the same time.
        worker_connections: u32 = 1000, in "1"..="1000000";
        /// How many requests and WebSockets one worker passes to the app at the same time; 0 is
        /// no limit. More are answered with 503 and `Retry-After`.
        limit_concurrency: u32 = 0;
        /// Whether the app is loaded once, before the workers are forked, so that they share its
        /// memory. `auto` does so unless loading it leaves threads or sockets behind.
        preload: Preload = Preload::Auto, gunicorn "preload_app";
        /// The user that workers run as. Only root can change it. A number that the user database
        /// does not know needs a `group` as well.
        user: Option<Account> = None, short 'u', unset "unchanged";
        /// The group that workers run as. Only root can change it.
        group: Option<Account> = None, short 'g', unset "unchanged";
        /// The permission bits that files made by the server and the app do not get: also Unix
        /// sockets and the pid file.
        umask: Option<Umask> = None, short 'm', unset "unchanged";
        /// The directory to run in. The settings file and all relative paths are looked up there.
        /// A reload follows symbolic links in it anew.
        chdir: Option<PathBuf> = None, unset "unchanged";
        /// A file that holds the master's process id while it runs.
        pidfile: Option<PathBuf> = None, short 'p', unset "none";
        /// The proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Request-ID` headers are
        /// believed; no other header of a proxy is. `*` believes everybody.
        forwarded_allow_ips: List<Network> = listed("127.0.0.1,::1");
        /// The directory of the control socket, which `ctl` talks to. Where it is not set, the
        /// first of `$RUNTIME_DIRECTORY`, `/run/appserver` and `$XDG_RUNTIME_DIR/appserver` that
        /// is writable or can be made; without any there is no control socket. Each server needs
        /// a directory of its own.
        runtime_dir: Option<PathBuf> = None, unset "found";
        /// The directory of what has to outlive the server: keys, users, and the state of tokens,
        /// where the server keeps them itself. It belongs to the user that workers run as.
        state_dir: Option<PathBuf> = None, unset "`$STATE_DIRECTORY`, else `.appserver` in the directory";
        /// Environment variables for the app. `config show` prints their names only.
        env: BTreeMap<String, String> = BTreeMap::new(), short 'e', gunicorn "raw_env";
        tables {
            http: Http, asgi: Asgi, websocket: WebSocket, r#static: Static, log: Log, python: Python,
            auth: Auth,
        }
    }

    /// What a client may send, and how long it may take.
    pub struct Http in "http" {
        /// The longest request line, in bytes. A longer one is answered with 414.
        limit_request_line: u32 = 8190, in "64"..="65536";
        /// The most header fields of a request. More are answered with 431.
        limit_request_fields: u32 = 100, in "1"..="32768";
        /// The longest header field, name and value together, in bytes. A longer one is answered
        /// with 431.
        limit_request_field_size: u32 = 8190, in "64"..="1048576";
        /// The longest head of a request: its line and all header fields. A longer one is answered
        /// with 431.
        limit_request_head: ByteSize = ByteSize::from_bytes(64 << 10), in "8KiB"..="16MiB";
        /// The longest body of a request. A longer one is answered with 413.
        limit_request_body: OrOff<ByteSize> = OrOff::on(ByteSize::from_bytes(100 << 20));
        /// How much of a body is held in memory before the rest goes to a temporary file.
        body_memory: ByteSize = ByteSize::from_bytes(1 << 20), in "0B"..="1GiB";
        /// The directory of temporary files. Where none can be made, large bodies stay in memory.
        temp_dir: Option<PathBuf> = None, gunicorn "worker_tmp_dir", unset "the system's";
        /// How long a client may take for the head of a request.
        header_timeout: Duration = Duration::from_secs(10), in "100ms"..="1h";
        /// How long a client may pause inside the body of a request.
        body_timeout: Duration = Duration::from_secs(30), in "100ms"..="1d";
        /// How many bytes per second a client must send of a body on average.
        body_min_rate: OrOff<ByteSize> = OrOff::on(ByteSize::from_bytes(240)), in "1B"..="1GiB";
        /// How long a client may take no byte of a response.
        write_timeout: Duration = Duration::from_secs(30), in "100ms"..="1d";
        /// The path under which the app is mounted: `SCRIPT_NAME` of WSGI, `root_path` of ASGI.
        root_path: String = String::new(), gunicorn "SCRIPT_NAME";
    }

    /// What ASGI apps are offered.
    pub struct Asgi in "asgi" {
        /// Whether the app is told that its worker starts and stops. `auto` goes on without an app
        /// that does not know of it; with `on` that is a failure.
        lifespan: Lifespan = Lifespan::Auto, flag "lifespan";
        /// Whether the task that answers a request is cancelled when the client goes away, instead
        /// of being told by the next `receive`.
        cancel_on_disconnect: Switch = Switch::Off;
        /// How long a view may block the event loop before the log names it.
        blocked_warning: OrOff<Duration> = OrOff::on(Duration::from_secs(1)), in "10ms"..="1h";
    }

    /// What WebSockets may do.
    pub struct WebSocket in "websocket" {
        /// The longest message, as the app gets it. A longer one closes the connection with code
        /// 1009.
        max_message: ByteSize = ByteSize::from_bytes(16 << 20), in "125B"..="1GiB";
        /// How long a connection may be quiet before it is sent a ping.
        ping_interval: OrOff<Duration> = OrOff::on(Duration::from_secs(20)), in "100ms"..="1d";
        /// How long the answer to a ping may take, and that to a close.
        ping_timeout: Duration = Duration::from_secs(20), in "100ms"..="1h";
        /// Whether messages are compressed for clients that can read it (RFC 7692). No connection
        /// keeps a window of its own between messages, so that memory stays small.
        permessage_deflate: Switch = Switch::Off;
    }

    /// What the server tells, and where.
    pub struct Log in "log" {
        /// The least important events that are logged.
        level: LogLevel = LogLevel::Info, flag "log-level", gunicorn "loglevel";
        /// The shape of the log, which goes to the standard error.
        format: LogFormat = LogFormat::Text, flag "log-format";
        /// Where each request is logged.
        access: AccessLog = AccessLog::Off, flag "access-log", gunicorn "accesslog";
        /// The shape of the access log.
        access_format: AccessFormat = AccessFormat::Combined, gunicorn "access_log_format";
    }

    /// Where Python and the app's modules are found.
    pub struct Python in "python" {
        /// The interpreter: a path, or a name that `$PATH` leads to. Where it is not set, the one of `$VIRTUAL_ENV`, of `.venv` or `venv`
        /// in the directory, the one beside the server, or `python3` of `$PATH`.
        interpreter: Option<PathBuf> = None, flag "python", unset "found";
        /// Directories that are put in front of `sys.path`.
        path: List<PathBuf> = List::default(), flag "pythonpath", gunicorn "pythonpath";
    }
}
