//! asyncio's loop around everything that a worker does.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

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
/// runtime's park hooks must be [`crate::gil::park`] and [`turn::unpark`]. What the application has
/// left in the loop is ended if `closes` says so of the body's result.
///
/// # Errors
/// When the loop cannot be made, or the body panics.
pub fn run<T: 'static>(
    py: Python<'_>,
    (runtime, local): (Rc<Runtime>, Rc<LocalSet>),
    body: LocalFuture<T>,
    closes: fn(&T) -> bool,
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
    turn_until(&module, &event_loop, &done)?;
    let panicked = || PyRuntimeError::new_err("the worker's body panicked");
    let result = result.take().ok_or_else(panicked)?;
    if closes(&result) {
        module.call_method1(intern!(py, "close_loop"), (event_loop,))?;
    }
    Ok(result)
}

/// Turns the loop. An application that stops it, or exits from a callback, does not end the worker.
fn turn_until(
    module: &Bound<'_, PyModule>,
    event_loop: &Bound<'_, PyAny>,
    done: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = event_loop.py();
    loop {
        let main = module.call_method1(intern!(py, "main"), (done,))?;
        let run = event_loop.call_method1(intern!(py, "run_until_complete"), (main,));
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

/// Tells the loop how much time is left for everything that the application has in it.
pub(super) fn ends_within(py: Python<'_>, event_loop: &EventLoop, time: Duration) {
    let told =
        event_loop.object(py).call_method1(intern!(py, "ends_within"), (time.as_secs_f64(),));
    if let Err(error) = told {
        tracing::error!("{}", format_traceback(py, &error));
    }
}
