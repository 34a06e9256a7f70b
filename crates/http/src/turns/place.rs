//! A request's place in the line, seen from both sides.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;

use appserver_app::Request;

use crate::exchange::Exchange;
use crate::service::Answer;
use crate::worker::Worker;

/// As the caller sees it.
pub(super) struct Place(Cell<Step>);

#[derive(Default)]
enum Step {
    /// The application is to be called.
    Due(Exchange, Request),
    /// It was called.
    Called(Answer),
    /// Nobody waits for it.
    #[default]
    Left,
}

impl Place {
    pub(super) fn new(exchange: Exchange, request: Request) -> Self {
        Self(Cell::new(Step::Due(exchange, request)))
    }

    /// Calls for the request, and wakes its connection. What operators see of the worker is the request
    /// that it is at, and not one that waits.
    pub(super) fn call(&self, worker: &Worker, call: fn(Exchange, Request) -> Answer) {
        let Step::Due(exchange, request) = self.0.take() else { return };
        let state = Rc::clone(&exchange.state);
        let (method, path) = (request.head.method.as_str(), request.head.uri.path());
        worker.slot.set_oldest(Some((worker.now.get(), method, path)));
        self.0.set(Step::Called(call(exchange, request)));
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
