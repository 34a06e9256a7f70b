//! The lifespan of an application: told when its worker starts and ends (ASGI, "Lifespan").

use std::sync::Arc;

use appserver_app::LocalFuture;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Lifespan;
use super::event_loop::{EventLoop, Spawned};
use crate::origin::format_traceback;

/// Why an application cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its lifespan failed to start.
    #[error("{message}")]
    Lifespan {
        /// What it said, or what it raised.
        message: String,
        /// Where it raised.
        traceback: Option<String>,
    },
    /// The bridge itself failed.
    #[error(transparent)]
    Bridge(#[from] PyErr),
}

/// A lifespan that is starting.
pub(super) struct Begun {
    object: Py<PyAny>,
    startup: Spawned,
}

/// A lifespan that has started.
pub(super) struct Running {
    object: Py<PyAny>,
}

/// Starts the lifespan of an application, if it may have one.
pub(super) fn begin(
    event_loop: &Arc<EventLoop>,
    application: &Bound<'_, PyAny>,
    lifespan: Lifespan,
) -> PyResult<Option<Begun>> {
    let py = application.py();
    if lifespan == Lifespan::Off {
        return Ok(None);
    }
    let module = py.import(intern!(py, "appserver._asgi"))?;
    let arguments = (application, lifespan == Lifespan::On);
    let object = module.call_method1(intern!(py, "Lifespan"), arguments)?;
    let startup = event_loop.spawn(&object.call_method0(intern!(py, "startup"))?)?;
    Ok(Some(Begun { object: object.unbind(), startup }))
}

impl Begun {
    /// Waits until the application has started. `None` if it does not know of lifespans.
    pub(super) async fn finish(self) -> Result<Option<Running>, StartError> {
        let Self { object, startup } = self;
        let started = startup.finish().await;
        Python::attach(|py| match started {
            Ok(()) => {
                let is_running = object.getattr(py, intern!(py, "is_running"))?.is_truthy(py)?;
                Ok(is_running.then_some(Running { object }))
            }
            Err(error) => Err(failed(py, &error)),
        })
    }
}

/// `StartupFailed(message, traceback)` of the Python half, or anything else.
fn failed(py: Python<'_>, error: &PyErr) -> StartError {
    let arguments = error.value(py).getattr(intern!(py, "args"));
    let told = arguments.and_then(|arguments| arguments.extract::<(String, Option<String>)>());
    match told {
        Ok((message, traceback)) if error.is_instance_of::<PyException>(py) => {
            StartError::Lifespan { message, traceback }
        }
        _ => StartError::Lifespan {
            message: error.to_string(),
            traceback: Some(format_traceback(py, error)),
        },
    }
}

impl Running {
    /// What the application left for its requests.
    pub(super) fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let state = self.object.getattr(py, intern!(py, "state"))?;
        Ok(state.into_bound(py).cast_into::<PyDict>().ok())
    }

    /// Tells the application that its worker ends, and waits for it.
    pub(super) fn end(&self, event_loop: &EventLoop) -> LocalFuture<()> {
        let shutdown = Python::attach(|py| {
            let coroutine = self.object.call_method0(py, intern!(py, "shutdown"))?;
            event_loop.spawn(coroutine.bind(py))
        });
        Box::pin(async {
            let ended = match shutdown {
                Ok(spawned) => spawned.finish().await,
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                let told = Python::attach(|py| failed(py, &error));
                let StartError::Lifespan { message, traceback } = told else { return };
                let traceback = traceback.unwrap_or_default();
                tracing::error!("the application did not shut down: {message}\n{traceback}");
            }
        })
    }
}
