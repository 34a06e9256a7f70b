//! A worker: the application behind the bridge, served by the common worker body.

use std::rc::Rc;

use appserver::handed::Handed;
use appserver::worker::{End, LoopHooks, Seat};
use appserver_app::Application;
use appserver_python::gil;
use appserver_python::wsgi::{InlineApp, PoolApp, WsgiConfig};
use appserver_supervisor::{BootReport, Inheritance};
use pyo3::prelude::*;

use crate::application::{self, helpers};

/// Serves until told to stop; returns the exit code.
pub(crate) fn run(
    py: Python<'_>,
    inheritance: Inheritance,
    handed: Handed,
    (slot, app): (usize, Option<Py<PyAny>>),
) -> PyResult<i32> {
    let config = wsgi_config(&handed);
    let import = {
        let handed = handed.clone();
        move |py: Python<'_>| match &app {
            Some(app) => Ok(app.clone_ref(py)),
            None => application::import(py, &handed),
        }
    };
    let seat = Seat::take(inheritance, handed, slot)?;
    let end = if config.threads == 1 {
        let make = || Python::attach(|py| inline(py, import(py)?, &config));
        seat.serve(&make, LoopHooks { park: gil::park, unpark: gil::unpark })
    } else {
        let make = || Python::attach(|py| pool(py, &import(py)?, &config));
        // The loop thread stays detached: it accepts and times out while views block.
        py.detach(|| seat.serve(&make, LoopHooks::default()))
    };
    match end {
        Ok(End::Drained) => helpers(py)?.call_method0("finish").map(|_| 0),
        Ok(End::Quick) => Ok(0),
        Err(report) => Ok(report.exit_code()),
    }
}

fn wsgi_config(handed: &Handed) -> WsgiConfig {
    let settings = &handed.settings;
    let mut config = WsgiConfig::new(settings.threads as usize);
    // Even a single worker has company while it is replaced.
    config.multiprocess = true;
    config.script_name = settings.http.root_path.trim_end_matches('/').to_owned();
    config
}

fn inline(
    py: Python<'_>,
    app: Py<PyAny>,
    config: &WsgiConfig,
) -> Result<Rc<dyn Application>, BootReport> {
    let app = InlineApp::new(py, app, config).map_err(|error| unbridged(&error))?;
    Ok(Rc::new(app))
}

fn pool(
    py: Python<'_>,
    app: &Py<PyAny>,
    config: &WsgiConfig,
) -> Result<Rc<dyn Application>, BootReport> {
    let app = PoolApp::start(py, app, config).map_err(|error| unbridged(&error))?;
    Ok(Rc::new(app))
}

fn unbridged(error: &dyn std::fmt::Display) -> BootReport {
    BootReport::worker(format!("cannot bridge to the application: {error}"))
}
