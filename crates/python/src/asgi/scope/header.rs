//! Header fields of a scope: pairs of lower-case names and values, in order, with duplicates.

use hashbrown::HashMap;
use http::{HeaderMap, HeaderName};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// The names that requests had so far. Clients choose them, so that the table is bounded; a name
/// that finds it full costs an allocation each time.
#[derive(Default)]
pub(super) struct Names {
    names: HashMap<HeaderName, Py<PyBytes>>,
}

/// More names than any honest set of clients sends.
const MOST_NAMES: usize = 1024;

impl Names {
    /// The fields as a list of pairs.
    pub(super) fn fields<'py>(
        &mut self,
        py: Python<'py>,
        headers: &HeaderMap,
    ) -> PyResult<Bound<'py, PyList>> {
        let fields = PyList::empty(py);
        for (name, value) in headers {
            let value = PyBytes::new(py, value.as_bytes());
            let field = match self.names.get(name) {
                Some(name) => PyTuple::new(py, [name.bind(py), &value])?,
                None => PyTuple::new(py, [&self.learn(py, name), &value])?,
            };
            fields.append(field)?;
        }
        Ok(fields)
    }

    fn learn<'py>(&mut self, py: Python<'py>, name: &HeaderName) -> Bound<'py, PyBytes> {
        let bytes = PyBytes::new(py, name.as_str().as_bytes());
        if self.names.len() < MOST_NAMES {
            self.names.insert(name.clone(), bytes.clone().unbind());
        }
        bytes
    }
}
