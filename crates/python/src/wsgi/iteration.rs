//! Iterating what the application returned, and closing it.

use bytes::Bytes;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyIterator, PyList, PyTuple, PyType};

use super::start_response::chunk;
use crate::origin::Origin;

/// The chunks of an iterable. Empty ones are skipped: they would end a chunked body.
pub(crate) struct Chunks(Py<PyIterator>);

impl Chunks {
    /// Starts to iterate.
    pub(crate) fn open(result: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(result.try_iter()?.unbind()))
    }

    /// The next chunk that is not empty.
    pub(crate) fn next(&mut self, py: Python<'_>) -> PyResult<Option<Bytes>> {
        for item in self.0.bind(py).clone() {
            let chunk = chunk(&item?)?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    /// Whether all chunks exist already, so that taking them runs no code of the application: true
    /// of the iterators of lists and tuples, which Django's responses return.
    pub(crate) fn is_complete(&self, py: Python<'_>) -> bool {
        static TYPES: PyOnceLock<Option<[Py<PyType>; 2]>> = PyOnceLock::new();
        let types = TYPES.get_or_init(py, || {
            let list = PyList::empty(py).try_iter().ok()?.get_type().unbind();
            let tuple = PyTuple::empty(py).try_iter().ok()?.get_type().unbind();
            Some([list, tuple])
        });
        let own = self.0.bind(py).get_type();
        types.iter().flatten().any(|complete| own.is(complete))
    }
}

/// The duty to call `close()` on what the application returned, once (PEP 3333).
pub(crate) struct Closing(Option<Py<PyAny>>);

impl Closing {
    pub(crate) fn new(result: &Bound<'_, PyAny>) -> Self {
        Self(Some(result.clone().unbind()))
    }

    /// No duty: lists and tuples cannot be closed.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Calls `close()`, if there is one and it has not been called. What it raises is logged: the
    /// response is decided by then.
    pub(crate) fn close(&mut self, py: Python<'_>, origin: &Origin) {
        let Some(result) = self.0.take() else { return };
        let closed = result
            .bind(py)
            .getattr_opt(intern!(py, "close"))
            .and_then(|close| close.map_or(Ok(()), |close| close.call0().map(drop)));
        if let Err(error) = closed {
            origin.log(py, &error);
        }
    }
}
