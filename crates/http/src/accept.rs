//! Taking connections from a listener, in fair portions.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use appserver_app::{Connection, Endpoint, Scheme};
use appserver_os::{Accepted, ExclusiveListener, ListenAddress, Stream};
use hyper::server::conn::http1::Builder;

use crate::company;
use crate::connection::drive;
use crate::state::State;
use crate::worker::Worker;

/// Connections that a worker without company takes per turn at least.
const PORTION: usize = 4;
/// A worker that has many takes its share of them per turn, because its turns are long: a burst that
/// comes to busy workers would wait for seconds while those who were first are served again and again.
const SHARE: usize = 4;
/// Connections taken from the queue at the end: what a usual backlog holds. Clients that connect as fast
/// as we accept must not keep a worker from draining.
const QUEUE: u32 = 2048;
/// Pauses while the system has no descriptors or memory: the first and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts until the worker drains; then takes what the kernel has queued, and lets go.
pub(crate) async fn run(worker: Rc<Worker>, listener: ExclusiveListener, builder: Rc<Builder>) {
    let mut left = 0;
    let mut pause = FIRST_PAUSE;
    while !worker.is_draining.get() {
        if is_full(&worker) && worker.registry.longest_idle().is_none() {
            worker.changed.notified().await;
            continue;
        }
        let is_first = left == 0;
        let accepted = tokio::select! {
            biased;
            () = worker.draining.notified() => continue,
            accepted = next(&worker, &listener, is_first) => accepted,
            // Nothing is left, and what comes later is the first of a turn.
            () = std::future::ready(()), if !is_first => {
                left = 0;
                continue;
            }
        };
        match accepted {
            Ok(accepted) => {
                pause = FIRST_PAUSE;
                make_room(&worker);
                start(&worker, accepted, &builder);
                if is_first {
                    left = portion(worker.registry.len(), worker.company.is_there(&worker.slot));
                }
                left -= 1;
                if left == 0 {
                    let_others_run().await;
                }
            }
            Err(error) => pause = back_off(&worker, &error, pause).await,
        }
    }
    take_queue(&worker, &listener, &builder);
}

/// Waits for a connection, and at the first of a turn for those who should rather have it. Once for all of a
/// turn: where others have stopped, a burst is not to wait for them at each of its connections.
async fn next(
    worker: &Worker,
    listener: &ExclusiveListener,
    is_first: bool,
) -> io::Result<Accepted> {
    match is_first {
        true => listener.accept_after(|| company::give_way(worker)).await,
        false => listener.accept().await,
    }
}

/// How many connections a worker takes in its next turn, that has so many. In company one at least, so
/// that others can see what it has to do with that one before the next.
fn portion(open: usize, has_company: bool) -> usize {
    let least = if has_company { 1 } else { PORTION };
    least.max(open / SHARE)
}

/// As tokio's `yield_now`, whose waker is lost when the runtime's turn ends before the runtime parks:
/// docs/decisions/0008-turns-of-the-runtime.md.
async fn let_others_run() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Connections that the kernel has completed count on us: a client may have sent its request.
fn take_queue(worker: &Rc<Worker>, listener: &ExclusiveListener, builder: &Rc<Builder>) {
    if worker.is_aborting.get() {
        return;
    }
    for _ in 0..QUEUE {
        let Ok(Some(accepted)) = listener.try_accept() else { return };
        start(worker, accepted, builder);
    }
}

/// Whether one more connection is one too many.
fn is_full(worker: &Worker) -> bool {
    worker.registry.len() >= worker.config.worker_connections
}

/// Gives up an idle connection where there is no room for another.
fn make_room(worker: &Worker) {
    let idle = if is_full(worker) { worker.registry.longest_idle() } else { None };
    if let Some(idle) = idle {
        idle.wants_close.set(true);
        idle.wake();
    }
}

/// Waits after a failed accept. Returns the pause for the next failure in a row.
async fn back_off(worker: &Worker, error: &io::Error, pause: Duration) -> Duration {
    if is_transient(error) {
        return pause;
    }
    if pause == FIRST_PAUSE {
        tracing::error!(%error, "cannot accept connections");
    }
    tokio::select! {
        () = worker.draining.notified() => {}
        () = tokio::time::sleep(pause) => {}
    }
    (pause * 2).min(LONGEST_PAUSE)
}

/// accept(2) reports errors of the connection that it would have returned; the next may be fine.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
    )
}

fn start(worker: &Rc<Worker>, accepted: Accepted, builder: &Rc<Builder>) {
    let peer = endpoint(&accepted.peer);
    let local = endpoint(&accepted.local);
    let connection = Connection::new(peer, local, Scheme::Http);
    let state = Rc::new(State::new(Rc::clone(worker), connection));
    let open = Open::new(&state);
    let builder = Rc::clone(builder);
    // Connections are fair by themselves: hyper yields, and so do WebSockets. tokio's own budget would
    // lose the waker of a task that has used it up, as above.
    tokio::task::spawn_local(tokio::task::unconstrained(async move {
        match accepted.stream {
            Stream::Tcp(stream) => drive(stream, Rc::clone(&open.state), &builder).await,
            Stream::Unix(stream) => drive(stream, Rc::clone(&open.state), &builder).await,
        }
    }));
}

fn endpoint(address: &ListenAddress) -> Endpoint {
    match address {
        ListenAddress::Tcp(address) => (*address).into(),
        ListenAddress::Unix(path) => {
            Endpoint::Unix(Some(path.clone()).filter(|path| !path.as_os_str().is_empty()))
        }
        ListenAddress::Inherited(_) => Endpoint::Unix(None),
    }
}

/// A connection that counts; dropping it, however its task ends, counts it out.
struct Open {
    state: Rc<State>,
    place: usize,
}

impl Open {
    fn new(state: &Rc<State>) -> Self {
        let place = state.worker.registry.insert(Rc::clone(state));
        state.worker.slot.connection_opened();
        Self { state: Rc::clone(state), place }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // It holds this state in turn.
        self.state.upgrade.take();
        let worker = &self.state.worker;
        worker.registry.remove(self.place);
        self.state.has_spoken();
        worker.slot.connection_closed();
        worker.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_takes_more_when_it_has_more() {
        let turns = |burst: usize| {
            let (mut open, mut turns) = (0, 0);
            while open < burst {
                open += portion(open, false);
                turns += 1;
            }
            turns
        };
        assert_eq!(turns(16), 4, "a few at a time, for idle workers to have some");
        assert!(turns(1024) < 25, "{}", turns(1024));
    }

    #[test]
    fn in_company_a_worker_begins_with_one() {
        assert_eq!([0, 4, 8, 512].map(|open| portion(open, true)), [1, 1, 2, 128]);
        assert_eq!([0, 512].map(|open| portion(open, false)), [4, 128]);
    }
}
