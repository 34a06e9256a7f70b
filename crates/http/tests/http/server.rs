//! A server on a thread of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use appserver_app::BodyMode;
use appserver_http::{
    Config, Events, Limits, RecycleReason, Server, StaticFiles, StaticMount, Timeouts,
    TrustedProxies, WebSocketConfig,
};
use appserver_os::{ExclusiveListener, ListenAddress, Listening};
use appserver_telemetry::{AccessFormat, AccessLog, AccessTarget, Scoreboard, Slot, SlotReport};
use tokio::sync::mpsc;

use crate::app::{Probe, TestApp};
use crate::client::Client;

/// Any free port.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

enum Order {
    Drain,
    LastCall,
    Abort,
}

/// A running server; dropped, it is aborted and waited for.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) probe: Probe,
    pub(crate) recycled: Arc<Mutex<Vec<RecycleReason>>>,
    is_draining: Arc<AtomicBool>,
    slot: Slot,
    orders: mpsc::UnboundedSender<Order>,
    thread: Option<JoinHandle<()>>,
}

/// What a test wants to be different.
pub(crate) struct Setup {
    pub(crate) mode: BodyMode,
    is_timed: bool,
    is_called_in_turns: bool,
    pub(crate) config: Config,
    log: Option<(PathBuf, AccessFormat)>,
    auth: Option<appserver_auth::Config>,
    address: ListenAddress,
    has_endpoints: bool,
    files: Vec<StaticMount>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let long = Duration::from_secs(60);
        let config = Config {
            limits: Limits {
                request_line: 4094,
                header_count: 100,
                header_bytes: 8190,
                head_bytes: 32 * 1024,
                body: 1 << 20,
            },
            timeouts: Timeouts {
                header: long,
                body: long,
                body_min_rate: 0,
                write: long,
                keepalive: long,
                request: None,
            },
            worker_connections: 100,
            limit_concurrency: None,
            websocket: WebSocketConfig {
                max_message: 1 << 20,
                ping_interval: None,
                ping_timeout: Duration::from_secs(60),
                deflate: true,
            },
            trusted_proxies: TrustedProxies::default(),
            temp_dir: std::env::temp_dir(),
            body_memory: 64 * 1024,
            max_requests: None,
            access_log: None,
            gate: None,
            endpoints: None,
            static_files: None,
        };
        let address = ListenAddress::Tcp(LOOPBACK);
        Self {
            mode: BodyMode::Whole,
            is_timed: true,
            is_called_in_turns: true,
            config,
            log: None,
            auth: None,
            address,
            has_endpoints: false,
            files: Vec::new(),
        }
    }

    pub(crate) fn log_to(mut self, file: &Path) -> Self {
        self.log = Some((file.to_owned(), AccessFormat::Combined));
        self
    }

    pub(crate) fn log_json_to(mut self, file: &Path) -> Self {
        self.log = Some((file.to_owned(), AccessFormat::Json));
        self
    }

    /// Lets a gate decide. Keys that are fetched are those of the probe.
    pub(crate) fn guarded(mut self, auth: appserver_auth::Config) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Lets somebody else answer some paths.
    pub(crate) fn with_endpoints(mut self) -> Self {
        self.has_endpoints = true;
        self
    }

    /// Serves the files of these folders.
    pub(crate) fn with_files(mut self, mounts: Vec<StaticMount>) -> Self {
        self.files = mounts;
        self
    }

    pub(crate) fn listen_at(mut self, path: &Path) -> Self {
        self.address = ListenAddress::Unix(path.to_owned());
        self
    }

    pub(crate) fn streamed(mut self) -> Self {
        self.mode = BodyMode::Streamed;
        self
    }

    /// Connections call the application themselves, as they do with one that is quick.
    pub(crate) fn called_directly(mut self) -> Self {
        self.is_called_in_turns = false;
        self
    }

    pub(crate) fn untimed(mut self) -> Self {
        self.is_timed = false;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) fn start(self) -> TestServer {
        let listening = Listening::bind(&self.address, 64).unwrap();
        let address = match listening.local_address().unwrap() {
            ListenAddress::Tcp(address) => address,
            _ => LOOPBACK,
        };
        let (orders, inbox) = mpsc::unbounded_channel();
        let slot = Scoreboard::create(1).unwrap().slot(0);
        let probe = Probe::default();
        let is_draining = Arc::new(AtomicBool::new(false));
        let recycled = Arc::new(Mutex::new(Vec::new()));
        let parts = Parts {
            mode: self.mode,
            is_timed: self.is_timed,
            is_called_in_turns: self.is_called_in_turns,
            config: Sent::of(&self.config),
            log: self.log,
            auth: self.auth,
            has_endpoints: self.has_endpoints,
            files: self.files,
            probe: probe.clone(),
            recycled: Arc::clone(&recycled),
            slot: slot.clone(),
            is_draining: Arc::clone(&is_draining),
        };
        let thread = std::thread::spawn(move || run(parts, listening, inbox));
        TestServer { is_draining, address, probe, recycled, slot, orders, thread: Some(thread) }
    }
}

/// What of a configuration can move to another thread.
struct Sent {
    limits: Limits,
    timeouts: Timeouts,
    worker_connections: usize,
    limit_concurrency: Option<usize>,
    websocket: WebSocketConfig,
    trusted_proxies: TrustedProxies,
    temp_dir: PathBuf,
    body_memory: usize,
    max_requests: Option<u64>,
}

impl Sent {
    fn of(config: &Config) -> Self {
        Self {
            limits: config.limits,
            timeouts: config.timeouts,
            worker_connections: config.worker_connections,
            limit_concurrency: config.limit_concurrency,
            websocket: config.websocket,
            trusted_proxies: config.trusted_proxies.clone(),
            temp_dir: config.temp_dir.clone(),
            body_memory: config.body_memory,
            max_requests: config.max_requests,
        }
    }

    fn into_config(self) -> Config {
        Config {
            limits: self.limits,
            timeouts: self.timeouts,
            worker_connections: self.worker_connections,
            limit_concurrency: self.limit_concurrency,
            websocket: self.websocket,
            trusted_proxies: self.trusted_proxies,
            temp_dir: self.temp_dir,
            body_memory: self.body_memory,
            max_requests: self.max_requests,
            access_log: None,
            gate: None,
            endpoints: None,
            static_files: None,
        }
    }
}

struct Parts {
    is_draining: Arc<AtomicBool>,
    mode: BodyMode,
    is_timed: bool,
    is_called_in_turns: bool,
    log: Option<(PathBuf, AccessFormat)>,
    auth: Option<appserver_auth::Config>,
    has_endpoints: bool,
    files: Vec<StaticMount>,
    config: Sent,
    probe: Probe,
    recycled: Arc<Mutex<Vec<RecycleReason>>>,
    slot: Slot,
}

struct Recycled(Arc<Mutex<Vec<RecycleReason>>>);

impl Events for Recycled {
    fn recycle(&self, reason: RecycleReason) {
        self.0.lock().unwrap().push(reason);
    }
}

fn run(parts: Parts, listening: Listening, mut inbox: mpsc::UnboundedReceiver<Order>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let gate = parts.auth.map(|auth| crate::auth::gate(auth, &parts.probe.keys));
        let app = Rc::new(TestApp {
            mode: parts.mode,
            is_timed: parts.is_timed,
            is_called_in_turns: parts.is_called_in_turns,
            probe: parts.probe,
        });
        let events = Rc::new(Recycled(parts.recycled));
        let mut config = parts.config.into_config();
        config.gate = gate;
        config.endpoints = parts.has_endpoints.then(crate::endpoints::own);
        let files = Some(parts.files).filter(|files| !files.is_empty());
        config.static_files =
            files.map(|files| Rc::new(StaticFiles::open(files, 1 << 20).unwrap()));
        config.access_log = parts.log.map(|(file, format)| {
            let target = AccessTarget::File(file);
            Rc::new(AccessLog::open(target, format).unwrap())
        });
        let server = Rc::new(Server::new(config, app, parts.slot, events));
        let listener = ExclusiveListener::new(listening).unwrap();
        let serving = tokio::task::spawn_local(Rc::clone(&server).serve(vec![listener]));
        let obey = async {
            while let Some(order) = inbox.recv().await {
                match order {
                    Order::Drain => {
                        server.drain();
                        parts.is_draining.store(true, Ordering::SeqCst);
                    }
                    Order::LastCall => server.last_call(),
                    Order::Abort => server.abort(),
                }
            }
            server.abort();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = serving => ended.unwrap(),
            () = obey => {}
        }
    });
}

impl TestServer {
    pub(crate) fn start() -> Self {
        Setup::new().start()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Starts to drain, and waits until it has started.
    pub(crate) fn drain(&self) {
        self.order_drain();
        self.wait("the drain", |server| server.is_draining.load(Ordering::SeqCst));
    }

    /// Asks for a drain, whenever the server gets to it.
    pub(crate) fn order_drain(&self) {
        let _ = self.orders.send(Order::Drain);
    }

    pub(crate) fn last_call(&self) {
        let _ = self.orders.send(Order::LastCall);
    }

    pub(crate) fn abort(&self) {
        let _ = self.orders.send(Order::Abort);
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn report(&self) -> SlotReport {
        self.slot.read()
    }

    /// Waits for a state that another thread brings about; fails if it never comes.
    pub(crate) fn wait(&self, what: &str, mut reached: impl FnMut(&Self) -> bool) {
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !reached(self) {
            assert!(std::time::Instant::now() < end, "never came: {what}");
            std::thread::yield_now();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.abort();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok());
        }
    }
}
