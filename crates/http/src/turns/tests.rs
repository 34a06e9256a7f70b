//! Order, portions and leaving, without a socket.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use appserver_app::{Body, Request, RequestBody, RequestId};

use super::{PORTION, Turn, work};
use crate::exchange::Exchange;
use crate::pipeline::answer;
use crate::reaper::tests::state;
use crate::service::Answer;
use crate::state::State;

thread_local! {
    /// The paths that the application was called for.
    static CALLED: Cell<Vec<String>> = const { Cell::new(Vec::new()) };
}

/// Answers; at `/slow` it takes a whole portion.
fn call(exchange: Exchange, request: Request) -> Answer {
    let Request { head, .. } = request;
    let path = head.uri.path().to_owned();
    let worker = Rc::clone(&exchange.state.worker);
    let until = worker.read_clock() + PORTION;
    while path == "/slow" && worker.read_clock() < until {}
    CALLED.with(|called| called.set([called.take(), vec![path]].concat()));
    Answer::ready(answer(exchange, http::Response::new(Body::Empty)))
}

fn called() -> Vec<String> {
    CALLED.with(Cell::take)
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn enter(state: &Rc<State>, path: &str) -> Turn {
    let (head, ()) = http::Request::builder().uri(path).body(()).unwrap().into_parts();
    let exchange = Exchange::start(state, &head);
    let request = Request {
        head,
        body: RequestBody::Empty,
        connection: Arc::clone(&state.connection),
        forwarded: None,
        id: RequestId::Own { worker: 0, count: 1 },
        hints: None,
    };
    state.worker.turns.enter(exchange, request)
}

fn is_answered(turn: &Turn) -> bool {
    matches!(turn.poll(), Poll::Ready(Answer::Ready(Some(_))))
}

#[test]
fn all_who_are_due_are_called_for_in_the_order_of_coming() {
    let (state, wakes) = (Rc::new(state()), Arc::new(Wakes::default()));
    let waker = Arc::clone(&wakes).into();
    let connection = Arc::new(Wakes::default());
    state.remember(&Arc::clone(&connection).into());
    let turns = ["/1", "/2", "/3"].map(|path| enter(&state, path));
    assert!(turns.iter().all(|turn| turn.poll().is_pending()));
    work(&state.worker, call, &Context::from_waker(&waker));
    assert_eq!(called(), ["/1", "/2", "/3"]);
    assert!(turns.iter().all(is_answered));
    assert_eq!(connection.0.load(Ordering::Relaxed), 3);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "it has nothing to do");
    let _turn = enter(&state, "/4");
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
}

#[test]
fn answers_go_out_when_a_portion_is_over() {
    let (state, wakes) = (Rc::new(state()), Arc::new(Wakes::default()));
    let waker = Arc::clone(&wakes).into();
    let [slow, next] = ["/slow", "/next"].map(|path| enter(&state, path));
    work(&state.worker, call, &Context::from_waker(&waker));
    assert_eq!(called(), ["/slow"]);
    assert!(is_answered(&slow) && next.poll().is_pending());
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1, "it goes on after others");
    work(&state.worker, call, &Context::from_waker(&waker));
    assert_eq!(called(), ["/next"]);
    assert!(is_answered(&next));
}

#[test]
fn nobody_is_called_for_who_has_left() {
    let state = Rc::new(state());
    let [left, stayed] = ["/left", "/stayed"].map(|path| enter(&state, path));
    assert_eq!(state.worker.slot.read().in_flight, 2);
    drop(left);
    assert_eq!(state.worker.slot.read().in_flight, 1, "it ends at once");
    work(&state.worker, call, &Context::from_waker(Waker::noop()));
    assert_eq!(called(), ["/stayed"]);
    assert!(is_answered(&stayed));
}

#[test]
fn operators_see_the_request_that_is_called_for() {
    let state = Rc::new(state());
    let _turns = ["/first", "/last"].map(|path| enter(&state, path));
    assert_eq!(shown(&state), "GET /last", "it has come last");
    let look = |exchange: Exchange, _: Request| {
        CALLED.with(|called| called.set([called.take(), vec![shown(&exchange.state)]].concat()));
        Answer::ready(answer(exchange, http::Response::new(Body::Empty)))
    };
    work(&state.worker, look, &Context::from_waker(Waker::noop()));
    assert_eq!(called(), ["GET /first", "GET /last"]);
}

fn shown(state: &State) -> String {
    let report = state.worker.slot.read();
    report.oldest.map_or_else(String::new, |(_, line)| line)
}
