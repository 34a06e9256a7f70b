//! Asking a Django project what its settings say of tokens.

use std::collections::BTreeMap;

use appserver_auth::django::DjangoProject;
use appserver_issuer::Endpoint;
use appserver_issuer::django::Project;
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

/// What the project says of giving tokens out, with the paths at which the server does, below its mount;
/// `None` if there is none. Private keys and passwords are in it.
///
/// # Errors
/// As [`describe`].
pub fn describe_issuing(
    py: Python<'_>,
    paths: &BTreeMap<Endpoint, String>,
) -> PyResult<Option<Project>> {
    let paths =
        serde_json::to_string(paths).map_err(|_| PyValueError::new_err("a path is no text"))?;
    let text: Option<String> =
        py.import("appserver._issuing")?.call_method1("describe", (paths,))?.extract()?;
    let read = |text: String| serde_json::from_str(&text);
    text.map(read).transpose().map_err(|_| PyValueError::new_err("a value is of a wrong type"))
}

/// Begins to end the tokens of users who change, in this process and those that are forked from it.
///
/// # Errors
/// The project's models cannot be used.
pub fn watch_users(py: Python<'_>) -> PyResult<()> {
    py.import("appserver._signals")?.call_method0("connect").map(drop)
}

/// The path that Django takes off the front of paths in ASGI (`FORCE_SCRIPT_NAME`), where a project
/// is loaded that sets it.
///
/// # Errors
/// The setting raises when it is read.
pub fn script_name(py: Python<'_>) -> PyResult<Option<String>> {
    py.import("appserver._django")?.call_method0("script_name")?.extract()
}
