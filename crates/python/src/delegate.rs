//! What an issuer asks a Python application: Django's `authenticate()`, and a callback for claims.
//!
//! Promises: the application is called on threads that are attached to the interpreter for life, so
//! that Django keeps its database connections between calls; whoever asks waits without the
//! interpreter; of a failed login, whose exception may repeat the password, only types and places
//! are told. What becomes of an answer is not known here.

mod threads;

use std::net::IpAddr;

use appserver_auth::issue::Kind;
use appserver_issuer::{Credentials, Delegate, Delegated, Login};
use pyo3::intern;
use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::origin::{format_frames, format_traceback};
use threads::Threads;

/// An application that is asked by an issuer.
pub struct PythonDelegate {
    threads: Threads,
}

impl PythonDelegate {
    /// Imports the callback, if there is one, and starts as many threads as may ask at once. Call it
    /// after the last fork. `has_project` tells that a Django project is loaded.
    ///
    /// # Errors
    /// The callback cannot be imported, or the operating system refuses a thread.
    pub fn start(
        py: Python<'_>,
        (callback, has_project): (&str, bool),
        threads: usize,
    ) -> PyResult<Self> {
        let made = py.import("appserver._delegate")?.getattr("make")?;
        let application = made.call1((callback, has_project))?;
        Ok(Self { threads: Threads::start(&application, threads.max(1))? })
    }

    fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> Delegated<T> {
        self.ask_telling(call, format_traceback)
    }

    /// With what is told of an exception.
    fn ask_telling<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
        tell: fn(Python<'_>, &PyErr) -> String,
    ) -> Delegated<T> {
        self.threads.run(move |application| {
            call(application).map_err(|error| tell(application.py(), &error))
        })
    }
}

/// Imports the callback of this path, as [`PythonDelegate::start`] does.
///
/// # Errors
/// It cannot be imported, or not be called.
pub fn try_callback(py: Python<'_>, callback: &str) -> PyResult<()> {
    let made = py.import("appserver._delegate")?.getattr("make")?;
    made.call1((callback, false)).map(drop)
}

/// What the application says of a user: id, whether it may log in, and its stored password where that
/// is wanted.
type Told = Option<(String, bool, String)>;

fn login(told: Told) -> Option<Login> {
    told.map(|(id, is_active, password)| Login { id, is_active, password })
}

impl Delegate for PythonDelegate {
    fn authenticate(&self, credentials: &Credentials) -> Delegated<Option<Login>> {
        let Credentials { username, password, client, .. } = credentials;
        let client = client.as_ref().map(IpAddr::to_string);
        let asked = (username.clone(), password.clone(), client);
        let call = move |application: &Bound<'_, PyAny>| {
            let py = application.py();
            application.call_method1(intern!(py, "authenticate"), asked)?.extract::<Told>()
        };
        // What an exception says may hold the password, escaped in a way of its own.
        self.ask_telling(call, format_frames).map(login)
    }

    fn user(&self, id: &str) -> Delegated<Option<Login>> {
        let id = id.to_owned();
        let told = self.ask(move |application| {
            let py = application.py();
            application.call_method1(intern!(py, "user"), (id,))?.extract::<Told>()
        });
        told.map(login)
    }

    fn claims(&self, id: &str, kind: Kind) -> Delegated<Map<String, Value>> {
        let id = id.to_owned();
        let text: String = self.ask(move |application| {
            let py = application.py();
            application.call_method1(intern!(py, "claims"), (id, kind.name()))?.extract()
        })?;
        serde_json::from_str(&text).map_err(|error| format!("the claims are no JSON: {error}"))
    }

    fn logged_in(&self, id: &str) -> Delegated<()> {
        let id = id.to_owned();
        self.ask(move |application| {
            let py = application.py();
            application.call_method1(intern!(py, "logged_in"), (id,)).map(drop)
        })
    }
}
