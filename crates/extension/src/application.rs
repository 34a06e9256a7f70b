//! Loading the application that the settings name.

use std::io::{self, Write};

use appserver::handed::Handed;
use appserver::settings::value;
use appserver_os::{memfd, process};
use appserver_python::load::{Interface, LoadError, Loaded, Target, load};
use appserver_supervisor::BootReport;
use pyo3::prelude::*;

/// The exit code of a failed load.
const APP_FAILED: i32 = 4;

/// The Python half of this module.
pub(crate) fn helpers(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("appserver._mold")
}

/// Makes the project importable and imports its application.
pub(crate) fn import(py: Python<'_>, handed: &Handed) -> Result<Loaded, BootReport> {
    let text = handed.target.as_deref().unwrap_or_default();
    let target = text.parse::<Target>().map_err(report)?;
    let paths: Vec<&std::path::PathBuf> = handed.settings.python.path.iter().collect();
    helpers(py)
        .and_then(|helpers| helpers.call_method1("prepare", (&handed.directory, paths)))
        .map_err(|error| BootReport::worker(error.to_string()))?;
    let forced = match handed.settings.interface {
        value::Interface::Auto => None,
        value::Interface::Wsgi => Some(Interface::Wsgi),
        value::Interface::Asgi => Some(Interface::Asgi),
    };
    load(py, &target, forced).map_err(report)
}

fn report(error: LoadError) -> BootReport {
    let LoadError { summary, traceback, hint } = error;
    BootReport { summary, traceback, hint, app_failed: true }
}

/// Loads the application once, for `appserver check`.
pub(crate) fn check(py: Python<'_>, fd: i32) -> PyResult<i32> {
    let text = memfd::read_all(&process::adopt(fd)?)?;
    let handed: Handed = serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
    match import(py, &handed) {
        Ok(_) => Ok(0),
        Err(report) => {
            let _ = writeln!(io::stderr(), "error: {report}");
            Ok(APP_FAILED)
        }
    }
}

/// Text in a descriptor that is not what it should be.
pub(crate) fn invalid(error: &serde_json::Error) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(error.to_string())
}
