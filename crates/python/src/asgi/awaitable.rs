//! What `receive` and `send` return: awaitables that are done already, or that wait for the loop.
//!
//! All of them have the methods of a coroutine, so that `asyncio.create_task(receive())` works as it
//! does with servers that return coroutines (PEP 492, "Awaitable" and "Coroutine"). A message that
//! its receiver never sees goes back to its giver: the receiver may be cancelled, even before its
//! first step, or closed, or dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::event_loop::is_open;
use super::waiters::Giver;

/// `await` gives a message at once, or `None`.
#[pyclass(frozen, module = "appserver")]
pub(super) struct Ready(Mutex<Option<Held>>);

/// A message, and who takes it back.
type Held = (Py<PyAny>, Arc<dyn Giver>);

/// The awaitable of a `send` that has been done. There is only one, because it has no state.
pub(super) fn sent(py: Python<'_>) -> PyResult<Py<PyAny>> {
    static SENT: PyOnceLock<Py<Ready>> = PyOnceLock::new();
    let sent = SENT.get_or_try_init(py, || Py::new(py, Ready(Mutex::default())))?;
    Ok(sent.clone_ref(py).into_any())
}

/// The awaitable of a message that is here.
pub(super) fn received(message: Bound<'_, PyAny>, giver: Arc<dyn Giver>) -> PyResult<Py<PyAny>> {
    let py = message.py();
    let ready = Ready(Mutex::new(Some((message.unbind(), giver))));
    Ok(Py::new(py, ready)?.into_any())
}

impl Ready {
    fn take(&self) -> Option<Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give_back(&self, py: Python<'_>) {
        if let Some((message, giver)) = self.take() {
            giver.receivers().take_back(py, message);
        }
    }
}

#[pymethods]
impl Ready {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> PyResult<Option<Py<PyAny>>> {
        match self.take() {
            Some((message, _)) => Err(PyStopIteration::new_err((message,))),
            None => Ok(None),
        }
    }

    fn send(&self, _value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Err(match self.take() {
            Some((message, _)) => PyStopIteration::new_err((message,)),
            None => PyStopIteration::new_err(()),
        })
    }

    #[pyo3(signature = (error, value=None, traceback=None))]
    fn throw(
        &self,
        py: Python<'_>,
        error: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let _ = traceback;
        self.give_back(py);
        Err(thrown(error, value))
    }

    fn close(&self, py: Python<'_>) {
        self.give_back(py);
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let held = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((message, giver)) = held {
            in_passing(|py| giver.receivers().take_back(py, message));
        }
    }
}

/// `await` waits for a future of the loop.
#[pyclass(frozen, module = "appserver")]
pub(super) struct Waiting {
    future: Py<PyAny>,
    steps: PyOnceLock<Py<PyAny>>,
    giver: Option<Arc<dyn Giver>>,
    /// Whether the result has been seen, or has been given up.
    is_over: AtomicBool,
}

/// The awaitable of a future.
pub(super) fn waiting(future: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    await_future(future, None)
}

/// The awaitable of a future that will be a message. No message is lost when it is cancelled.
pub(super) fn receiving(future: Bound<'_, PyAny>, giver: Arc<dyn Giver>) -> PyResult<Py<PyAny>> {
    await_future(future, Some(giver))
}

fn await_future(future: Bound<'_, PyAny>, giver: Option<Arc<dyn Giver>>) -> PyResult<Py<PyAny>> {
    let py = future.py();
    let (steps, is_over) = (PyOnceLock::new(), AtomicBool::new(false));
    let waiting = Waiting { future: future.unbind(), steps, giver, is_over };
    Ok(Py::new(py, waiting)?.into_any())
}

impl Waiting {
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let begin = || self.future.call_method0(py, intern!(py, "__await__"));
        Ok(self.steps.get_or_try_init(py, begin)?.bind(py))
    }

    /// One step of the future. That it raises says that the result has been seen: `StopIteration`
    /// carries it.
    fn stepped<'py>(&self, step: PyResult<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        step.inspect_err(|_| self.is_over.store(true, Ordering::Relaxed))
    }

    /// Nobody will see the result. A message that is there goes back; one that comes shall find
    /// somebody else.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        let Some(giver) = &self.giver else { return Ok(()) };
        if self.is_over.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let future = self.future.bind(py);
        if is_open(future) {
            return future.call_method0(intern!(py, "cancel")).map(drop);
        }
        if !future.call_method0(intern!(py, "cancelled"))?.is_truthy()? {
            let message = future.call_method0(intern!(py, "result"))?;
            giver.receivers().take_back(py, message.unbind());
        }
        Ok(())
    }
}

#[pymethods]
impl Waiting {
    fn __await__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        if slf.get().giver.is_some() {
            return Ok(slf.into_any());
        }
        let py = slf.py();
        slf.get().future.bind(py).call_method0(intern!(py, "__await__"))
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stepped(self.steps(py)?.call_method0(intern!(py, "__next__")))
    }

    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.stepped(self.steps(py)?.call_method1(intern!(py, "send"), (value,)))
    }

    #[pyo3(signature = (error, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        py: Python<'py>,
        error: &Bound<'py, PyAny>,
        value: Option<&Bound<'py, PyAny>>,
        traceback: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.abandon(py)?;
        let steps = self.steps(py)?;
        match (value, traceback) {
            (None, _) => steps.call_method1(intern!(py, "throw"), (error,)),
            (Some(value), None) => steps.call_method1(intern!(py, "throw"), (error, value)),
            (Some(value), Some(traceback)) => {
                steps.call_method1(intern!(py, "throw"), (error, value, traceback))
            }
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.abandon(py)?;
        match self.steps.get(py) {
            Some(steps) => steps.call_method0(py, intern!(py, "close")).map(drop),
            None => Ok(()),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.giver.is_some() && !*self.is_over.get_mut() {
            in_passing(|py| {
                if let Err(error) = self.abandon(py) {
                    error.write_unraisable(py, None);
                }
            });
        }
    }
}

/// Does something while an object is dropped. An exception that is on its way meanwhile stays so.
fn in_passing(run: impl FnOnce(Python<'_>)) {
    Python::try_attach(|py| {
        let raised = PyErr::take(py);
        run(py);
        if let Some(raised) = raised {
            raised.restore(py);
        }
    });
}

/// The exception that `throw(type, value)` or `throw(exception)` means.
fn thrown(error: &Bound<'_, PyAny>, value: Option<&Bound<'_, PyAny>>) -> PyErr {
    match value {
        Some(value) if !value.is_none() => PyErr::from_value(value.clone()),
        _ if error.is_callable() => match error.call0() {
            Ok(made) => PyErr::from_value(made),
            Err(error) => error,
        },
        _ => PyErr::from_value(error.clone()),
    }
}
