//! Who waits in `receive` and in `send`, and the messages that came back from those who gave up.
//!
//! Each list has a lock of its own, never waited for, and nothing of Python is called or dropped while
//! it is held: a finalizer may come back to the same list. Knows nothing of what the messages say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use pyo3::prelude::*;

use super::awaitable::{received, receiving, waiting};
use super::event_loop::{EventLoop, is_open};

/// Whoever has messages for those who wait.
pub(super) trait Giver: Send + Sync {
    /// Those who wait.
    fn receivers(&self) -> &Receivers;
}

/// Futures that wait for the same thing, in the order in which they came.
#[derive(Default)]
struct Waiters(Mutex<VecDeque<Py<PyAny>>>);

impl Waiters {
    fn futures(&self) -> MutexGuard<'_, VecDeque<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.futures().is_empty()
    }

    fn take(&self) -> VecDeque<Py<PyAny>> {
        std::mem::take(&mut *self.futures())
    }

    /// Adds a future. Those that were cancelled are dropped before the list would grow.
    fn push(&self, py: Python<'_>, future: Py<PyAny>) {
        let mut known = self.take();
        if known.len() == known.capacity() {
            known.retain(|future| is_open(future.bind(py)));
            known.reserve(known.len().max(4));
        }
        known.push_back(future);
        let futures = &mut *self.futures();
        known.append(futures);
        *futures = known;
    }

    fn put_back(&self, future: Py<PyAny>) {
        self.futures().push_front(future);
    }

    /// Takes the first that still waits.
    fn first(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        loop {
            let first = self.futures().pop_front()?;
            if is_open(first.bind(py)) {
                return Some(first);
            }
        }
    }
}

/// Who waits for a message.
#[derive(Default)]
pub(super) struct Receivers {
    waiters: Waiters,
    /// Messages whose receivers gave up before they saw them.
    returned: Mutex<VecDeque<Py<PyAny>>>,
}

impl Receivers {
    fn returned(&self) -> MutexGuard<'_, VecDeque<Py<PyAny>>> {
        self.returned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody waits, as far as is known without asking each.
    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// The awaitable of the message that comes next: one that came back, one that `next` has now,
    /// or a later one.
    ///
    /// # Errors
    /// When a message or a future cannot be made.
    pub(super) fn receive<'py>(
        giver: Arc<dyn Giver>,
        event_loop: &EventLoop,
        py: Python<'py>,
        next: impl FnOnce() -> Poll<PyResult<Bound<'py, PyAny>>>,
    ) -> PyResult<Py<PyAny>> {
        let this = giver.receivers();
        let returned = this.returned().pop_front();
        if let Some(message) = returned {
            return received(message.into_bound(py), giver);
        }
        match this.waiters.first(py) {
            Some(earlier) => this.waiters.put_back(earlier),
            None => {
                if let Poll::Ready(message) = next() {
                    return received(message?, giver);
                }
            }
        }
        let future = event_loop.create_future(py)?;
        this.waiters.push(py, future.clone().unbind());
        receiving(future, giver)
    }

    /// Gives those who wait what `next` has, until it has nothing.
    pub(super) fn feed<'py>(
        &self,
        py: Python<'py>,
        mut next: impl FnMut() -> Poll<PyResult<Bound<'py, PyAny>>>,
    ) {
        while let Some(future) = self.waiters.first(py) {
            let Poll::Ready(message) = next() else { return self.waiters.put_back(future) };
            EventLoop::settle(py, &future, message);
        }
    }

    /// Takes a message back, for the next who asks.
    pub(super) fn take_back(&self, py: Python<'_>, message: Py<PyAny>) {
        match self.waiters.first(py) {
            Some(future) => EventLoop::settle(py, &future, Ok(message.into_bound(py))),
            None => self.returned().push_back(message),
        }
    }
}

/// Who waits for room.
#[derive(Default)]
pub(super) struct Senders(Waiters);

impl Senders {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The awaitable of a `send` that is done once there is room.
    ///
    /// # Errors
    /// When a future cannot be made.
    pub(super) fn wait(&self, event_loop: &EventLoop, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let future = event_loop.create_future(py)?;
        self.0.push(py, future.clone().unbind());
        waiting(future)
    }

    /// There is room.
    pub(super) fn release(&self, py: Python<'_>) {
        for future in self.0.take() {
            EventLoop::settle(py, &future, Ok(py.None().into_bound(py)));
        }
    }

    /// Nobody takes anything any more.
    pub(super) fn refuse(&self, py: Python<'_>) {
        for future in self.0.take() {
            EventLoop::settle(py, &future, Err(super::gone(py)));
        }
    }
}
