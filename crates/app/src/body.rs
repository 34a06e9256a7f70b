//! Request and response bodies.
//!
//! Bodies carry bytes and the reasons why bytes stop coming; they know nothing of framing.

mod file;

use std::fs::File;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
pub use file::FileBody;
use http_body::{Frame, SizeHint};

/// Why a body ended before its end. For a request body the client is to blame, for a response body
/// the application.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The peer closed the connection first.
    #[error("the client closed the connection before the body was complete")]
    Disconnected,
    /// The framing of the body breaks RFC 9112 (section 7.1).
    #[error("malformed request body: {0}")]
    Malformed(&'static str),
    /// The body is larger than the configured limit, in bytes.
    #[error("request body is larger than {0} bytes")]
    TooLarge(u64),
    /// No bytes, or too few of them, arrived in time.
    #[error("the request body did not arrive in time")]
    Timeout,
    /// The application failed while it produced the response; it has been logged.
    #[error("the application failed after the response had started")]
    Application,
    /// Reading or writing a temporary file failed.
    #[error("temporary file for a request body")]
    Spool(#[from] std::io::Error),
    /// The file that is the response cannot be read, or has become shorter than it was.
    #[error("file for a response body")]
    File(#[source] std::io::Error),
}

/// A request body as it arrives. `Send`, so that native services may move it to another thread.
pub type BodyStream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>;

/// A response body as it is produced, on the worker's thread.
pub type ResponseStream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError>>>;

/// A request body in a temporary file, positioned at its start.
#[derive(Debug)]
pub struct SpooledBody {
    /// The unnamed file that holds the body.
    pub file: File,
    /// Its length in bytes.
    pub length: u64,
}

/// The body of a request.
pub enum RequestBody {
    /// No body, or one of no bytes.
    Empty,
    /// A complete body in memory ([`crate::BodyMode::Whole`]).
    Memory(Bytes),
    /// A complete body on disk ([`crate::BodyMode::Whole`]).
    File(SpooledBody),
    /// A body still arriving ([`crate::BodyMode::Streamed`]).
    Stream(BodyStream),
}

/// The body of a response.
#[derive(Default)]
pub enum Body {
    /// No bytes.
    #[default]
    Empty,
    /// All bytes at once; sent with a Content-Length.
    Full(Bytes),
    /// A file, or a part of one; sent with a Content-Length.
    File(FileBody),
    /// Bytes as they come; an error cuts the connection, so that a cut body never looks complete.
    /// The last frame may be trailers (RFC 9110, section 6.5): they are sent if the response names
    /// them in a `Trailer` field, has no Content-Length, and the request has `TE: trailers`.
    Stream(ResponseStream),
}

impl Body {
    /// A body of these bytes.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::File(file) => Pin::new(file).poll_frame(cx),
            Self::Stream(stream) => stream.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(_) => false,
            Self::File(file) => file.is_end_stream(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::File(file) => file.size_hint(),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}
