//! The mold: the interpreter with the application in it, which only forks.

use std::io;

use appserver::handed::Handed;
use appserver::settings::value::Preload;
use appserver_os::fork::Forked;
use appserver_os::{Pid, process};
use appserver_python::load::Loaded;
use appserver_supervisor::message::FromMold;
use appserver_supervisor::mold::{Outcome, serve, tell};
use appserver_supervisor::{BootReport, Inheritance};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::application::{self, helpers};
use crate::auth::Notes;
use crate::worker;

/// The exit code of a mold that could not load.
const NOT_LOADED: i32 = 4;

/// What became of loading the application before any fork.
enum Loading {
    Loaded(Loaded),
    LeftToWorkers,
    StartOver,
}

/// Runs a mold; also every worker that comes out of it.
pub(crate) fn run(py: Python<'_>, fd: i32, each: bool) -> PyResult<Option<i32>> {
    let inheritance = Inheritance::unwrap(fd).map_err(failed)?;
    let mut handed: Handed = serde_json::from_value(inheritance.settings.clone())
        .map_err(|error| application::invalid(&error))?;
    handed.init_log();
    process::set_name("appserver:mold");
    let app = match prepare(py, &inheritance, &mut handed, each) {
        Ok(Loading::Loaded(app)) => Some(app),
        Ok(Loading::LeftToWorkers) => None,
        Ok(Loading::StartOver) => {
            inheritance.pass_on().map_err(failed)?;
            return Ok(None);
        }
        Err(report) => {
            tell(&inheritance.control, &FromMold::LoadFailed(report))?;
            return Ok(Some(NOT_LOADED));
        }
    };
    let loaded = FromMold::Loaded { preloaded: app.is_some(), notes: Vec::new() };
    tell(&inheritance.control, &loaded)?;
    let outcome = py.detach(|| serve(&inheritance.control, &mut fork))?;
    match outcome {
        Outcome::Dismissed => Ok(Some(0)),
        Outcome::Worker { slot } => worker::run(py, inheritance, handed, (slot, app)).map(Some),
    }
}

fn prepare(
    py: Python<'_>,
    inheritance: &Inheritance,
    handed: &mut Handed,
    each: bool,
) -> Result<Loading, BootReport> {
    if each {
        // This process has been here before, and has given up its rights already.
        return Ok(Loading::LeftToWorkers);
    }
    if let Some(umask) = handed.settings.umask {
        process::set_umask(umask.bits());
    }
    handed.identity().assume().map_err(|error| BootReport::worker(error.to_string()))?;
    if handed.settings.preload == Preload::Each {
        return Ok(Loading::LeftToWorkers);
    }
    let app = application::load(py, handed, Notes::Logged)?;
    let internal = |error: PyErr| BootReport::worker(error.to_string());
    let helpers = helpers(py).map_err(internal)?;
    let residue: Vec<String> = helpers
        .call_method1("residue", (inheritance.numbers(),))
        .and_then(|found| found.extract())
        .map_err(internal)?;
    if !residue.is_empty() {
        let what = residue.join(", ");
        if handed.settings.preload == Preload::Auto {
            tracing::warn!(
                "not preloaded, each worker loads the application: its import left {what}"
            );
            return Ok(Loading::StartOver);
        }
        tracing::warn!("preloaded although its import left {what}");
    }
    helpers.call_method0("freeze").map_err(internal)?;
    Ok(Loading::Loaded(app))
}

/// fork(2) as Python wants it done: with the hooks of every module that cares.
fn fork() -> io::Result<Forked> {
    Python::attach(|py| {
        let pid: i32 = py
            .import("os")
            .and_then(|os| os.call_method0("fork"))
            .and_then(|pid| pid.extract())
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(if pid == 0 { Forked::Child } else { Forked::Parent(Pid::from_raw(pid)) })
    })
}

fn failed(error: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
