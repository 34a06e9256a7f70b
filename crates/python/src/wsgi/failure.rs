//! What happens when an application fails: one log line for the operator, a plain 500 for the
//! client.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use pyo3::prelude::*;

use super::outcome::{Content, Outcome};
use crate::origin::Origin;

/// Logs an exception that came before the head was out, and answers for the application.
pub(crate) fn fail(origin: &Origin, py: Python<'_>, error: &PyErr) -> Outcome {
    origin.log(py, error);
    plain(StatusCode::INTERNAL_SERVER_ERROR, b"Internal Server Error\n")
}

/// An answer of the server's own.
pub(crate) fn plain(status: StatusCode, text: &'static [u8]) -> Outcome {
    let mut head = http::Response::new(());
    *head.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    head.headers_mut().insert(CONTENT_TYPE, plain);
    Outcome { head, content: Content::Whole(Bytes::from_static(text)) }
}
