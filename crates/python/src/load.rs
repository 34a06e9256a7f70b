//! Importing the application that a target names: `package.module:attribute`.
//!
//! Promises: whatever the application's code does while it is imported, short of ending the process,
//! is a [`LoadError`] that says what was tried and what is near. The import path is the caller's.

mod expression;
mod import;
mod near;
mod target;

use pyo3::prelude::*;

use crate::wsgi::format_traceback;
pub use target::Target;

/// Why an application could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("{summary}")]
pub struct LoadError {
    /// What was tried and what came of it.
    pub summary: String,
    /// The application's own traceback, if its code failed.
    pub traceback: Option<String>,
    /// What may help.
    pub hint: Option<String>,
}

impl LoadError {
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), traceback: None, hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The application's code raised this.
    pub(crate) fn raised(py: Python<'_>, doing: &str, error: &PyErr) -> Self {
        let kind =
            error.get_type(py).name().map_or_else(|_| String::new(), |name| name.to_string());
        let traceback = Some(format_traceback(py, error));
        Self { summary: format!("{doing} raised {kind}"), traceback, hint: None }
    }
}

/// Imports the application. Without an attribute, `application` and then `app` is meant.
///
/// # Errors
///
/// When there is no such module or attribute, when its code raises (`SystemExit` too), or when it
/// is not callable.
pub fn load(py: Python<'_>, target: &Target) -> Result<Py<PyAny>, LoadError> {
    let module = import::import(py, target.module())?;
    let object = match target.expression() {
        Some(expression) => expression::evaluate(&module, target.module(), expression)?,
        None => expression::default(&module, target.module())?,
    };
    if is_asynchronous(&object) {
        let what = format!("`{target}` is an ASGI application; only WSGI applications are served");
        return Err(LoadError::new(what).with_hint(near::callables(
            &module,
            target.module(),
            None,
        )));
    }
    if object.is_callable() {
        return Ok(object.unbind());
    }
    let kind = object.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
    Err(LoadError::new(format!("`{target}` is not callable: it is of type `{kind}`"))
        .with_hint(near::callables(&module, target.module(), None)))
}

/// Whether calling it gives a coroutine: ASGI, which a WSGI server can only answer 500 for.
fn is_asynchronous(object: &Bound<'_, PyAny>) -> bool {
    let is_coroutine = |function: &Bound<'_, PyAny>| {
        let inspect = function.py().import("inspect")?;
        inspect.call_method1("iscoroutinefunction", (function,))?.extract::<bool>()
    };
    let call = object.getattr("__call__");
    is_coroutine(object).unwrap_or(false)
        || call.and_then(|call| is_coroutine(&call)).unwrap_or(false)
}
