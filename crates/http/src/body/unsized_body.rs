//! A response body whose own idea of its length does not count.

use std::pin::Pin;
use std::task::{Context, Poll};

use appserver_app::{BodyError, ResponseStream};
use bytes::Bytes;
use http_body::{Body, Frame};

/// A stream that does not say how long it is: the Content-Length of its response decides, and what
/// is beyond it is not sent.
pub(crate) struct Unsized(pub(crate) ResponseStream);

impl Body for Unsized {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.as_mut().poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
