//! A worker: the application behind its bridge, served by the common worker body.

use std::rc::Rc;

use appserver::handed::Handed;
use appserver::settings::value;
use appserver::worker::{Body, Driver, End, LoopHooks, MakeApp, Plain, Seat};
use appserver_app::{Application, LocalFuture};
use appserver_python::asgi::{AsgiApp, AsgiConfig, Lifespan, StartError};
use appserver_python::load::{Interface, Loaded};
use appserver_python::wsgi::{InlineApp, PoolApp, WsgiConfig};
use appserver_python::{asgi, gil, turn};
use appserver_supervisor::{BootReport, Inheritance};
use pyo3::prelude::*;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::application::{self, helpers};
use crate::auth::Notes;
use crate::issuing;

/// Serves until told to stop; returns the exit code.
pub(crate) fn run(
    py: Python<'_>,
    inheritance: Inheritance,
    handed: Handed,
    (slot, loaded): (usize, Option<Loaded>),
) -> PyResult<i32> {
    let mut seat = Seat::take(inheritance, handed, slot)?;
    // One of the workers speaks for all.
    let notes = if slot == 0 { Notes::Logged } else { Notes::Kept };
    let loaded = match loaded.map_or_else(|| application::load(py, &mut seat.handed, notes), Ok) {
        Ok(loaded) => loaded,
        Err(report) => {
            seat.fail(&report);
            return Ok(report.exit_code());
        }
    };
    issuing::begin_work();
    match issuing::host(py, &seat.handed) {
        Ok(host) => seat.host = host,
        Err(report) => {
            seat.fail(&report);
            return Ok(report.exit_code());
        }
    }
    let end = match loaded.interface {
        Interface::Wsgi => serve_wsgi(py, seat, loaded.application),
        Interface::Asgi => serve_asgi(seat, loaded.application),
    };
    match end {
        Ok(End::Drained) => helpers(py)?.call_method0("finish").map(|_| 0),
        Ok(End::Quick) => Ok(0),
        Err(report) => Ok(report.exit_code()),
    }
}

fn serve_wsgi(py: Python<'_>, seat: Seat, app: Py<PyAny>) -> Result<End, BootReport> {
    let config = wsgi_config(&seat.handed);
    if config.threads == 1 {
        let make = move |py: Python<'_>| {
            let app = InlineApp::new(py, app, &config).map_err(|error| unbridged(&error))?;
            Ok(Rc::new(app) as Rc<dyn Application>)
        };
        return seat.serve(at_once(make), &attached());
    }
    let make = move |py: Python<'_>| {
        let app = PoolApp::start(py, &app, &config).map_err(|error| unbridged(&error))?;
        Ok(Rc::new(app) as Rc<dyn Application>)
    };
    // The loop thread stays detached: it accepts and times out while views block.
    py.detach(|| seat.serve(at_once(make), &Plain(LoopHooks::default())))
}

/// The loop of an application that is called on its thread.
fn attached() -> Plain {
    Plain(LoopHooks { park: gil::park, unpark: gil::unpark })
}

fn at_once(
    make: impl FnOnce(Python<'_>) -> Result<Rc<dyn Application>, BootReport> + 'static,
) -> MakeApp {
    Box::new(|| Box::pin(std::future::ready(Python::attach(make))))
}

fn wsgi_config(handed: &Handed) -> WsgiConfig {
    let settings = &handed.settings;
    let mut config = WsgiConfig::new(settings.threads as usize);
    // Even a single worker has company while it is replaced.
    config.multiprocess = true;
    config.script_name = settings.http.root_path.trim_end_matches('/').to_owned();
    config.auth = handed.auth.as_ref().map(|auth| auth.forward.clone());
    config
}

/// asyncio turns the loop of an ASGI application, and ours inside it.
struct Asyncio;

impl Driver for Asyncio {
    fn hooks(&self) -> LoopHooks {
        LoopHooks { park: gil::park, unpark: turn::unpark }
    }

    fn drive(
        &self,
        runtime: Rc<Runtime>,
        local: Rc<LocalSet>,
        body: Body,
    ) -> Result<End, BootReport> {
        let end = Python::attach(|py| {
            asgi::run(py, (runtime, local), body, |end| matches!(end, Ok(End::Drained)))
        });
        end.map_err(|error| BootReport::worker(format!("the event loop failed: {error}")))?
    }
}

fn serve_asgi(seat: Seat, app: Py<PyAny>) -> Result<End, BootReport> {
    let config = asgi_config(&seat.handed);
    let make: MakeApp = Box::new(move || -> LocalFuture<_> {
        let start = Python::attach(|py| AsgiApp::start(py, app, config));
        Box::pin(async move {
            let app = start.await.map_err(not_started)?;
            Ok(Rc::new(app) as Rc<dyn Application>)
        })
    });
    seat.serve(make, &Asyncio)
}

fn asgi_config(handed: &Handed) -> AsgiConfig {
    let settings = &handed.settings;
    AsgiConfig {
        root_path: settings.http.root_path.trim_end_matches('/').to_owned(),
        lifespan: match settings.asgi.lifespan {
            value::Lifespan::Auto => Lifespan::Auto,
            value::Lifespan::On => Lifespan::On,
            value::Lifespan::Off => Lifespan::Off,
        },
        blocked_warning: settings.asgi.blocked_warning.get().map(Into::into),
        cancel_on_disconnect: settings.asgi.cancel_on_disconnect.is_on(),
        auth: handed.auth.as_ref().map(|auth| auth.forward.clone()),
    }
}

fn not_started(error: StartError) -> BootReport {
    match error {
        StartError::Lifespan { message, traceback } => BootReport {
            summary: format!("the application did not start: {message}"),
            traceback,
            ..BootReport::default()
        },
        StartError::Bridge(error) => unbridged(&error),
    }
}

fn unbridged(error: &dyn std::fmt::Display) -> BootReport {
    BootReport::worker(format!("cannot bridge to the application: {error}"))
}
