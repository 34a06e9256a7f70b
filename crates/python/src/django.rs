//! Asking a Django project what its settings say of tokens.

use appserver_auth::django::DjangoProject;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What the project says whose settings are loaded in this process; `None` if there is none.
///
/// # Errors
/// A setting raises when it is read, or is something that only Python can hold.
pub fn describe(py: Python<'_>) -> PyResult<Option<DjangoProject>> {
    let text: Option<String> =
        py.import("appserver._django")?.call_method0("describe")?.extract()?;
    let read = |text: String| serde_json::from_str(&text);
    // What is told of a mistake in JSON may hold a value.
    text.map(read).transpose().map_err(|_| PyValueError::new_err("a value is of a wrong type"))
}

/// The path that Django takes off the front of paths in ASGI (`FORCE_SCRIPT_NAME`), where a project
/// is loaded that sets it.
///
/// # Errors
/// The setting raises when it is read.
pub fn script_name(py: Python<'_>) -> PyResult<Option<String>> {
    py.import("appserver._django")?.call_method0("script_name")?.extract()
}
