//! `start_response(status, response_headers, exc_info=None)` and the `write` it returns (PEP 3333).

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderName;
use pyo3::exceptions::{PyAssertionError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use super::exchange::{Exchange, Head};
use super::status::Status;
use crate::ffi;
use crate::fields::{Fields, field_value};
use crate::origin::type_name;

/// The object behind the callable that an application is given. The callable is its bound method,
/// because CPython calls methods without packing the arguments into a tuple.
#[pyclass(frozen, module = "appserver")]
pub(crate) struct StartResponse {
    exchange: Arc<Exchange>,
    write: Py<Write>,
}

/// The callable that `start_response` returns. What it is given goes out before the iterable.
#[pyclass(frozen, module = "appserver", name = "write")]
pub(crate) struct Write {
    exchange: Arc<Exchange>,
}

/// A `start_response` with the exchange that it tells.
pub(crate) struct Callable {
    method: Py<PyAny>,
    object: Py<StartResponse>,
}

impl Callable {
    /// A callable that tells a new exchange.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let exchange = Arc::<Exchange>::default();
        let write = Py::new(py, Write { exchange: Arc::clone(&exchange) })?;
        let object = Bound::new(py, StartResponse { exchange, write })?;
        let method = object.getattr(intern!(py, "start_response"))?.unbind();
        Ok(Self { method, object: object.unbind() })
    }

    /// What the application is given.
    pub(crate) fn method<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.method.bind(py)
    }

    /// What it tells.
    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.object.get().exchange
    }

    /// Whether nobody kept a part of it, so that the next call may use it: the object is referred to
    /// by its method and from here, the exchange by the object and by `write`.
    pub(crate) fn is_reusable(&self, py: Python<'_>) -> bool {
        let inner = self.object.get();
        ffi::is_known_once(&self.method, py)
            && ffi::references(&self.object, py) == 2
            && ffi::references(&inner.write, py) == 1
            && Arc::strong_count(&inner.exchange) == 2
    }
}

#[pymethods]
impl StartResponse {
    #[pyo3(signature = (status, response_headers, exc_info=None))]
    fn start_response(
        &self,
        py: Python<'_>,
        status: &Bound<'_, PyAny>,
        response_headers: &Bound<'_, PyAny>,
        exc_info: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Write>> {
        if exc_info.is_none() && self.start_at_once(status, response_headers).is_some() {
            return Ok(self.write.clone_ref(py));
        }
        self.may_start(exc_info)?;
        let status = parse_status(status)?;
        let map = std::mem::take(&mut self.exchange.state().spare);
        let fields = parse_fields(response_headers, Fields { map, ..Fields::default() })?;
        self.exchange.state().head = Some(Head { status, fields });
        Ok(self.write.clone_ref(py))
    }
}

impl StartResponse {
    /// The usual case: a first call with a well-formed head. `None` leaves everything else, errors
    /// too, to those who can say what is wrong.
    fn start_at_once(&self, status: &Bound<'_, PyAny>, fields: &Bound<'_, PyAny>) -> Option<()> {
        let mut state = self.exchange.state();
        let state = &mut *state;
        if state.head.is_some() || state.sent {
            return None;
        }
        let status = state.statuses.meaning(status, false, |text| Status::parse(text).ok())?;
        let mut head = Fields { map: std::mem::take(&mut state.spare), ..Fields::default() };
        for field in fields.cast_exact::<PyList>().ok()?.iter() {
            let pair = field.cast_exact::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
            let name_given = pair.get_borrowed_item(0).ok()?;
            let value_given = pair.get_borrowed_item(1).ok()?;
            // One reference is ours and one is the list's; a third is the code's own.
            let known = ffi::references(pair.as_unbound(), pair.py()) > 2;
            let name = |text: &[u8]| HeaderName::from_bytes(text).ok();
            let name = state.names.meaning(&name_given, known, name)?;
            let value = |text: &[u8]| field_value(text).ok();
            let value = state.values.meaning(&value_given, known, value)?;
            head.put(name, value).ok()?;
        }
        state.head = Some(Head { status, fields: head });
        Some(())
    }

    /// PEP 3333: a second call needs `exc_info`, and one after the head went out raises it again.
    fn may_start(&self, exc_info: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let (started, sent) = {
            let state = self.exchange.state();
            (state.head.is_some() || state.sent, state.sent)
        };
        match exc_info {
            Some(exc_info) if sent => Err(raised(exc_info)?),
            None if started => {
                Err(PyAssertionError::new_err("start_response was called twice without exc_info"))
            }
            _ => Ok(()),
        }
    }
}

#[pymethods]
impl Write {
    fn __call__(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let chunk = chunk(data)?;
        let mut state = self.exchange.state();
        if !chunk.is_empty() {
            state.sent = true;
            state.written.push(chunk);
        }
        Ok(())
    }
}

/// The bytes of one chunk of a response. Small ones are copied, because that is cheaper than to
/// come back to the interpreter for the release of a reference.
///
/// # Errors
///
/// `TypeError` for everything but `bytes`.
pub(crate) fn chunk(data: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    const COPY_BELOW: usize = 4096;
    let Ok(bytes) = data.cast::<PyBytes>() else {
        return Err(PyTypeError::new_err(format!(
            "a response consists of bytes, not {}",
            type_name(data)
        )));
    };
    let text = bytes.as_bytes();
    if text.len() < COPY_BELOW {
        return Ok(Bytes::copy_from_slice(text));
    }
    Ok(Bytes::from_owner(pyo3::pybacked::PyBackedBytes::from(bytes.clone())))
}

fn raised(exc_info: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let exception = exc_info.get_item(1)?;
    let traceback = exc_info.get_item(2)?;
    let exception = exception.call_method1("with_traceback", (traceback,))?;
    Ok(PyErr::from_value(exception))
}

fn parse_status(status: &Bound<'_, PyAny>) -> PyResult<Status> {
    let line = latin1(status, "status")?;
    Status::parse(line).map_err(|error| PyValueError::new_err(format!("{error}: {status:?}")))
}

fn parse_fields(headers: &Bound<'_, PyAny>, mut fields: Fields) -> PyResult<Fields> {
    let Ok(headers) = headers.cast::<PyList>() else {
        let found = type_name(headers);
        return Err(PyTypeError::new_err(format!("response headers must be a list, not {found}")));
    };
    for field in headers.iter() {
        let pair = field.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
        let Some(pair) = pair else {
            return Err(PyTypeError::new_err(format!(
                "each response header must be a tuple of name and value, not {field:?}"
            )));
        };
        let (name, value) = (pair.get_borrowed_item(0)?, pair.get_borrowed_item(1)?);
        let added = fields.add(latin1(&name, "header name")?, latin1(&value, "header value")?);
        added.map_err(|error| PyValueError::new_err(format!("{error}: {field:?}")))?;
    }
    Ok(fields)
}

fn latin1<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a [u8]> {
    let Ok(text) = value.cast::<PyString>() else {
        let found = type_name(value);
        return Err(PyTypeError::new_err(format!("{what} must be a str, not {found}")));
    };
    ffi::latin1_bytes(text).ok_or_else(|| {
        PyValueError::new_err(format!("{what} has characters that are not Latin-1: {value:?}"))
    })
}
