//! The body of a worker: one thread, one loop, from ready to drained.
//!
//! What the application is and who forked this process is the caller's business.

mod hooks;

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use appserver_app::Application;
use appserver_http::Server;
use appserver_os::clock::monotonic_ns;
use appserver_os::packet::PacketSocket;
use appserver_os::signals::{self, SignalStream, Signals};
use appserver_os::{ExclusiveListener, Listening, Signal};
use appserver_supervisor::message::FromWorker;
use appserver_supervisor::{BootReport, Inheritance};
use appserver_telemetry::{AccessLog, Slot, WorkerState};

use crate::handed::Handed;

pub use hooks::LoopHooks;
use hooks::Reporter;

/// Makes the application of one worker.
pub type MakeApp<'a> = &'a dyn Fn() -> Result<Rc<dyn Application>, BootReport>;

/// A worker that has just been forked.
pub struct Seat {
    /// The settings.
    pub handed: Handed,
    slot: Slot,
    reports: Arc<PacketSocket>,
    lifeline: OwnedFd,
    listeners: Vec<Listening>,
}

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
            slot,
            reports: Arc::new(inheritance.reports),
            lifeline: inheritance.lifeline,
            listeners: inheritance.listeners,
        })
    }

    /// Makes the application, within the loop's runtime, and serves it until told to stop. Returns
    /// on the thread that called, with nothing running any more.
    ///
    /// # Errors
    /// When the application, the loop, a listener or the access log cannot be made; the master has
    /// been told.
    pub fn serve(self, make: MakeApp<'_>, hooks: LoopHooks) -> Result<End, BootReport> {
        let reporter = Reporter(Arc::clone(&self.reports));
        self.try_serve(make, hooks).inspect_err(|report| {
            let pid = std::process::id().cast_signed();
            reporter.send(&FromWorker::BootFailed { pid, report: report.clone() });
        })
    }

    fn try_serve(self, make: MakeApp<'_>, hooks: LoopHooks) -> Result<End, BootReport> {
        let caught = [Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGUSR1];
        let signals = Signals::catch(&caught).map_err(because("catch signals"))?;
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().on_thread_park(hooks.park).on_thread_unpark(hooks.unpark);
        let runtime = builder.build().map_err(because("build the loop"))?;
        let local = tokio::task::LocalSet::new();
        let end = local.block_on(&runtime, async move { self.run(make()?, signals).await });
        drop(local);
        runtime.shutdown_background();
        end
    }

    async fn run(self, app: Rc<dyn Application>, signals: Signals) -> Result<End, BootReport> {
        let mut signals = signals.into_stream().map_err(because("watch signals"))?;
        let listeners: io::Result<Vec<ExclusiveListener>> =
            self.listeners.into_iter().map(ExclusiveListener::new).collect();
        let listeners = listeners.map_err(because("watch a listener"))?;
        let config = self.handed.http().map_err(because("open the access log"))?;
        let access_log = config.access_log.clone();
        let reporter = Reporter(Arc::clone(&self.reports));
        let server = Rc::new(Server::new(
            config,
            Rc::clone(&app),
            self.slot.clone(),
            Rc::new(reporter.clone()),
        ));
        let mut serving = tokio::task::spawn_local(Rc::clone(&server).serve(listeners));
        self.slot.set_state(WorkerState::Ready);
        reporter.send(&FromWorker::Ready { pid: std::process::id().cast_signed() });
        let life = Life {
            server: &server,
            slot: &self.slot,
            access_log,
            grace: self.handed.settings.graceful_timeout.into(),
        };
        let end = life.until_stopped(&mut signals, &mut serving, self.lifeline).await;
        if end == End::Drained {
            app.shutdown().await;
        }
        Ok(end)
    }
}

/// What can happen to a worker while it serves.
struct Life<'a> {
    server: &'a Rc<Server>,
    slot: &'a Slot,
    access_log: Option<Rc<AccessLog>>,
    grace: Duration,
}

impl Life<'_> {
    async fn until_stopped(
        &self,
        signals: &mut SignalStream,
        serving: &mut tokio::task::JoinHandle<()>,
        lifeline: OwnedFd,
    ) -> End {
        let orphaned = orphaned(lifeline);
        tokio::pin!(orphaned);
        let mut deadline = None;
        loop {
            let cut = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Signal::SIGTERM => self.drain(),
                    Signal::SIGUSR1 => self.reopen_logs(),
                    _ => {
                        self.server.abort();
                        return End::Quick;
                    }
                },
                () = &mut orphaned, if deadline.is_none() => {
                    // The master enforces this time; there is none any more.
                    deadline = Some(tokio::time::Instant::now() + self.grace);
                    self.drain();
                }
                _ = &mut *serving => return End::Drained,
                () = cut => return End::Quick,
            }
        }
    }

    fn drain(&self) {
        self.slot.set_state(WorkerState::Draining);
        self.server.drain();
    }

    fn reopen_logs(&self) {
        if let Some(Err(error)) = self.access_log.as_ref().map(|log| log.reopen()) {
            tracing::error!("cannot open the access log anew: {error}");
        }
    }
}

/// Resolves when the master has gone: the other end of the pipe is closed by the kernel then.
async fn orphaned(lifeline: OwnedFd) {
    let watched = appserver_os::process::set_nonblocking(std::os::fd::AsFd::as_fd(&lifeline), true)
        .and_then(|()| tokio::net::unix::pipe::Receiver::from_owned_fd(lifeline));
    let Ok(pipe) = watched else { return std::future::pending().await };
    let mut byte = [0_u8];
    loop {
        if pipe.readable().await.is_err() {
            return;
        }
        match pipe.try_read(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

fn because(what: &'static str) -> impl Fn(io::Error) -> BootReport {
    move |error| BootReport::worker(format!("cannot {what}: {error}"))
}
