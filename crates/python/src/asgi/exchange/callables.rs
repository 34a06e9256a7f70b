//! `receive` and `send`, which an application is given.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;

use super::{Exchange, Shared};
use crate::ffi;

/// Both of them, with the exchange that they tell.
pub(in crate::asgi) struct Callables {
    receive: Py<PyAny>,
    send: Py<PyAny>,
    exchange: Py<Exchange>,
}

impl Callables {
    /// Those of no request yet.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(in crate::asgi) fn new(py: Python<'_>) -> PyResult<Self> {
        let exchange = Bound::new(py, Exchange::default())?;
        let receive = exchange.getattr(intern!(py, "receive"))?.unbind();
        let send = exchange.getattr(intern!(py, "send"))?.unbind();
        Ok(Self { receive, send, exchange: exchange.unbind() })
    }

    /// Makes them those of a request, or of none.
    pub(in crate::asgi) fn assign(&self, py: Python<'_>, shared: Option<Arc<Shared>>) {
        self.exchange(py).get().assign(shared);
    }

    /// `receive`.
    pub(in crate::asgi) fn receive<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.receive.bind(py)
    }

    /// `send`.
    pub(in crate::asgi) fn send<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.send.bind(py)
    }

    /// The exchange.
    pub(in crate::asgi) fn exchange<'py>(&self, py: Python<'py>) -> &Bound<'py, Exchange> {
        self.exchange.bind(py)
    }

    /// Whether nobody kept a part of them, so that the next request may have them: the exchange is
    /// referred to by each of the two and from here.
    pub(in crate::asgi) fn are_reusable(&self, py: Python<'_>) -> bool {
        ffi::is_known_once(&self.receive, py)
            && ffi::is_known_once(&self.send, py)
            && ffi::references(&self.exchange, py) == 3
    }
}
