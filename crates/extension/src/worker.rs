//! A worker: the application behind the bridge, served by the common worker body.

use std::rc::Rc;

use appserver::handed::Handed;
use appserver::worker::{BootError, End, LoopHooks, Seat};
use appserver_app::Application;
use appserver_python::gil;
use appserver_python::wsgi::{InlineApp, PoolApp, WsgiConfig};
use appserver_supervisor::{BootReport, Inheritance};
use pyo3::prelude::*;

use crate::application::{self, helpers};

/// The exit code of a worker that failed to boot.
const NOT_BOOTED: i32 = 3;

/// Serves until told to stop; returns the exit code.
pub(crate) fn run(
    py: Python<'_>,
    inheritance: Inheritance,
    handed: Handed,
    (slot, app): (usize, Option<Py<PyAny>>),
) -> PyResult<i32> {
    let seat = Seat::take(inheritance, handed, slot)?;
    let app = match app.map_or_else(|| application::import(py, &seat.handed), Ok) {
        Ok(app) => app,
        Err(report) => {
            let code = report.exit_code();
            seat.boot_failed(report);
            return Ok(code);
        }
    };
    match serve(py, seat, app)? {
        Ok(End::Drained) => {
            helpers(py)?.call_method0("finish")?;
            Ok(0)
        }
        Ok(End::Quick) => Ok(0),
        Err(report) => {
            tracing::error!("{report}");
            Ok(NOT_BOOTED)
        }
    }
}

fn serve(py: Python<'_>, seat: Seat, app: Py<PyAny>) -> PyResult<Result<End, BootError>> {
    let settings = &seat.handed.settings;
    let mut config = WsgiConfig::new(settings.threads as usize);
    config.multiprocess = settings.workers.count() > 1;
    config.script_name = settings.http.root_path.trim_end_matches('/').to_owned();
    if config.threads == 1 {
        let app: Rc<dyn Application> = Rc::new(InlineApp::new(py, app, &config)?);
        return Ok(seat.serve(app, LoopHooks { park: gil::park, unpark: gil::unpark }));
    }
    // The loop thread stays detached for good: it accepts and times out while views block.
    py.detach(move || {
        let started = Python::attach(|py| PoolApp::start(py, &app, &config));
        match started {
            Ok(pool) => Ok(seat.serve(Rc::new(pool), LoopHooks::default())),
            Err(error) => {
                seat.boot_failed(BootReport::worker(error.to_string()));
                Err(pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
            }
        }
    })
}
