//! What `receive` and `send` return: awaitables that are done already, or that wait for the loop.
//!
//! All of them have the methods of a coroutine, so that `asyncio.create_task(receive())` works as it
//! does with servers that return coroutines (PEP 492, "Awaitable" and "Coroutine").

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// `await` gives `None` at once. There is only one, because it has no state.
#[pyclass(frozen, module = "appserver")]
pub(super) struct Sent;

/// The awaitable of a `send` that has been done.
pub(super) fn sent(py: Python<'_>) -> PyResult<Py<PyAny>> {
    static SENT: PyOnceLock<Py<Sent>> = PyOnceLock::new();
    let sent = SENT.get_or_try_init(py, || Py::new(py, Sent))?;
    Ok(sent.clone_ref(py).into_any())
}

#[pymethods]
impl Sent {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<Py<PyAny>> {
        None
    }

    fn send(&self, _value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Err(PyStopIteration::new_err(()))
    }

    #[pyo3(signature = (error, value=None, traceback=None))]
    fn throw(
        &self,
        error: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let _ = traceback;
        Err(thrown(error, value))
    }

    fn close(&self) {}
}

/// `await` gives a message at once.
#[pyclass(frozen, module = "appserver")]
pub(super) struct Received {
    message: Mutex<Option<Py<PyAny>>>,
}

/// The awaitable of a message that is here.
pub(super) fn received(message: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = message.py();
    let received = Received { message: Mutex::new(Some(message.unbind())) };
    Ok(Py::new(py, received)?.into_any())
}

impl Received {
    fn finish(&self, py: Python<'_>) -> PyErr {
        let message = self.message.lock().unwrap_or_else(PoisonError::into_inner).take();
        PyStopIteration::new_err(message.unwrap_or_else(|| py.None()))
    }
}

#[pymethods]
impl Received {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Err(self.finish(py))
    }

    fn send(&self, py: Python<'_>, _value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Err(self.finish(py))
    }

    #[pyo3(signature = (error, value=None, traceback=None))]
    fn throw(
        &self,
        error: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let _ = traceback;
        Err(thrown(error, value))
    }

    fn close(&self) {}
}

/// Whoever has given a message to somebody who was cancelled before seeing it.
pub(super) trait Giver: Send + Sync {
    /// Takes the message back, for the next who asks.
    fn take_back(&self, py: Python<'_>, message: Py<PyAny>);
}

/// `await` waits for a future of the loop.
#[pyclass(frozen, module = "appserver")]
pub(super) struct Waiting {
    future: Py<PyAny>,
    steps: PyOnceLock<Py<PyAny>>,
    giver: Option<Arc<dyn Giver>>,
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
    let waiting = Waiting { future: future.unbind(), steps: PyOnceLock::new(), giver };
    Ok(Py::new(py, waiting)?.into_any())
}

impl Waiting {
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let begin = || self.future.call_method0(py, intern!(py, "__await__"));
        Ok(self.steps.get_or_try_init(py, begin)?.bind(py))
    }

    /// A task that is cancelled when its future is done already never sees the result.
    fn give_back(&self, py: Python<'_>) -> PyResult<()> {
        let Some(giver) = &self.giver else { return Ok(()) };
        let future = self.future.bind(py);
        let is_done = future.call_method0(intern!(py, "done"))?.is_truthy()?;
        if is_done && !future.call_method0(intern!(py, "cancelled"))?.is_truthy()? {
            let message = future.call_method0(intern!(py, "result"))?;
            giver.take_back(py, message.unbind());
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
        self.steps(py)?.call_method0(intern!(py, "__next__"))
    }

    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.steps(py)?.call_method1(intern!(py, "send"), (value,))
    }

    #[pyo3(signature = (error, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        py: Python<'py>,
        error: &Bound<'py, PyAny>,
        value: Option<&Bound<'py, PyAny>>,
        traceback: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.give_back(py)?;
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
        match self.steps.get(py) {
            Some(steps) => steps.call_method0(py, intern!(py, "close")).map(drop),
            None => Ok(()),
        }
    }
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
