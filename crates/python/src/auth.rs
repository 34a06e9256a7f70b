//! The hand-off of a verified token to a Python application.
//!
//! Promises: what is told comes from the request's own [`appserver_auth::Verified`] and from nowhere
//! else; nothing is told at all unless the server verifies tokens; nothing of one request is left for
//! the next. How tokens are verified, and what for, is not known here.

mod verified;

use appserver_auth::config::Forward;
use appserver_auth::{Unchecked, Verified as Token};
use http::Extensions;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::ffi::latin1_string;
pub use verified::Verified;

/// Tells an application who its requests are from.
pub(crate) struct Auth {
    remote_user: Option<Box<str>>,
    /// Makes Starlette's `user` and `auth`.
    starlette: Option<Py<PyAny>>,
}

impl Auth {
    /// # Errors
    /// When the package's Python half cannot be imported.
    pub(crate) fn new(py: Python<'_>, forward: &Forward) -> PyResult<Self> {
        let make = || -> PyResult<Py<PyAny>> {
            Ok(py.import("appserver._starlette")?.getattr("identity")?.unbind())
        };
        Ok(Self {
            remote_user: forward.remote_user.as_deref().map(Into::into),
            starlette: forward.starlette.then(make).transpose()?,
        })
    }

    /// What the environs of all requests have: the key that says that tokens are verified, and that
    /// there was none.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(crate) fn set_template(template: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = template.py();
        template.set_item(intern!(py, "appserver.auth"), py.None())
    }

    /// Tells of a request's token in its environ.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(crate) fn set_environ(
        &self,
        environ: &Bound<'_, PyDict>,
        extensions: &Extensions,
    ) -> PyResult<()> {
        let py = environ.py();
        let Some(token) = extensions.get::<Token>() else {
            // None would say that there is no token, which nobody knows.
            return match extensions.get::<Unchecked>() {
                Some(Unchecked) => environ.del_item(intern!(py, "appserver.auth")),
                None => Ok(()),
            };
        };
        environ.set_item(intern!(py, "appserver.auth"), Verified::new(py, token)?)?;
        let user = self.remote_user.as_deref().and_then(|claim| user_text(token, claim));
        if let Some(user) = user {
            let user = latin1_string(py, user.as_bytes())?;
            environ.set_item(intern!(py, "REMOTE_USER"), user)?;
            environ.set_item(intern!(py, "AUTH_TYPE"), intern!(py, "Bearer"))?;
        }
        Ok(())
    }

    /// Tells of a request's token in its scope, and in the extensions that are the scope's own.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(crate) fn set_scope(
        &self,
        scope: &Bound<'_, PyDict>,
        offered: &Bound<'_, PyDict>,
        extensions: &Extensions,
    ) -> PyResult<()> {
        let py = scope.py();
        let token = extensions.get::<Token>().map(|token| Verified::new(py, token)).transpose()?;
        if token.is_some() || extensions.get::<Unchecked>().is_none() {
            offered.set_item(intern!(py, "appserver.auth"), &token)?;
        }
        if let Some(identity) = &self.starlette {
            let (user, auth): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
                identity.bind(py).call1((token,))?.extract()?;
            scope.set_item(intern!(py, "user"), user)?;
            scope.set_item(intern!(py, "auth"), auth)?;
        }
        Ok(())
    }
}

/// Tells the Python half whose tokens are verified, and whether one of them is the Django project.
///
/// # Errors
/// When the package's Python half cannot be imported.
pub fn tell(py: Python<'_>, providers: &[&str], is_django: bool) -> PyResult<()> {
    py.import("appserver._auth")?.call_method1("tell", (providers, is_django)).map(drop)
}

/// A claim that can be a user's name: a text without control characters, or a whole number. Texts are
/// told as the bytes of their UTF-8, as all of an environ is (PEP 3333, "Unicode Issues").
fn user_text(token: &Token, claim: &str) -> Option<String> {
    match token.claims().get(claim)? {
        Value::String(text) if text.is_empty() || text.chars().any(char::is_control) => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}
