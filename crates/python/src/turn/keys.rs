//! Events of descriptors, in the words of `selectors`.

use appserver_os::epoll::Event;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// `EPOLLIN`.
const INPUT: i32 = 0x1;
/// `EPOLLOUT`.
const OUTPUT: i32 = 0x4;
/// `selectors.EVENT_READ`.
const READ: i32 = 1;
/// `selectors.EVENT_WRITE`.
const WRITE: i32 = 2;

/// The selector's dict of `SelectorKey` by descriptor.
pub(super) struct Keys(Py<PyDict>);

impl Keys {
    pub(super) fn new(keys: Py<PyDict>) -> Self {
        Self(keys)
    }

    /// What `select` returns for these events. Descriptors that were unregistered meanwhile are left
    /// out.
    pub(super) fn ready<'py>(
        &self,
        py: Python<'py>,
        events: impl Iterator<Item = Event>,
    ) -> PyResult<Bound<'py, PyList>> {
        let ready = PyList::empty(py);
        let keys = self.0.bind(py);
        for event in events {
            if let Some(key) = keys.get_item(event.fd)? {
                let wanted: i32 = key.getattr(intern!(py, "events"))?.extract()?;
                ready.append((key, meaning(event.flags) & wanted))?;
            }
        }
        Ok(ready)
    }

    /// For Python's collector: the keys hold callbacks, and so the loop that holds the selector.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}

/// As the standard selector has it: an error or a hang-up is for readers and writers.
fn meaning(flags: i32) -> i32 {
    let write = if flags & !INPUT == 0 { 0 } else { WRITE };
    let read = if flags & !OUTPUT == 0 { 0 } else { READ };
    write | read
}
