//! What the bridge does with asyncio's loop: it starts tasks, makes futures, and tells the loop when
//! it has something to do.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tokio::sync::oneshot;

use super::tasks::{Owner, Tasks};
use crate::turn;

/// The running loop of this worker.
pub(super) struct EventLoop {
    object: Py<PyAny>,
    create_future: Py<PyAny>,
    /// `loop._ready`: callbacks that wait for the loop's next turn.
    ready: Py<PyAny>,
    /// The earliest timer that the loop is known to know of.
    timer: Mutex<Option<Py<PyAny>>>,
    task: Py<PyAny>,
    /// The arguments of a task that starts at once; none before CPython 3.12.
    eager: Option<Py<PyDict>>,
    /// The application's tasks that run.
    pub(super) tasks: Tasks,
    /// Whose task is in its first step.
    starting: Mutex<Option<Arc<dyn Owner>>>,
}

impl EventLoop {
    /// The loop that runs on this thread.
    ///
    /// # Errors
    /// When none runs.
    pub(super) fn running(py: Python<'_>) -> PyResult<Arc<Self>> {
        let asyncio = py.import(intern!(py, "asyncio"))?;
        let object = asyncio.call_method0(intern!(py, "get_running_loop"))?;
        let eager = if py.version_info() >= (3, 12) {
            let arguments = PyDict::new(py);
            arguments.set_item(intern!(py, "loop"), &object)?;
            arguments.set_item(intern!(py, "eager_start"), true)?;
            Some(arguments.unbind())
        } else {
            None
        };
        Ok(Arc::new(Self {
            create_future: object.getattr(intern!(py, "create_future"))?.unbind(),
            ready: object.getattr(intern!(py, "_ready"))?.unbind(),
            timer: Mutex::new(None),
            task: asyncio.getattr(intern!(py, "Task"))?.unbind(),
            object: object.unbind(),
            eager,
            tasks: Tasks::default(),
            starting: Mutex::new(None),
        }))
    }

    /// A future of this loop.
    pub(super) fn create_future<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.create_future.bind(py).call0()
    }

    /// The loop itself.
    pub(super) fn object<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.object.bind(py)
    }

    /// Starts a task: at once where Python can do that, else at the loop's next turn. A loop with a
    /// task factory has its own way.
    pub(super) fn start<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        owner: Arc<dyn Owner>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = coroutine.py();
        let object = self.object.bind(py);
        match &self.eager {
            Some(arguments) if object.getattr(intern!(py, "_task_factory"))?.is_none() => {
                self.set_starting(Some(owner));
                let task = self.task.bind(py).call((coroutine,), Some(arguments.bind(py)));
                self.set_starting(None);
                task
            }
            _ => object.call_method1(intern!(py, "create_task"), (coroutine,)),
        }
    }

    fn set_starting(&self, owner: Option<Arc<dyn Owner>>) {
        let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *starting, owner);
        drop(starting);
        drop(before);
    }

    /// Whose step runs now, as another thread sees it. A task that the application has made itself
    /// is told by its name, and by the requests that it may belong to.
    pub(super) fn culprit(&self, py: Python<'_>, most: usize) -> String {
        let starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(owner) = starting {
            return owner.origin().to_string();
        }
        let asyncio = py.import(intern!(py, "asyncio"));
        let current = asyncio.and_then(|asyncio| {
            asyncio.call_method1(intern!(py, "current_task"), (self.object.bind(py),))
        });
        match current {
            Ok(task) if !task.is_none() => self.tasks.describe(&task).unwrap_or_else(|| {
                let running = self.tasks.list(most);
                let name = task.call_method0(intern!(py, "get_name"));
                let name = name.map_or_else(|_| String::new(), |name| name.to_string());
                format!("task {name:?}, while these ran: {running}")
            }),
            _ => format!("a callback, while these ran: {}", self.tasks.list(most)),
        }
    }

    /// Tells the loop of what a step of the application has left for it: callbacks, or a timer that
    /// is earlier than those it knew of when it went to sleep.
    pub(super) fn after_step(&self, py: Python<'_>) {
        if self.has_work(py).unwrap_or(true) {
            turn::interrupt();
        }
    }

    fn has_work(&self, py: Python<'_>) -> PyResult<bool> {
        if self.ready.bind(py).len()? > 0 {
            return Ok(true);
        }
        let scheduled = self.object.bind(py).getattr(intern!(py, "_scheduled"))?;
        let scheduled = scheduled.cast_into::<PyList>()?;
        if scheduled.is_empty() {
            return Ok(false);
        }
        let first = scheduled.get_item(0)?;
        let mut known = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|known| known.is(&first)) {
            return Ok(false);
        }
        let before = known.replace(first.unbind());
        drop(known);
        drop(before);
        Ok(true)
    }

    /// Settles a future, unless somebody else has.
    pub(super) fn settle(py: Python<'_>, future: &Py<PyAny>, result: PyResult<Bound<'_, PyAny>>) {
        let future = future.bind(py);
        if !is_open(future) {
            return;
        }
        let settled = match result {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,)),
            Err(error) => {
                future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))
            }
        };
        if let Err(error) = settled {
            error.write_unraisable(py, Some(future));
        }
        turn::interrupt();
    }

    /// Runs a coroutine of ours as a task of its own.
    pub(super) fn spawn(&self, coroutine: &Bound<'_, PyAny>) -> PyResult<Spawned> {
        let py = coroutine.py();
        let (sender, outcome) = oneshot::channel();
        let task = self.object.bind(py).call_method1(intern!(py, "create_task"), (coroutine,))?;
        let settled = Settled(Mutex::new(Some(sender)));
        task.call_method1(intern!(py, "add_done_callback"), (Py::new(py, settled)?,))?;
        turn::interrupt();
        Ok(Spawned { task: task.unbind(), outcome })
    }
}

/// Whether a future waits for its result.
pub(super) fn is_open(future: &Bound<'_, PyAny>) -> bool {
    let done = future.call_method0(intern!(future.py(), "done"));
    !done.and_then(|done| done.is_truthy()).unwrap_or(true)
}

/// A task of ours that runs.
pub(super) struct Spawned {
    /// asyncio itself only refers weakly to its tasks.
    task: Py<PyAny>,
    outcome: oneshot::Receiver<PyResult<()>>,
}

impl Spawned {
    /// Waits for its end.
    ///
    /// # Errors
    /// What it raised.
    pub(super) async fn finish(self) -> PyResult<()> {
        let outcome = self.outcome.await;
        drop(self.task);
        outcome.unwrap_or_else(|_| Err(PyRuntimeError::new_err("the event loop was closed")))
    }
}

/// Tells that a task is done.
#[pyclass(frozen, module = "appserver")]
struct Settled(Mutex<Option<oneshot::Sender<PyResult<()>>>>);

#[pymethods]
impl Settled {
    fn __call__(&self, task: &Bound<'_, PyAny>) {
        let outcome = task.call_method0(intern!(task.py(), "result")).map(drop);
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            let _ = sender.send(outcome);
        }
    }
}
