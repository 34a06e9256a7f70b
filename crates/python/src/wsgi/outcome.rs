//! What calling the application came to. It can move between threads, unlike a response.

use appserver_app::{Body, Response};
use bytes::Bytes;

use super::stream::Stream;

/// A head and what follows it.
pub(crate) struct Outcome {
    pub(crate) head: http::Response<()>,
    pub(crate) content: Content,
}

/// The body of an outcome.
pub(crate) enum Content {
    /// All of it.
    Whole(Bytes),
    /// Bytes that the application still has to produce.
    Stream(Box<Stream>),
}

impl Outcome {
    /// The response, with `stream` deciding how a stream is driven.
    pub(crate) fn into_response(self, stream: impl FnOnce(Box<Stream>) -> Body) -> Response {
        let body = match self.content {
            Content::Whole(bytes) => Body::full(bytes),
            Content::Stream(source) => stream(source),
        };
        self.head.map(|()| body)
    }
}
