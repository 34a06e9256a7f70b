//! Loading the application that the settings name.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use appserver::auth::{Answered, Question};
use appserver::handed::Handed;
use appserver::issuing::Operation;
use appserver::settings::value;
use appserver_os::{memfd, process};
use appserver_python::load::{self, Interface, LoadError, Loaded, Target};
use appserver_supervisor::BootReport;
use pyo3::prelude::*;

use crate::auth::{self, Notes};
use crate::issuing;

/// The exit code of a failed load.
const APP_FAILED: i32 = 4;

/// The Python half of this module.
pub(crate) fn helpers(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("appserver._mold")
}

/// Makes the project importable, imports its application, and asks the project for what the settings
/// leave to it.
pub(crate) fn load(
    py: Python<'_>,
    handed: &mut Handed,
    notes: Notes,
) -> Result<Loaded, BootReport> {
    let loaded = import(py, handed)?;
    auth::settle(py, handed, (notes, loaded.interface))?;
    issuing::try_callback(py, handed)?;
    Ok(loaded)
}

fn import(py: Python<'_>, handed: &Handed) -> Result<Loaded, BootReport> {
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
    load::load(py, &target, forced).map_err(report)
}

fn report(error: LoadError) -> BootReport {
    let LoadError { summary, traceback, hint } = error;
    BootReport { summary, traceback, hint, app_failed: true }
}

/// Loads the application once, for `appserver check`.
pub(crate) fn check(py: Python<'_>, fd: i32) -> PyResult<i32> {
    let text = memfd::read_all(&process::adopt(fd)?)?;
    let mut handed: Handed = serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
    let asks = handed.auth.as_ref().is_some_and(|auth| auth.from_django);
    match load(py, &mut handed, Notes::Printed) {
        Ok(_) => {
            // Without a question to the project, whoever asked for this check knows the policy.
            let report = asks.then(|| auth::report(&handed)).flatten();
            let _ = report.map(|report| writeln!(io::stdout(), "{report}"));
            Ok(0)
        }
        Err(report) => {
            let _ = writeln!(io::stderr(), "error: {report}");
            Ok(APP_FAILED)
        }
    }
}

/// Loads the application for `appserver tune`, and prints how it is called. Only that is on standard
/// output.
pub(crate) fn interface(py: Python<'_>, fd: i32) -> PyResult<i32> {
    let text = memfd::read_all(&process::adopt(fd)?)?;
    let mut handed: Handed = serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
    let mut output = set_output_aside(py)?;
    match load(py, &mut handed, Notes::Printed) {
        Ok(loaded) => {
            let name = match loaded.interface {
                Interface::Wsgi => "wsgi",
                Interface::Asgi => "asgi",
            };
            writeln!(output, "{name}")?;
            Ok(0)
        }
        Err(report) => {
            let _ = writeln!(io::stderr(), "error: {report}");
            Ok(APP_FAILED)
        }
    }
}

/// Loads the application for `appserver token verify`, so that its project can be asked, and prints
/// the answer. Only the answer is on standard output.
pub(crate) fn token(py: Python<'_>, fd: i32) -> PyResult<i32> {
    let text = memfd::read_all(&process::adopt(fd)?)?;
    let (mut handed, question): (Handed, Question) =
        serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
    let mut output = set_output_aside(py)?;
    if let Err(report) = load(py, &mut handed, Notes::Printed) {
        let _ = writeln!(io::stderr(), "error: {report}");
        return Ok(APP_FAILED);
    }
    let Some(mut config) = handed.auth else { return Ok(APP_FAILED) };
    let known = handed.issuer.as_ref();
    let known = known.map_or(Ok(()), |issuer| appserver::issuing::put_keys(&mut config, issuer));
    match known.and_then(|()| py.detach(|| question.answer(&config))) {
        Ok(Answered { text, code }) => {
            let _ = writeln!(output, "{text}");
            Ok(code.into())
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{failure}");
            Ok(failure.kind.code().into())
        }
    }
}

/// Loads the application for `appserver token revoke` and `token issue`, so that its project can be
/// asked, and does what they want. Only the answer is on standard output.
pub(crate) fn operate(py: Python<'_>, fd: i32) -> PyResult<i32> {
    let text = memfd::read_all(&process::adopt(fd)?)?;
    let (mut handed, operation): (Handed, Operation) =
        serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
    let mut output = set_output_aside(py)?;
    if let Err(report) = load(py, &mut handed, Notes::Printed) {
        let _ = writeln!(io::stderr(), "error: {report}");
        return Ok(APP_FAILED);
    }
    match issuing::operate(py, &handed, &operation) {
        Ok(text) => {
            let _ = writeln!(output, "{text}");
            Ok(0)
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{failure}");
            Ok(failure.kind.code().into())
        }
    }
}

/// Standard output, in whose place there is standard error from now on: an application may print
/// while it is imported, and what it prints may be written when the interpreter ends.
fn set_output_aside(py: Python<'_>) -> PyResult<File> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    py.import("os")?.call_method1("dup2", (2, 1))?;
    Ok(File::from(output))
}

/// Text in a descriptor that is not what it should be.
pub(crate) fn invalid(error: &serde_json::Error) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(error.to_string())
}
