//! Deadlines: one timer per worker looks at all connections a few times per second.
//!
//! No connection has a timer of its own, so a request costs none. The price is that deadlines are
//! as coarse as the tick.

#[cfg(test)]
pub(crate) mod tests;

use std::rc::Rc;
use std::time::Duration;

use appserver_app::BodyMode;
use appserver_telemetry::Slot;

use crate::config::Timeouts;
use crate::framing::Fault;
use crate::state::{Sleep, State};
use crate::worker::Worker;

/// How often connections are looked at.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// A tick after so long is late: the process was not run, or the application held the loop.
const LATE: Duration = Duration::from_millis(750);
/// A body may be slower than the least rate for so long.
const RATE_GRACE: Duration = Duration::from_secs(5);
/// While draining, a connection that was active so recently may have its next request on the wire;
/// closing it now would lose that request.
const RECENT: Duration = Duration::from_millis(500);
/// While draining, the first request of a new connection is waited for as long.
const FRESH: Duration = Duration::from_secs(1);

/// Quiet for so long, a connection gives back its buffers. Making them anew costs a microsecond.
const QUIET: Duration = Duration::from_millis(500);

/// What is to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing.
    Fine,
    /// It may go, without a word.
    Close,
    /// The request is late.
    Refuse(Fault),
    /// The application is late.
    Expire,
    /// The client does not read.
    Cut,
}

/// A moment at which connections are looked at.
#[derive(Clone, Copy, Debug)]
struct Tick {
    now: u64,
    /// Since the tick before.
    elapsed: u64,
    /// The worker was held up: what clients have sent meanwhile may not have been read yet.
    is_late: bool,
}

impl Tick {
    fn first(now: u64) -> Self {
        Self { now, elapsed: 0, is_late: false }
    }

    /// The loop has looked for bytes between two ticks, so that of two late ones in a row the second is
    /// as good as any: a worker that is always held up still has its deadlines.
    fn next(self, now: u64) -> Self {
        let elapsed = now.saturating_sub(self.now);
        Self { now, elapsed, is_late: elapsed > nanos(LATE) && !self.is_late }
    }
}

/// Looks at all connections again and again, until it is dropped.
pub(crate) async fn run(worker: Rc<Worker>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut tick = Tick::first(worker.now.get());
    loop {
        ticks.tick().await;
        tick = tick.next(worker.read_clock());
        worker.slot.beat(tick.now);
        let oldest = look_at_all(&worker, tick);
        publish(oldest.as_deref(), &worker.slot);
        if worker.registry.len() >= worker.config.worker_connections {
            // A connection that has become idle since may make room for another.
            worker.changed.notify_waiters();
        }
    }
}

/// Looks at each connection once, and finds the one whose request has waited longest for an application.
fn look_at_all(worker: &Worker, tick: Tick) -> Option<Rc<State>> {
    let mut oldest: Option<Rc<State>> = None;
    worker.registry.visit(|state| {
        look(state, tick);
        let known = oldest.as_deref().and_then(since);
        if since(state).is_some_and(|since| known.is_none_or(|known| since < known)) {
            oldest = Some(Rc::clone(state));
        }
    });
    oldest
}

fn look(state: &State, tick: Tick) {
    let Tick { now, elapsed, .. } = tick;
    let mut upload = state.upload.get();
    if upload.waiting_since.is_some() {
        upload.waited += elapsed.min(nanos(LATE));
        state.upload.set(upload);
    }
    count_time(state, now, elapsed);
    let watch = state.watch.get().filter(|_| !tick.is_late);
    let watch = watch.and_then(|it| it.tick(now, &state.worker.config.websocket));
    if watch.is_some() {
        state.watch.set(watch);
        state.wake();
    }
    match judge(state, now, &state.worker.config.timeouts) {
        Verdict::Expire => state.is_expired.set(true),
        // Clients do not answer for the time in which nobody listened. The next tick will tell.
        _ if tick.is_late => return,
        Verdict::Fine if state.worker.is_draining.get() && may_close(state) => {}
        Verdict::Fine if is_deaf(state) => state.is_doubted.set(true),
        Verdict::Fine if is_tired(state, now) => state.sleep.set(Sleep::Tired),
        Verdict::Fine => return,
        Verdict::Close => state.wants_close.set(true),
        Verdict::Refuse(fault) => state.refuse(fault),
        Verdict::Cut => state.is_cut.set(true),
    }
    state.wake();
}

/// An application's time runs from its beginning, and not while it waits for its client.
fn count_time(state: &State, now: u64, elapsed: u64) {
    let mut running = state.running.borrow_mut();
    let Some(running) = &mut *running else { return };
    let has_begun = running.ticket.as_ref().is_some_and(|ticket| ticket.has_begun());
    if has_begun && std::mem::take(&mut running.is_queued) {
        running.since = now;
    }
    // After a fault nothing more comes, and the application has been told.
    let waits = state.upload.get().waiting_since.is_some() && state.fault.get().is_none();
    if waits {
        running.since = running.since.saturating_add(elapsed).min(now);
    }
}

/// Whether nobody reads from a connection whose application wants to know when its client goes:
/// what has come must be read first, and the application need not.
fn is_deaf(state: &State) -> bool {
    let is_awaited = state.outstanding.get() > 0 && !state.is_listening.get();
    is_awaited && state.worker.app.body_mode() == BodyMode::Streamed
}

/// Whether a connection has been quiet for so long that its buffers are better freed.
fn is_tired(state: &State, now: u64) -> bool {
    let quiet = now.saturating_sub(state.idle_since.get());
    state.sleep.get() == Sleep::Awake && state.is_idle() && quiet > nanos(QUIET)
}

fn judge(state: &State, now: u64, timeouts: &Timeouts) -> Verdict {
    let is_over = |since: u64, limit: Duration| now.saturating_sub(since) > nanos(limit);
    if state.write_since.get().is_some_and(|since| is_over(since, timeouts.write)) {
        return Verdict::Cut;
    }
    let upload = state.upload.get();
    if upload.waiting_since.is_some_and(|since| is_over(since, timeouts.body)) {
        return Verdict::Refuse(Fault::timeout("the body stopped arriving"));
    }
    let seconds = upload.waited / 1_000_000_000;
    let is_slow = upload.bytes < timeouts.body_min_rate.saturating_mul(seconds);
    if is_slow && upload.waited > nanos(RATE_GRACE) {
        return Verdict::Refuse(Fault::timeout("the body arrives too slowly"));
    }
    let running = state.running.borrow().as_ref().map(|running| running.since);
    let limit = timeouts.request.filter(|_| state.worker.app.is_timed());
    if let (Some(since), Some(limit)) = (running, limit) {
        return if is_over(since, limit) { Verdict::Expire } else { Verdict::Fine };
    }
    // Nobody reads the next head while a request is being answered.
    let head_since = state.head_since.get().filter(|_| state.outstanding.get() == 0);
    if head_since.is_some_and(|since| is_over(since, timeouts.header)) {
        return Verdict::Refuse(Fault::timeout("the header did not arrive in time"));
    }
    let limit = if state.is_fresh.get() { timeouts.header } else { timeouts.keepalive };
    if state.is_idle() && is_over(state.idle_since.get(), limit) {
        return Verdict::Close;
    }
    Verdict::Fine
}

/// Whether an idle connection may be closed now.
pub(crate) fn may_close(state: &State) -> bool {
    if !state.is_idle() {
        return false;
    }
    let quiet = state.worker.now.get().saturating_sub(state.idle_since.get());
    let enough = if state.is_fresh.get() { FRESH } else { RECENT };
    state.wants_close.get() || (state.worker.is_draining.get() && quiet > nanos(enough))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Since when the application has been at the connection's request.
fn since(state: &State) -> Option<u64> {
    state.running.borrow().as_ref().map(|running| running.since)
}

/// Shows the oldest request that an application has not answered yet.
fn publish(oldest: Option<&State>, slot: &Slot) {
    let running = oldest.map(|state| state.running.borrow());
    let running = running.as_ref().and_then(|running| running.as_ref());
    slot.set_oldest(
        running.map(|running| (running.since, running.method.as_str(), running.target.path())),
    );
}
