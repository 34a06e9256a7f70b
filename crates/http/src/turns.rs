//! Calls of the application, one after the other, while connections wait for their answers.
//!
//! A connection that calls as soon as it has read alternates between the kernel, the server and the
//! application, and each of them finds the processor's caches full of the others' code. So the
//! connections that are ready read first, then the application is called for all of them, then they
//! write. Promises that an answer is kept back no longer than [`PORTION`] and one call take, and that
//! a request whose client has gone is not called for.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use appserver_app::Request;

use crate::exchange::Exchange;
use crate::service::Answer;
use crate::worker::Worker;

/// Nanoseconds after which answers go out before the application is called again.
const PORTION: u64 = 1_000_000;

/// The requests that the application is to be called for, in the order of coming.
#[derive(Default)]
pub(crate) struct Turns {
    due: RefCell<VecDeque<Rc<Place>>>,
    caller: RefCell<Option<std::task::Waker>>,
}

/// A request's place in the line, until it is taken out.
struct Place(Cell<Step>);

#[derive(Default)]
enum Step {
    /// The application is to be called.
    Due(Exchange, Request),
    /// It was called.
    Called(Answer),
    /// Nobody waits any more.
    #[default]
    Left,
}

/// What becomes of a request that waits in line. Dropped, it leaves the line.
pub(crate) struct Turn(Rc<Place>);

impl Turns {
    /// Lets a request wait for its turn.
    pub(crate) fn enter(&self, exchange: Exchange, request: Request) -> Turn {
        let place = Rc::new(Place(Cell::new(Step::Due(exchange, request))));
        self.due.borrow_mut().push_back(Rc::clone(&place));
        if let Some(caller) = self.caller.borrow_mut().take() {
            caller.wake();
        }
        Turn(place)
    }

    fn next(&self) -> Option<Rc<Place>> {
        self.due.borrow_mut().pop_front()
    }
}

impl Turn {
    /// What came of the call. The connection is woken when it has happened.
    pub(crate) fn poll(&self) -> Poll<Answer> {
        match self.0.0.take() {
            Step::Called(answer) => Poll::Ready(answer),
            step => {
                self.0.0.set(step);
                Poll::Pending
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.0.0.take());
    }
}

/// Calls the application for whoever is due, for as long as the server is there.
pub(crate) async fn run(worker: Rc<Worker>, call: fn(Exchange, Request) -> Answer) {
    poll_fn(|cx| work(&worker, call, cx)).await
}

fn work(
    worker: &Worker,
    call: fn(Exchange, Request) -> Answer,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let turns = &worker.turns;
    let end = worker.read_clock() + PORTION;
    while let Some(place) = turns.next() {
        let Step::Due(exchange, request) = place.0.take() else { continue };
        let state = Rc::clone(&exchange.state);
        worker.slot.set_oldest(Some((
            worker.now.get(),
            request.head.method.as_str(),
            request.head.uri.path(),
        )));
        place.0.set(Step::Called(call(exchange, request)));
        state.wake();
        if worker.now.get() >= end {
            // With its own waker: see docs/decisions/0008.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
    }
    *turns.caller.borrow_mut() = Some(cx.waker().clone());
    Poll::Pending
}
