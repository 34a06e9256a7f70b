//! From what the application returned to an outcome.
//!
//! What is complete goes out whole; everything else is a stream from its first chunk on, because
//! PEP 3333 forbids to delay a block until the next one ("Buffering and Streaming").

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, StatusCode};
use pyo3::exceptions::PyAssertionError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::exchange::{Exchange, Head};
use super::file::FileSource;
use super::file_wrapper::FileWrapper;
use super::iteration::{Chunks, Closing};
use super::outcome::{Content, Outcome};
use super::start_response::chunk;
use super::stream::{Source, Stream};
use crate::origin::Origin;

/// The outcome of a call that returned `result`.
pub(crate) fn respond(
    result: &Bound<'_, PyAny>,
    exchange: &Arc<Exchange>,
    origin: Origin,
) -> Outcome {
    let py = result.py();
    let body = if let Ok(list) = result.cast_exact::<PyList>() {
        Some(join(list.iter().map(|item| chunk(&item))))
    } else {
        let tuple = result.cast_exact::<PyTuple>().ok();
        tuple.map(|tuple| join(tuple.iter().map(|item| chunk(&item))))
    };
    match body {
        Some(body) => Responding { exchange, closing: Closing::none(), origin }.whole(py, body),
        None => {
            let closing = Closing::new(result);
            Responding { exchange, closing, origin }.iterate(result)
        }
    }
}

struct Responding<'a> {
    exchange: &'a Arc<Exchange>,
    closing: Closing,
    origin: Origin,
}

impl Responding<'_> {
    /// Everything is there: one body with a length.
    fn whole(self, py: Python<'_>, body: PyResult<Bytes>) -> Outcome {
        match body.and_then(|body| Ok((self.head()?, body))) {
            Ok((head, body)) => self.complete(py, head, body),
            Err(error) => self.fail(py, &error),
        }
    }

    fn iterate(self, result: &Bound<'_, PyAny>) -> Outcome {
        let py = result.py();
        let source = match open(result) {
            Ok(source) => source,
            Err(error) => return self.fail(py, &error),
        };
        match source {
            Source::Chunks(mut chunks) if chunks.is_complete(py) => {
                let body = join(std::iter::from_fn(|| chunks.next(py).transpose()));
                self.whole(py, body)
            }
            Source::Chunks(chunks) => self.produce(py, chunks),
            Source::File(file) => self.send_file(py, file),
            Source::End => self.whole(py, Ok(Bytes::new())),
        }
    }

    /// An iterable of unknown length. Its first chunk is taken at once: an application may call
    /// `start_response` as late as that.
    fn produce(self, py: Python<'_>, mut chunks: Chunks) -> Outcome {
        let started = self.exchange.state().head.is_some();
        if started && self.origin.method == Method::HEAD {
            return self.whole(py, Ok(Bytes::new()));
        }
        let first = chunks.next(py).and_then(|first| Ok((self.head()?, first)));
        match first {
            Ok((head, Some(first))) => self.stream(py, head, vec![first], Source::Chunks(chunks)),
            Ok((head, None)) => self.complete(py, head, Bytes::new()),
            Err(error) => self.fail(py, &error),
        }
    }

    fn send_file(self, py: Python<'_>, file: FileSource) -> Outcome {
        let mut head = match self.head() {
            Ok(head) => head,
            Err(error) => return self.fail(py, &error),
        };
        if head.fields.length.is_none() && self.exchange.state().written.is_empty() {
            declare(&mut head, file.length());
        }
        self.stream(py, head, Vec::new(), Source::File(file))
    }

    fn complete(self, py: Python<'_>, mut head: Head, body: Bytes) -> Outcome {
        let written = self.written();
        let body = if written.is_empty() { body } else { concatenate(&written, &body) };
        let length = body.len() as u64;
        if self.is_bodiless(&head) {
            if self.origin.method == Method::HEAD && length > 0 && head.fields.length.is_none() {
                declare(&mut head, length);
            }
            return self.end(py, head, Bytes::new());
        }
        match head.fields.length {
            Some(declared) if declared != length => self.stream(py, head, vec![body], Source::End),
            _ => self.end(py, head, body),
        }
    }

    fn stream(self, py: Python<'_>, head: Head, chunks: Vec<Bytes>, source: Source) -> Outcome {
        if self.is_bodiless(&head) {
            return self.end(py, head, Bytes::new());
        }
        let left = head.fields.length;
        let mut ready = self.written();
        ready.extend(chunks.into_iter().filter(|chunk| !chunk.is_empty()));
        ready.reverse();
        let exchange = Arc::clone(self.exchange);
        let Self { closing, origin, .. } = self;
        let mut stream = Stream { ready, source, left, exchange, closing, origin };
        let content = match (left, stream.ready.as_slice()) {
            (Some(length), [only]) if only.len() as u64 == length => {
                let body = only.clone();
                stream.ready.clear();
                stream.left = Some(0);
                stream.finish(py);
                Content::Whole(body)
            }
            _ => Content::Stream(Box::new(stream)),
        };
        Outcome { head: into_head(head), content }
    }

    fn end(mut self, py: Python<'_>, head: Head, body: Bytes) -> Outcome {
        self.closing.close(py, &self.origin);
        Outcome { head: into_head(head), content: Content::Whole(body) }
    }

    fn fail(mut self, py: Python<'_>, error: &PyErr) -> Outcome {
        let outcome = super::failure::fail(&self.origin, py, error);
        self.closing.close(py, &self.origin);
        outcome
    }

    fn head(&self) -> PyResult<Head> {
        let head = self.exchange.take_head();
        head.ok_or_else(|| PyAssertionError::new_err("start_response was not called"))
    }

    fn written(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.exchange.state().written)
    }

    /// RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5.
    fn is_bodiless(&self, head: &Head) -> bool {
        let status = head.status.code;
        self.origin.method == Method::HEAD
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
    }
}

fn open(result: &Bound<'_, PyAny>) -> PyResult<Source> {
    if let Ok(wrapper) = result.cast_exact::<FileWrapper>()
        && let Some(file) = FileSource::find(wrapper.get(), result.py())
    {
        return Ok(Source::File(file));
    }
    Chunks::open(result).map(Source::Chunks)
}

/// One chunk as it is, several copied together.
fn join(mut chunks: impl Iterator<Item = PyResult<Bytes>>) -> PyResult<Bytes> {
    let first = chunks.next().transpose()?.unwrap_or_default();
    match chunks.next().transpose()? {
        None => Ok(first),
        Some(second) => {
            let mut all = vec![first, second];
            for chunk in chunks {
                all.push(chunk?);
            }
            Ok(concatenate(&all, &[]))
        }
    }
}

fn concatenate(chunks: &[Bytes], last: &[u8]) -> Bytes {
    let length = chunks.iter().map(Bytes::len).sum::<usize>().saturating_add(last.len());
    let mut joined = BytesMut::with_capacity(length);
    chunks.iter().for_each(|chunk| joined.extend_from_slice(chunk));
    joined.extend_from_slice(last);
    joined.freeze()
}

fn declare(head: &mut Head, length: u64) {
    head.fields.length = Some(length);
    head.fields.map.insert(CONTENT_LENGTH, HeaderValue::from(length));
}

fn into_head(head: Head) -> http::Response<()> {
    let mut response = http::Response::new(());
    *response.status_mut() = head.status.code;
    *response.headers_mut() = head.fields.map;
    if let Some(reason) = head.status.reason {
        response.extensions_mut().insert(appserver_app::Reason(reason));
    }
    response
}
