//! Reading the messages that an application sends.

use appserver_app::BodyError;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};

use crate::fields::Fields;

/// A head of a response.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) fields: Fields,
    /// Whether trailers follow the body.
    pub(super) trailers: bool,
}

/// A member of a message.
pub(super) fn member<'py>(
    message: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let value = match message.cast::<PyDict>() {
        Ok(message) => message.get_item(name)?,
        Err(_) => {
            let value = message.call_method1(intern!(message.py(), "get"), (name,))?;
            Some(value)
        }
    };
    Ok(value.filter(|value| !value.is_none()))
}

/// The type of a message.
pub(super) fn kind<'py>(message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    let value = message.get_item(intern!(message.py(), "type"))?;
    value
        .cast_into::<PyString>()
        .map_err(|_| PyTypeError::new_err("the type of a message is a str"))
}

/// Whether a flag of a message is set.
pub(super) fn flag(message: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> PyResult<bool> {
    member(message, name)?.map_or(Ok(false), |value| value.is_truthy())
}

/// `status`, `headers` and `trailers` of a start message. The fields come into `spare`, an empty map
/// that has its memory already.
pub(super) fn head(message: &Bound<'_, PyAny>, spare: HeaderMap) -> PyResult<Head> {
    let py = message.py();
    let status = message.get_item(intern!(py, "status"))?;
    let status = status.extract::<u16>().ok().and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.filter(|status| !status.is_informational()).ok_or_else(|| {
        PyValueError::new_err("the status of a response is a number from 200 to 999")
    })?;
    let trailers = flag(message, intern!(py, "trailers"))?;
    let mut fields = Fields { map: spare, keeps_trailer: trailers, ..Fields::default() };
    if let Some(headers) = member(message, intern!(py, "headers"))? {
        extend(&mut fields, &headers)?;
    }
    Ok(Head { status, fields, trailers })
}

fn extend(fields: &mut Fields, headers: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(headers) = headers.cast_exact::<PyList>() {
        return headers.iter().try_for_each(|field| add(fields, &field));
    }
    headers.try_iter()?.try_for_each(|field| add(fields, &field?))
}

fn add(fields: &mut Fields, field: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(pair) = field.cast_exact::<PyTuple>()
        && pair.len() == 2
    {
        let (name, value) = (pair.get_borrowed_item(0)?, pair.get_borrowed_item(1)?);
        if let (Ok(name), Ok(value)) = (name.cast::<PyBytes>(), value.cast::<PyBytes>()) {
            return accept(fields.add(name.as_bytes(), value.as_bytes()), field);
        }
    }
    let [name, value] = pair(field).ok_or_else(|| {
        PyTypeError::new_err(format!("a header is a pair of name and value, not {field:?}"))
    })?;
    let (name, value) =
        (bytes(&name, "the name of a header")?, bytes(&value, "the value of a header")?);
    accept(fields.add(&name, &value), field)
}

/// Any iterable of two: lists are common.
fn pair<'py>(field: &Bound<'py, PyAny>) -> Option<[Bound<'py, PyAny>; 2]> {
    let items = field.try_iter().ok()?.take(3).collect::<PyResult<Vec<_>>>();
    items.ok()?.try_into().ok()
}

fn accept(added: Result<(), &'static str>, field: &Bound<'_, PyAny>) -> PyResult<()> {
    added.map_err(|error| PyValueError::new_err(format!("{error}: {field:?}")))
}

/// The fields of trailers, early hints and accepted handshakes.
pub(super) fn field_map(message: &Bound<'_, PyAny>) -> PyResult<HeaderMap> {
    let mut fields = Fields::default();
    if let Some(headers) = member(message, intern!(message.py(), "headers"))? {
        extend(&mut fields, &headers)?;
    }
    Ok(fields.map)
}

/// The bytes of a member; none without one. Small ones are copied, because that is cheaper than to
/// come back to the interpreter for the release of a reference.
pub(super) fn body(
    message: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
) -> PyResult<Option<Bytes>> {
    member(message, name)?.map(|data| bytes(&data, "a body")).transpose()
}

/// The bytes of a bytes-like object.
pub(super) fn bytes(data: &Bound<'_, PyAny>, what: &str) -> PyResult<Bytes> {
    const COPY_BELOW: usize = 4096;
    if let Ok(bytes) = data.cast::<PyBytes>() {
        let text = bytes.as_bytes();
        if text.len() < COPY_BELOW {
            return Ok(Bytes::copy_from_slice(text));
        }
        return Ok(Bytes::from_owner(PyBackedBytes::from(bytes.clone())));
    }
    if let Ok(bytes) = data.cast::<PyByteArray>() {
        return Ok(Bytes::from(bytes.to_vec()));
    }
    if data.is_instance_of::<PyMemoryView>() {
        let copy = data.call_method0(intern!(data.py(), "tobytes"))?;
        return bytes(&copy, what);
    }
    let found = crate::origin::type_name(data);
    Err(PyTypeError::new_err(format!("{what} consists of bytes, not {found}")))
}

/// What is left of a declared length after so many bytes more.
///
/// # Errors
/// When there are too many.
pub(super) fn take(left: &mut Option<u64>, bytes: usize) -> Result<(), BodyError> {
    if let Some(left) = left {
        *left = left.checked_sub(bytes as u64).ok_or(BodyError::Application)?;
    }
    Ok(())
}
