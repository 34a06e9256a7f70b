//! asyncio's loop around everything that a worker does.

use std::cell::Cell;
use std::rc::Rc;

use appserver_app::LocalFuture;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::event_loop::EventLoop;
use crate::origin::format_traceback;
use crate::turn;

/// Runs `body` to its end on the local set, inside an asyncio loop that this thread turns. The
/// runtime's park hooks must be [`crate::gil::park`] and [`turn::unpark`].
///
/// # Errors
/// When the loop cannot be made, or the body panics.
pub fn run<T: 'static>(
    py: Python<'_>,
    (runtime, local): (Rc<Runtime>, Rc<LocalSet>),
    body: LocalFuture<T>,
) -> PyResult<T> {
    turn::adopt(runtime, Rc::clone(&local));
    let module = py.import(intern!(py, "appserver._asgi"))?;
    let event_loop = module.call_method0(intern!(py, "open_loop"))?;
    let done = event_loop.call_method0(intern!(py, "create_future"))?;
    let result = Rc::new(Cell::new(None));
    let task = local.spawn_local(body);
    let (place, settled) = (Rc::clone(&result), done.clone().unbind());
    local.spawn_local(async move {
        place.set(task.await.ok());
        Python::attach(|py| EventLoop::settle(py, &settled, Ok(py.None().into_bound(py))));
    });
    turn_until(&event_loop, &done)?;
    module.call_method1(intern!(py, "close_loop"), (event_loop,))?;
    result.take().ok_or_else(|| PyRuntimeError::new_err("the worker's body panicked"))
}

/// Turns the loop. An application that stops it, or exits from a callback, does not end the worker.
fn turn_until(event_loop: &Bound<'_, PyAny>, done: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = event_loop.py();
    loop {
        let run = event_loop.call_method1(intern!(py, "run_until_complete"), (done,));
        if done.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        if let Err(error) = run {
            let traceback = format_traceback(py, &error);
            tracing::error!("the application tried to stop the event loop\n{traceback}");
        }
    }
}

/// Tells callbacks that the application has for the end.
pub(super) fn stopping(py: Python<'_>, event_loop: &EventLoop) {
    if let Err(error) = event_loop.object(py).call_method0(intern!(py, "stopping")) {
        tracing::error!("{}", format_traceback(py, &error));
    }
    event_loop.after_step(py);
}
