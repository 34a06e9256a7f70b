//! The master process: performs what the plan decides.
//!
//! One thread, one loop, no application code, never a fork without an exec. Everything that happens
//! becomes an [`Event`] for the plan; the plan's [`plan::Action`]s are performed here and nowhere else.

mod early;
mod lost;
mod molds;
mod perform;
mod questions;
mod signals;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use appserver_os::clock::monotonic_ns;
use appserver_os::packet::{AsyncPacketSocket, PacketSocket};
use appserver_os::signals::{SignalStream, Signals};
use appserver_os::{Listening, PidFd, SharedMemory, process};
use appserver_telemetry::Scoreboard;

use crate::control::{Answer, ControlServer, KeysStatus, Question};
use crate::message::FromWorker;
use crate::notify::ServiceManager;
use crate::plan::{self, Event, Plan, Policy, ReplyTo};

use early::EarlyReports;
use lost::Unmourned;
use molds::{Mold, MoldNews};

pub use watch::Watch;

/// How often the scoreboard is looked at, at the least: nanoseconds.
const LOOK: u64 = 1_000_000_000;

/// Everything that one generation is made of.
pub struct Deployment {
    /// What the settings say about supervision.
    pub policy: Policy,
    /// When a worker is to be replaced.
    pub watch: Watch,
    /// The resolved settings, for the mold.
    pub settings: Value,
    /// The listening sockets.
    pub listeners: Vec<Rc<Listening>>,
    /// Memory that workers share among each other; it may be that of the generation before.
    pub shared: Vec<Arc<SharedMemory>>,
    /// The names of the reasons for which requests are refused, by the numbers that workers count
    /// them with.
    pub reasons: Vec<&'static str>,
    /// Looks at the keys that workers have fetched.
    pub keys: Box<dyn Fn() -> Vec<KeysStatus>>,
    /// The mold's command line, given the number of the handover's descriptor.
    pub mold: Box<dyn Fn(i32) -> Command>,
}

/// Reads the settings and binds the sockets, at the start and at each reload.
pub trait Deploy {
    /// What the settings say now. On failure nothing has changed.
    ///
    /// # Errors
    /// When they cannot be used: all reasons, for the operator.
    fn prepare(&mut self) -> Result<Deployment, String>;
}

/// The master.
pub struct Master {
    deploy: Box<dyn Deploy>,
    version: &'static str,
    runtime_dir: Option<PathBuf>,
    plan: Plan,
    started_ns: u64,
    next_look_ns: u64,
    /// By generation.
    deployments: BTreeMap<u64, Deployment>,
    /// Prepared for the next generation.
    prepared: Option<Deployment>,
    molds: BTreeMap<u64, Mold>,
    news: mpsc::UnboundedSender<MoldNews>,
    workers: BTreeMap<plan::Pid, PidFd>,
    early: EarlyReports,
    unmourned: Unmourned,
    has_closed: bool,
    scoreboard: Scoreboard,
    reports: PacketSocket,
    lifeline: io::PipeReader,
    /// Closed by the kernel when this process ends, however it ends.
    _alive: io::PipeWriter,
    replies: BTreeMap<ReplyTo, oneshot::Sender<Answer>>,
    next_reply: ReplyTo,
    manager: ServiceManager,
    exit: Option<i32>,
}

/// What the loop waits for.
struct Inbox {
    signals: SignalStream,
    news: mpsc::UnboundedReceiver<MoldNews>,
    reports: AsyncPacketSocket,
    questions: mpsc::UnboundedReceiver<Question>,
}

enum Incoming {
    Signal(appserver_os::Signal),
    Mold(MoldNews),
    Worker(FromWorker),
    Question(Question),
    Time,
}

/// Runs a server until it ends; returns the exit code.
///
/// # Errors
/// When the master itself cannot start.
pub fn run(
    deploy: Box<dyn Deploy>,
    first: Deployment,
    runtime_dir: Option<PathBuf>,
    version: &'static str,
) -> io::Result<i32> {
    let signals = Signals::catch(signals::CAUGHT)?;
    process::become_subreaper()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let (news, mold_news) = mpsc::unbounded_channel();
        let (reports, worker_end) = PacketSocket::pair()?;
        let (ask, questions) = mpsc::unbounded_channel();
        let mut master = Master::new(deploy, first, worker_end, news)?;
        master.runtime_dir = runtime_dir;
        master.version = version;
        let control = master.open_control(ask);
        let reports = AsyncPacketSocket::new(reports)?;
        let signals = signals.into_stream()?;
        let code = master.serve(Inbox { signals, news: mold_news, reports, questions }).await;
        // Whoever still waits for the outcome of something hears that there is none.
        drop(master);
        if let Some(control) = control {
            control.finish().await;
        }
        Ok(code)
    })
}

impl Master {
    fn new(
        deploy: Box<dyn Deploy>,
        first: Deployment,
        reports: PacketSocket,
        news: mpsc::UnboundedSender<MoldNews>,
    ) -> io::Result<Self> {
        let (lifeline, alive) = io::pipe()?;
        Ok(Self {
            deploy,
            version: "",
            runtime_dir: None,
            plan: Plan::new(first.policy.clone()),
            started_ns: monotonic_ns(),
            next_look_ns: 0,
            deployments: BTreeMap::from([(1, first)]),
            prepared: None,
            molds: BTreeMap::new(),
            news,
            workers: BTreeMap::new(),
            early: EarlyReports::default(),
            unmourned: Unmourned::default(),
            has_closed: false,
            scoreboard: Scoreboard::create(2 * plan::MAX_WORKERS)?,
            reports,
            lifeline,
            _alive: alive,
            replies: BTreeMap::new(),
            next_reply: 0,
            manager: ServiceManager::from_env(),
            exit: None,
        })
    }

    /// A server without a control socket works just as well.
    fn open_control(&self, ask: mpsc::UnboundedSender<Question>) -> Option<ControlServer> {
        let directory = self.runtime_dir.as_deref()?;
        match ControlServer::open(directory, ask) {
            Ok(control) => {
                tracing::info!("control socket at {}", control.path().display());
                Some(control)
            }
            Err(error) => {
                let place = directory.display();
                tracing::warn!("no control socket in {place}: {error}; set another `runtime_dir`");
                None
            }
        }
    }

    async fn serve(&mut self, mut inbox: Inbox) -> i32 {
        self.happen(Event::Start);
        loop {
            if let Some(code) = self.exit {
                tracing::info!("stopped, exit code {code}");
                self.end_all_molds();
                return code;
            }
            let incoming = self.next(&mut inbox).await;
            self.handle(incoming);
        }
    }

    async fn next(&self, inbox: &mut Inbox) -> Incoming {
        let now = monotonic_ns();
        if now >= self.next_look_ns {
            // Whoever talks all the time does not keep us from looking.
            return Incoming::Time;
        }
        let until = |at: u64| Duration::from_nanos(at.saturating_sub(now));
        let look = until(self.next_look_ns);
        let due = self.plan.next_deadline().map_or(look, |at| {
            // A little later rather than a little early, or the loop would turn for nothing.
            until(at) + Duration::from_millis(1)
        });
        tokio::select! {
            biased;
            signal = inbox.signals.next() => Incoming::Signal(signal),
            Some(news) = inbox.news.recv() => Incoming::Mold(news),
            Some(report) = molds::next_report(&inbox.reports) => Incoming::Worker(report),
            Some(question) = inbox.questions.recv() => Incoming::Question(question),
            () = tokio::time::sleep(due.min(look)) => Incoming::Time,
        }
    }

    fn handle(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Signal(signal) => self.signalled(signal),
            Incoming::Mold(news) => self.mold_news(news),
            Incoming::Worker(report) => self.worker_report(report),
            Incoming::Question(question) => self.asked(question),
            Incoming::Time => self.look(),
        }
    }

    /// Tells the plan, and does what it says.
    fn happen(&mut self, event: Event) {
        for action in self.plan.on(event, monotonic_ns()) {
            self.perform(action);
        }
        if self.plan.is_stopping() && !std::mem::replace(&mut self.has_closed, true) {
            self.close_listeners();
        }
    }

    /// While workers finish what they have, whoever connects is to be refused by the kernel, which
    /// it does when nobody has the socket any more: neither we nor a mold. A connection that it took
    /// would wait in vain.
    fn close_listeners(&mut self) {
        for mold in self.molds.values() {
            mold.kill();
        }
        for deployment in self.deployments.values_mut() {
            deployment.listeners.clear();
        }
        self.prepared = None;
    }
}
