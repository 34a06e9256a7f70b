//! The body of a worker: one thread, one loop, from ready to drained.
//!
//! What the application is and who forked this process is the caller's business.

mod claim;
mod hooks;
mod issuing;
mod keys;
mod life;

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;

use appserver_app::{Application, Endpoints, LocalFuture};
use appserver_http::Server;
use appserver_issuer::Host;
use appserver_os::clock::monotonic_ns;
use appserver_os::packet::PacketSocket;
use appserver_os::signals::{self, SignalStream, Signals};
use appserver_os::{ExclusiveListener, Listening, SharedMemory, Signal};
use appserver_supervisor::message::FromWorker;
use appserver_supervisor::{BootReport, Inheritance};
use appserver_telemetry::{Slot, WorkerState};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::handed::Handed;
use crate::issuing::shelf;

pub use hooks::LoopHooks;
use hooks::Reporter;
use life::Life;

/// Makes the application of one worker, within the loop's runtime.
pub type MakeApp = Box<dyn FnOnce() -> LocalFuture<Result<Rc<dyn Application>, BootReport>>>;

/// What a worker does from its first moment to its last.
pub type Body = LocalFuture<Result<End, BootReport>>;

/// Who turns the loop of a worker.
pub trait Driver {
    /// What happens around the loop's sleep.
    fn hooks(&self) -> LoopHooks {
        LoopHooks::default()
    }

    /// Runs the body to its end, with everything that it spawns.
    ///
    /// # Errors
    /// The body's own, and what keeps the loop from turning.
    fn drive(
        &self,
        runtime: Rc<Runtime>,
        local: Rc<LocalSet>,
        body: Body,
    ) -> Result<End, BootReport>;
}

/// The loop turns by itself, and the interpreter, if any, is given up around its sleep.
pub struct Plain(pub LoopHooks);

impl Driver for Plain {
    fn hooks(&self) -> LoopHooks {
        self.0
    }

    fn drive(
        &self,
        runtime: Rc<Runtime>,
        local: Rc<LocalSet>,
        body: Body,
    ) -> Result<End, BootReport> {
        local.block_on(&runtime, body)
    }
}

/// A worker that has just been forked.
pub struct Seat {
    /// The settings.
    pub handed: Handed,
    /// What the application has for an issuer.
    pub host: Host,
    slot: Slot,
    reports: Arc<PacketSocket>,
    lifeline: OwnedFd,
    listeners: Vec<Listening>,
    shared: Vec<Arc<SharedMemory>>,
}

/// So many threads wait for disks and name servers at most. They are made when they are needed; more
/// of them would not make a slow disk quicker.
const MOST_WAITING: usize = 64;

/// How a worker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was finished.
    Drained,
    /// It was told not to wait.
    Quick,
}

impl Seat {
    /// Takes the slot and the signals of a worker. The mold's own socket is closed here.
    ///
    /// # Errors
    /// When a signal cannot be caught.
    pub fn take(inheritance: Inheritance, handed: Handed, slot: usize) -> io::Result<Self> {
        for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR2] {
            signals::swallow(signal)?;
        }
        appserver_os::process::set_name(&format!("appserver:{slot}"));
        appserver_os::process::keep_freed_memory();
        let slot = inheritance.scoreboard.slot(slot);
        slot.occupy(std::process::id(), inheritance.generation, monotonic_ns());
        Ok(Self {
            handed,
            host: Host::default(),
            slot,
            reports: Arc::new(inheritance.reports),
            lifeline: inheritance.lifeline,
            listeners: inheritance.listeners,
            shared: inheritance.shared,
        })
    }

    /// Makes the application and serves it until told to stop. Returns on the thread that called,
    /// with nothing running any more.
    ///
    /// # Errors
    /// When the application, the loop, a listener, the gate or the access log cannot be made; the
    /// master has been told.
    pub fn serve(self, make: MakeApp, driver: &dyn Driver) -> Result<End, BootReport> {
        let reporter = Reporter(Arc::clone(&self.reports));
        self.try_serve(make, driver).inspect_err(|report| reporter.failed(report))
    }

    /// Gives up before serving, and tells the master why.
    pub fn fail(self, report: &BootReport) {
        Reporter(self.reports).failed(report);
    }

    fn try_serve(self, make: MakeApp, driver: &dyn Driver) -> Result<End, BootReport> {
        let caught = [Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGUSR1];
        let signals = Signals::catch(&caught).map_err(because("catch signals"))?;
        let hooks = driver.hooks();
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().max_blocking_threads(MOST_WAITING);
        builder.on_thread_park(hooks.park).on_thread_unpark(hooks.unpark);
        let runtime = Rc::new(builder.build().map_err(because("build the loop"))?);
        let local = Rc::new(LocalSet::new());
        let body = Box::pin(self.run(make, signals));
        let end = driver.drive(Rc::clone(&runtime), Rc::clone(&local), body);
        drop(local);
        if let Some(runtime) = Rc::into_inner(runtime) {
            runtime.shutdown_background();
        }
        end
    }

    async fn run(self, make: MakeApp, signals: Signals) -> Result<End, BootReport> {
        let claim = signals.claim();
        let mut signals = signals.into_stream().map_err(because("watch signals"))?;
        let app = tokio::select! {
            biased;
            app = make() => app?,
            () = told_to_stop(&mut signals) => return Ok(End::Quick),
        };
        claim::keep(claim);
        let listeners: io::Result<Vec<ExclusiveListener>> =
            self.listeners.into_iter().map(ExclusiveListener::new).collect();
        let listeners = listeners.map_err(because("watch a listener"))?;
        let config = self.handed.http();
        let mut config = config.map_err(|unusable| BootReport::worker(unusable.to_string()))?;
        let access_log = config.access_log.clone();
        let (denied, shared) = shelf::split(&self.handed.settings, &self.shared);
        let keeper = keys::keep(config.gate.as_deref(), self.handed.auth.as_ref(), shared);
        // Kept to the end of the drain: requests may need keys until then.
        let _keeper = keeper.map_err(because("keep the keys that are fetched"))?;
        let host = Host { memory: denied, ..self.host };
        let gate = config.gate.as_deref();
        let endpoints = issuing::start(&self.handed, gate, host, &self.slot).await?;
        config.endpoints = endpoints.map(|it| Rc::new(it) as Rc<dyn Endpoints>);
        let reporter = Reporter(Arc::clone(&self.reports));
        let server = Rc::new(Server::new(
            config,
            Rc::clone(&app),
            self.slot.clone(),
            Rc::new(reporter.clone()),
        ));
        let serving = tokio::task::spawn_local(Rc::clone(&server).serve(listeners));
        self.slot.set_state(WorkerState::Ready);
        reporter.send(&FromWorker::Ready { pid: std::process::id().cast_signed() });
        let life = Life {
            server: &server,
            app: &*app,
            slot: &self.slot,
            access_log,
            grace: self.handed.settings.graceful_timeout.into(),
        };
        Ok(life.run(&mut signals, serving, self.lifeline).await)
    }
}

/// Resolves when a signal ends the worker before it is ready.
async fn told_to_stop(signals: &mut SignalStream) {
    while signals.next().await == Signal::SIGUSR1 {}
}

fn because(what: &'static str) -> impl Fn(io::Error) -> BootReport {
    move |error| BootReport::worker(format!("cannot {what}: {error}"))
}
