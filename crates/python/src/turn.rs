//! asyncio's selector, whose waiting is one turn of a tokio runtime.
//!
//! `appserver._loop.Selector` leaves registering to the standard library's selector, which keeps an
//! epoll, and calls [`Turn`] to wait. While it waits, the runtime runs: connections, timers and the tasks of the
//! server make progress on the thread of the event loop. This module must not know what those tasks
//! are; whoever leaves something to do for asyncio calls [`interrupt`].

mod bell;
mod host;
mod keys;
mod state;

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::{Mutex, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::{ffi, gil};
pub use bell::interrupt;
pub use host::adopt;
use keys::Keys;
use state::State;

/// What a selector waits with.
#[pyclass(module = "appserver._appserver", frozen)]
pub struct Turn {
    keys: Keys,
    /// Never waited for: a thread that finds it taken is told so.
    state: Mutex<Seat>,
}

/// From made to closed.
enum Seat {
    /// With a descriptor of the selector's epoll. The runtime comes with the first turn.
    New(OwnedFd),
    Running(State),
    Closed,
}

#[pymethods]
impl Turn {
    /// Waits for the selector that has this epoll, and a dict of its keys by descriptor.
    #[new]
    fn new(epoll: RawFd, keys: Py<PyDict>) -> PyResult<Self> {
        let epoll = OwnedFd::from(ffi::duplicate(epoll)?);
        Ok(Self { keys: Keys::new(keys), state: Mutex::new(Seat::New(epoll)) })
    }

    /// `selectors.BaseSelector.select`: waits until a registered descriptor is ready, this many
    /// seconds have passed or a signal handler has raised, and also until [`interrupt`] is called.
    /// Returns pairs of key and events. `None` waits for ever, zero and less not at all; the
    /// runtime makes a step in any case.
    ///
    /// # Errors
    /// What a signal handler raised; `RuntimeError` when called within itself; `OSError`.
    #[pyo3(signature = (timeout=None))]
    fn select<'py>(&self, py: Python<'py>, timeout: Option<f64>) -> PyResult<Bound<'py, PyList>> {
        let mut seat = match self.state.try_lock() {
            Ok(seat) => seat,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(running()),
        };
        if let Seat::New(epoll) = &*seat {
            *seat = Seat::Running(State::new(epoll.try_clone()?)?);
        }
        gil::hand_over(py);
        match &mut *seat {
            Seat::Running(state) => state.turn(py, &self.keys, timeout),
            Seat::New(_) | Seat::Closed => Err(PyRuntimeError::new_err("the selector is closed")),
        }
    }

    /// Lets go of the runtime and the epoll.
    ///
    /// # Errors
    /// `RuntimeError` while it waits.
    fn close(&self) -> PyResult<()> {
        match self.state.try_lock() {
            Ok(mut seat) => *seat = Seat::Closed,
            Err(TryLockError::Poisoned(poisoned)) => *poisoned.into_inner() = Seat::Closed,
            Err(TryLockError::WouldBlock) => return Err(running()),
        }
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "the signature that PyO3 asks for")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.keys.traverse(&visit)
    }
}

/// [`gil::unpark`] for a runtime that turns run: what a signal has asked Python to do is done soon.
pub fn unpark() {
    gil::unpark();
    bell::wake();
}

fn running() -> PyErr {
    PyRuntimeError::new_err("the selector is waiting already")
}

fn gone() -> io::Error {
    io::Error::other("the runtime of this selector belongs to another thread")
}
