//! A request's place in the line, seen from both sides.
//!
//! Requests and answers are large, so each is moved in once and out once, and nothing else is.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;

use appserver_app::Request;

use crate::exchange::Exchange;
use crate::service::Answer;
use crate::worker::Worker;

/// As the caller sees it.
pub(super) struct Place {
    /// What the application is to be called for.
    due: Cell<Option<(Exchange, Request)>>,
    /// What came of it.
    answer: Cell<Option<Answer>>,
    step: Cell<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It waits.
    Due,
    /// Its answer is there.
    Called,
    /// Nobody waits for it.
    Left,
}

impl Place {
    pub(super) fn new(exchange: Exchange, request: Request) -> Self {
        Self {
            due: Cell::new(Some((exchange, request))),
            answer: Cell::new(None),
            step: Cell::new(Step::Due),
        }
    }

    /// Calls for the request, and wakes its connection. What operators see of the worker is the request
    /// that it is at, and not one that waits.
    pub(super) fn call(&self, worker: &Worker, call: fn(Exchange, Request) -> Answer) {
        if self.step.get() != Step::Due {
            return;
        }
        let Some((exchange, request)) = self.due.take() else { return };
        let state = Rc::clone(&exchange.state);
        let (method, path) = (request.head.method.as_str(), request.head.uri.path());
        worker.slot.set_oldest(Some((worker.now.get(), method, path)));
        self.answer.set(Some(call(exchange, request)));
        self.step.set(Step::Called);
        state.wake();
    }
}

/// As its connection sees it. Dropped, it leaves the line.
pub(crate) struct Turn(Rc<Place>);

impl Turn {
    pub(super) fn of(place: Rc<Place>) -> Self {
        Self(place)
    }

    /// What came of the call. The connection's own waker is woken when it has happened.
    pub(crate) fn poll(&self) -> Poll<Answer> {
        if self.0.step.get() != Step::Called {
            return Poll::Pending;
        }
        self.0.answer.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.step.replace(Step::Left) == Step::Due {
            drop(self.0.due.take());
        }
    }
}
