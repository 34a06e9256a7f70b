//! The response of an exchange, between the application that sends it and the connection that takes
//! it.
//!
//! The application's side makes messages into a head and chunks; the connection's side is an answer
//! and, where the body comes piece by piece, a stream. Knows nothing of how either waits.

use std::collections::VecDeque;

use appserver_app::{Body, BodyError, FileBody, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body::Frame;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::message::{self, Head};

/// The queue of chunks is full at this weight in bytes.
const FULL: usize = 64 * 1024;

/// Of a body that nobody takes, this many bytes are dropped before it is taken for endless.
const MOST_SURPLUS: usize = 1024 * 1024;
/// What a dropped message counts at least, so that trickles end as well.
const LEAST_SURPLUS: usize = 4096;

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Before,
    /// The head is here; it goes out with the first part of the body.
    Started,
    Streaming,
    /// The body is complete, and trailers follow.
    Trailing,
    Complete,
}

/// A response on its way.
pub(super) struct Outbox {
    phase: Phase,
    head: Option<Head>,
    /// Whether the connection can take the head.
    is_ready: bool,
    chunks: VecDeque<Bytes>,
    weight: usize,
    /// How many bytes the declared length leaves.
    left: Option<u64>,
    trailers: Option<HeaderMap>,
    /// A body that is not made of chunks.
    file: Option<FileBody>,
    has_failed: bool,
    is_head: bool,
    /// Whether the response has a body at all (RFC 9110, section 6.4.1).
    wants_body: bool,
    /// The connection has all it wants: what comes is dropped.
    is_discarded: bool,
    /// The weight of what was dropped.
    surplus: usize,
}

/// What a message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing that the connection could take.
    Held,
    /// Something for the connection.
    More,
    /// The rest for the connection.
    Complete,
}

impl Outbox {
    pub(super) fn new(method: &Method) -> Self {
        Self {
            phase: Phase::Before,
            head: None,
            is_ready: false,
            chunks: VecDeque::new(),
            weight: 0,
            left: None,
            trailers: None,
            file: None,
            has_failed: false,
            is_head: method == Method::HEAD,
            wants_body: true,
            is_discarded: false,
            surplus: 0,
        }
    }

    /// Whether the application has sent everything.
    pub(super) fn is_complete(&self) -> bool {
        self.phase == Phase::Complete
    }

    /// Whether the connection waits for no more: it has all, or all it wants.
    pub(super) fn is_settled(&self) -> bool {
        self.is_discarded || self.is_complete()
    }

    /// Whether the application goes on and on with a body that nobody takes.
    pub(super) fn is_overrun(&self) -> bool {
        self.surplus > MOST_SURPLUS
    }

    /// Whether the next chunk should wait.
    pub(super) fn is_full(&self) -> bool {
        self.weight >= FULL
    }

    /// `http.response.start`.
    ///
    /// # Errors
    /// When it comes twice.
    pub(super) fn start(&mut self, head: Head) -> PyResult<Progress> {
        if self.phase != Phase::Before {
            return Err(misplaced("http.response.start"));
        }
        let has_body = !self.is_head
            && head.status != StatusCode::NO_CONTENT
            && head.status != StatusCode::NOT_MODIFIED;
        self.left = if has_body { head.fields.length } else { None };
        self.wants_body = has_body;
        self.head = Some(head);
        self.phase = Phase::Started;
        Ok(Progress::Held)
    }

    /// `http.response.body`.
    ///
    /// # Errors
    /// When it comes too early or too late, or is too long or too short.
    pub(super) fn body(&mut self, chunk: Bytes, more: bool) -> PyResult<Progress> {
        if !matches!(self.phase, Phase::Started | Phase::Streaming) {
            return Err(misplaced("http.response.body"));
        }
        message::take(&mut self.left, chunk.len()).map_err(|_| {
            PyRuntimeError::new_err("the response is longer than its Content-Length")
        })?;
        if !more && let Some(missing) = self.left.filter(|left| *left > 0) {
            let what = format!("the response ends {missing} bytes before its Content-Length");
            return Err(PyRuntimeError::new_err(what));
        }
        if self.is_discarded {
            self.surplus += chunk.len().max(LEAST_SURPLUS);
        } else if !chunk.is_empty() {
            self.weight += chunk.len();
            self.chunks.push_back(chunk);
        }
        self.is_ready = true;
        Ok(self.advance(more))
    }

    /// `http.response.pathsend`.
    ///
    /// # Errors
    /// When it comes too early or too late.
    pub(super) fn file(&mut self, body: FileBody) -> PyResult<Progress> {
        if self.phase != Phase::Started {
            return Err(misplaced("http.response.pathsend"));
        }
        self.file = Some(body);
        self.is_ready = true;
        Ok(self.advance(false))
    }

    /// `http.response.trailers`.
    ///
    /// # Errors
    /// When they were not announced, or come too early or too late.
    pub(super) fn trailers(&mut self, fields: HeaderMap, more: bool) -> PyResult<Progress> {
        if self.phase != Phase::Trailing {
            return Err(misplaced("http.response.trailers"));
        }
        match &mut self.trailers {
            Some(known) => known.extend(fields),
            none => *none = Some(fields),
        }
        if more {
            return Ok(Progress::Held);
        }
        self.phase = Phase::Complete;
        Ok(Progress::Complete)
    }

    fn advance(&mut self, more: bool) -> Progress {
        self.phase = match self.phase {
            _ if more => Phase::Streaming,
            _ if self.announces_trailers() => Phase::Trailing,
            _ => Phase::Complete,
        };
        if self.phase == Phase::Complete { Progress::Complete } else { Progress::More }
    }

    fn announces_trailers(&self) -> bool {
        self.trailers.is_some() || self.head.as_ref().is_some_and(|head| head.trailers)
    }

    /// The application will send no more. Returns whether that leaves the response cut.
    pub(super) fn abandon(&mut self) -> bool {
        let is_cut = self.phase != Phase::Complete;
        self.has_failed |= is_cut;
        is_cut
    }

    /// Whether the application has ended without a complete response.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Takes the response, once there is a part of the body to go with its head, unless it is cut by
    /// then. The second is whether more of it comes through [`Self::next`].
    pub(super) fn take_response(&mut self) -> Option<(Response, bool)> {
        if !self.is_ready || self.has_failed {
            return None;
        }
        let head = self.head.take()?;
        self.is_ready = false;
        if head.trailers && self.trailers.is_none() {
            // Later phases need to know.
            self.trailers = Some(HeaderMap::new());
        }
        let is_whole = self.phase == Phase::Complete && self.chunks.len() <= 1 && !head.trailers;
        let mut response = Response::default();
        *response.status_mut() = head.status;
        *response.headers_mut() = head.fields.map;
        if let Some(file) = self.file.take() {
            *response.body_mut() = Body::File(file);
            return Some((response, false));
        }
        if is_whole {
            self.weight = 0;
            *response.body_mut() = Body::full(self.chunks.pop_front().unwrap_or_default());
        }
        Some((response, !is_whole))
    }

    /// The connection takes no more of the body. Returns whether that is because it has all of it.
    pub(super) fn dismiss(&mut self) -> bool {
        self.is_discarded = !self.wants_body || self.left == Some(0) || self.is_complete();
        if self.is_discarded {
            self.chunks.clear();
            self.weight = 0;
        }
        self.is_discarded
    }

    /// The next piece of the body: `None` if there is none yet, `Some(None)` at the end.
    pub(super) fn next(&mut self) -> Option<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(chunk) = self.chunks.pop_front() {
            self.weight -= chunk.len();
            return Some(Some(Ok(Frame::data(chunk))));
        }
        if self.has_failed {
            return Some(Some(Err(BodyError::Application)));
        }
        if self.phase != Phase::Complete {
            return None;
        }
        let trailers = self.trailers.take().filter(|fields| !fields.is_empty());
        Some(trailers.map(|fields| Ok(Frame::trailers(fields))))
    }
}

fn misplaced(kind: &str) -> PyErr {
    PyRuntimeError::new_err(format!("unexpected message {kind:?} at this point of the response"))
}
