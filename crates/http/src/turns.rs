//! Who waits for the application to be called.
//!
//! A connection that calls the application as soon as it has read alternates between the kernel, the
//! server and the application, and each of them finds the processor's caches full of what the others
//! need. So connections read first, then the application is called for all of them, then they write.
//!
//! Promises that requests are called for in the order of coming, that an answer is kept back no longer
//! than [`PORTION`] and the call that ends it, and that nobody is called for whose connection has ended.

mod place;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use appserver_app::Request;

use crate::exchange::Exchange;
use crate::service::Answer;
use crate::worker::Worker;

use place::Place;
pub(crate) use place::Turn;

/// Nanoseconds of calls after which answers go out, and others may read, before the next call. A client
/// does not feel it, and it is time for several calls of most views.
const PORTION: u64 = 1_000_000;

/// The requests that the application is to be called for.
#[derive(Default)]
pub(crate) struct Turns {
    due: RefCell<VecDeque<Rc<Place>>>,
    /// Of the caller, while it has nothing to do.
    caller: RefCell<Option<Waker>>,
}

impl Turns {
    /// Lets a request wait for its turn.
    pub(crate) fn enter(&self, exchange: Exchange, request: Request) -> Turn {
        let place = Rc::new(Place::new(exchange, request));
        self.due.borrow_mut().push_back(Rc::clone(&place));
        if let Some(caller) = self.caller.borrow_mut().take() {
            caller.wake();
        }
        Turn::of(place)
    }

    fn next(&self) -> Option<Rc<Place>> {
        self.due.borrow_mut().pop_front()
    }
}

/// Calls for whoever is due, for as long as it is polled.
pub(crate) async fn run(worker: Rc<Worker>, call: fn(Exchange, Request) -> Answer) {
    poll_fn(|cx| -> Poll<()> {
        work(&worker, call, cx);
        Poll::Pending
    })
    .await;
}

/// One portion.
fn work(worker: &Worker, call: fn(Exchange, Request) -> Answer, cx: &Context<'_>) {
    let turns = &worker.turns;
    let end = worker.read_clock() + PORTION;
    while let Some(place) = turns.next() {
        place.call(worker, call);
        if worker.read_clock() >= end {
            // Its own waker, which comes behind those who were called for: docs/decisions/0008.
            cx.waker().wake_by_ref();
            return;
        }
    }
    *turns.caller.borrow_mut() = Some(cx.waker().clone());
}
