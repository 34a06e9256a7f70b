//! Importing the module, and telling "no such module" from "its own import failed".

use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::intern;
use pyo3::prelude::*;

use super::{LoadError, near};

/// Imports the module.
pub(super) fn import<'py>(py: Python<'py>, name: &str) -> Result<Bound<'py, PyModule>, LoadError> {
    py.import(name).map_err(|error| explain(py, name, &error))
}

fn explain(py: Python<'_>, name: &str, error: &PyErr) -> LoadError {
    match missing(py, name, error) {
        Ok(Some(missing)) => {
            let what = if missing == name {
                format!("there is no module `{name}`")
            } else {
                format!("there is no module `{missing}`, which `{name}` would be in")
            };
            LoadError::new(what).with_hint(near::modules(py, &missing))
        }
        _ => LoadError::raised(py, &format!("importing `{name}`"), error),
    }
}

/// The part of the target that does not exist. `None` if the module exists and its own code failed.
fn missing(py: Python<'_>, target: &str, error: &PyErr) -> PyResult<Option<String>> {
    if !error.is_instance_of::<PyModuleNotFoundError>(py) || ran_code(py, error)? {
        return Ok(None);
    }
    let name: Option<String> = error.value(py).getattr(intern!(py, "name"))?.extract()?;
    Ok(name.filter(|name| {
        target
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }))
}

/// Whether the traceback has a frame of code that is not the import machinery's.
fn ran_code(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    let mut next = error.traceback(py).map(Bound::into_any);
    while let Some(traceback) = next.filter(|traceback| !traceback.is_none()) {
        let code = traceback.getattr(intern!(py, "tb_frame"))?.getattr(intern!(py, "f_code"))?;
        let file: String = code.getattr(intern!(py, "co_filename"))?.extract()?;
        if !file.starts_with("<frozen importlib") {
            return Ok(true);
        }
        next = Some(traceback.getattr(intern!(py, "tb_next"))?);
    }
    Ok(false)
}
