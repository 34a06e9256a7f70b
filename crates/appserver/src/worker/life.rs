//! The life of a worker from ready to its end: signals, the drain and its deadlines.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use appserver_app::Application;
use appserver_http::Server;
use appserver_os::signals::SignalStream;
use appserver_os::{Signal, process};
use appserver_telemetry::{AccessLog, Slot, WorkerState};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::End;

/// What a worker that serves needs to end well.
pub(super) struct Life<'a> {
    pub(super) server: &'a Rc<Server>,
    pub(super) app: &'a dyn Application,
    pub(super) slot: &'a Slot,
    pub(super) access_log: Option<Rc<AccessLog>>,
    /// How long a drain may take in all. The master ends what takes longer.
    pub(super) grace: Duration,
}

/// The times of a drain, each the latest for its step. What is left of the grace is divided so that
/// clients hear a polite end over a slow line, and the application has time to shut down.
///
/// Nothing here ends a drain at its end: that is the master's, which also tells of it.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    /// Those who do not end by themselves are told to.
    last_call: Option<Instant>,
    /// Those who did not listen are cut.
    cut: Option<Instant>,
    /// The application shuts down, whatever still runs.
    shutdown: Option<Instant>,
    end: Instant,
}

impl Schedule {
    /// From now on. Without a farewell everything may take until the master ends it.
    fn new(grace: Duration, has_farewell: bool) -> Self {
        let end = Instant::now() + grace;
        let farewell = (grace / 5).min(LONGEST_FAREWELL);
        let before = |time: Duration| has_farewell.then(|| end - time);
        Self {
            last_call: before(farewell),
            cut: before(farewell / 2),
            shutdown: before(farewell / 4),
            end,
        }
    }
}

/// The farewell is a fifth of the grace, up to this time.
const LONGEST_FAREWELL: Duration = Duration::from_secs(3);
/// A worker without a master ends itself so long after its grace, whatever keeps it.
const OVERTIME: Duration = Duration::from_secs(2);

/// What a step of the drain waits for has happened.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Every connection has ended, and the application has nothing left to do.
    Finished,
    LastCall,
    Cut,
    Shutdown,
    Told(Signal),
    Orphaned,
}

impl Life<'_> {
    /// Serves until told to stop, drains, and shuts the application down.
    pub(super) async fn run(
        &self,
        signals: &mut SignalStream,
        serving: JoinHandle<()>,
        lifeline: OwnedFd,
    ) -> End {
        let mut schedule = None;
        let end = {
            let finished = async {
                // A server that panicked serves no more; the application may still have work.
                let _ = serving.await;
                self.app.settled().await;
            };
            tokio::pin!(finished);
            let orphaned = orphaned(lifeline);
            tokio::pin!(orphaned);
            let mut has_master = true;
            loop {
                let step = tokio::select! {
                    biased;
                    signal = signals.next() => Step::Told(signal),
                    () = &mut orphaned, if has_master => Step::Orphaned,
                    () = &mut finished => Step::Finished,
                    step = due(schedule.as_ref()) => step,
                };
                has_master &= !matches!(step, Step::Orphaned);
                if let Some(end) = self.take(step, &mut schedule) {
                    break end;
                }
            }
        };
        if end == End::Quick { end } else { self.shut_down(signals, schedule).await }
    }

    /// One step; the end, if it was the last before the application's own.
    fn take(&self, step: Step, schedule: &mut Option<Schedule>) -> Option<End> {
        match step {
            Step::Told(Signal::SIGTERM) => self.drain(schedule),
            Step::Told(Signal::SIGUSR1) => self.reopen_logs(),
            Step::Told(_) => {
                self.server.abort();
                return Some(End::Quick);
            }
            Step::Orphaned => {
                // The master enforces the time of a drain; there is none any more.
                self.drain(schedule);
                end_after(self.grace + OVERTIME);
            }
            Step::LastCall => {
                schedule.iter_mut().for_each(|schedule| schedule.last_call = None);
                self.server.last_call();
            }
            Step::Cut => {
                schedule.iter_mut().for_each(|schedule| schedule.cut = None);
                self.server.abort();
                self.app.cut();
            }
            Step::Finished | Step::Shutdown => return Some(End::Drained),
        }
        None
    }

    fn drain(&self, schedule: &mut Option<Schedule>) {
        if schedule.is_none() {
            *schedule = Some(Schedule::new(self.grace, self.app.needs_farewell()));
            self.slot.set_state(WorkerState::Draining);
            self.app.stopping();
            self.server.drain();
        }
    }

    /// Lets the application finish its own affairs, for as long as there is time.
    async fn shut_down(&self, signals: &mut SignalStream, schedule: Option<Schedule>) -> End {
        let end = schedule.map_or(Instant::now() + self.grace, |schedule| schedule.end);
        let shutdown = self.app.shutdown(end.saturating_duration_since(Instant::now()));
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return End::Drained,
                signal = signals.next() => {
                    if !matches!(signal, Signal::SIGTERM | Signal::SIGUSR1) {
                        return End::Quick;
                    }
                }
                () = reached(Some(end)) => {
                    tracing::warn!("the application did not shut down within graceful_timeout");
                    return End::Quick;
                }
            }
        }
    }

    fn reopen_logs(&self) {
        if let Some(Err(error)) = self.access_log.as_ref().map(|log| log.reopen()) {
            tracing::error!("cannot open the access log anew: {error}");
        }
    }
}

/// Waits for the next time of the drain.
async fn due(schedule: Option<&Schedule>) -> Step {
    let Some(schedule) = schedule else { return std::future::pending().await };
    tokio::select! {
        biased;
        () = reached(schedule.last_call) => Step::LastCall,
        () = reached(schedule.cut) => Step::Cut,
        () = reached(schedule.shutdown) => Step::Shutdown,
    }
}

async fn reached(instant: Option<Instant>) {
    match instant {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Ends this process after that time, from a thread that nothing holds up.
fn end_after(time: Duration) {
    let wait = move || {
        std::thread::sleep(time);
        process::exit_now(1);
    };
    if let Err(error) = std::thread::Builder::new().name("appserver-end".to_owned()).spawn(wait) {
        tracing::error!(%error, "nobody watches over the end of this worker");
    }
}

/// Resolves when the master has gone: the other end of the pipe is closed by the kernel then.
async fn orphaned(lifeline: OwnedFd) {
    let watched = process::set_nonblocking(lifeline.as_fd(), true)
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
