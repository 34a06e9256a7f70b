//! Importing the application that a target names: `package.module:attribute`.
//!
//! Promises: whatever the application's code does while it is imported, short of ending the process,
//! is a [`LoadError`] that says what was tried and what is near. The import path is the caller's.

mod expression;
mod import;
mod interface;
mod near;
mod target;

use pyo3::prelude::*;

use crate::origin::format_traceback;
pub use interface::Interface;
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

/// An application, and how it wants to be called.
#[derive(Debug)]
pub struct Loaded {
    /// The callable.
    pub application: Py<PyAny>,
    /// What it speaks.
    pub interface: Interface,
}

/// Imports the application. Without an attribute, `application` and then `app` is meant. Without a
/// `forced` interface, the application's signature decides.
///
/// # Errors
///
/// When there is no such module or attribute, when its code raises (`SystemExit` too), or when it
/// is not callable.
pub fn load(
    py: Python<'_>,
    target: &Target,
    forced: Option<Interface>,
) -> Result<Loaded, LoadError> {
    let module = import::import(py, target.module())?;
    let object = match target.expression() {
        Some(expression) => expression::evaluate(&module, target.module(), expression)?,
        None => expression::default(&module, target.module())?,
    };
    let hint = || near::callables(&module, target.module(), None);
    if !object.is_callable() {
        let kind = object.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
        let what = format!("`{target}` is not callable: it is of type `{kind}`");
        return Err(LoadError::new(what).with_hint(hint()));
    }
    let interface = forced.unwrap_or_else(|| Interface::of(&object));
    Ok(Loaded { application: object.unbind(), interface })
}
