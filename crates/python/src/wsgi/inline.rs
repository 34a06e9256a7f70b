//! The application on the loop thread: no thread is crossed, and a view that waits holds the worker.
//!
//! The loop thread must be attached to the interpreter around the whole runtime, with
//! [`crate::gil::park`] and [`crate::gil::unpark`] as the runtime's park hooks.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use appserver_app::{Application, Body, BodyError, BodyMode, Reply, Request, Response};
use bytes::Bytes;
use http_body::Frame;
use pyo3::prelude::*;

use super::WsgiConfig;
use super::bridge::Bridge;
use super::stream::Stream;
use crate::gil;

/// A WSGI application that is called on the loop thread (`threads = 1`).
pub struct InlineApp {
    bridge: RefCell<Bridge>,
}

impl InlineApp {
    /// Serves this callable.
    ///
    /// # Errors
    ///
    /// When Python has no memory.
    pub fn new(py: Python<'_>, application: Py<PyAny>, config: &WsgiConfig) -> PyResult<Self> {
        let config = WsgiConfig { threads: 1, ..config.clone() };
        Ok(Self { bridge: RefCell::new(Bridge::new(py, application, &config)?) })
    }

    fn respond(&self, request: Request) -> Response {
        Python::attach(|py| {
            gil::take_turns_sometimes(py);
            let outcome = self.bridge.borrow_mut().call(py, request);
            outcome.into_response(|stream| Body::Stream(Box::pin(InlineBody::new(stream))))
        })
    }
}

impl Application for InlineApp {
    fn body_mode(&self) -> BodyMode {
        BodyMode::Whole
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn is_called_in_turns(&self) -> bool {
        true
    }

    fn call(&self, request: Request) -> Reply {
        Reply::Ready(self.respond(request))
    }
}

/// A stream that is produced when the connection asks for more.
struct InlineBody {
    stream: Box<Stream>,
    /// Whether the chunk before may still be in the connection's buffer.
    unflushed: bool,
    ended: bool,
}

impl InlineBody {
    fn new(stream: Box<Stream>) -> Self {
        Self { stream, unflushed: false, ended: false }
    }
}

impl http_body::Body for InlineBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // The connection writes out what it has only when a body has nothing at the moment. Without
        // this pause the client would wait for a chunk until the next one is made.
        if std::mem::take(&mut self.unflushed) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let next = Python::attach(|py| {
            gil::take_turns_sometimes(py);
            self.stream.next(py)
        });
        self.unflushed = true;
        self.ended = !matches!(next, Some(Ok(_)));
        Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
    }
}

impl Drop for InlineBody {
    fn drop(&mut self) {
        if !self.ended {
            Python::try_attach(|py| self.stream.finish(py));
        }
    }
}
