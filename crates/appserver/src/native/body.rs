//! The request body of a native application.

use std::pin::Pin;
use std::task::{Context, Poll};

use appserver_app::{BodyError, BodyStream, RequestBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// A request body, as it arrives. It ends with an error where the client's body did not end.
pub struct Body(Option<BodyStream>);

impl From<RequestBody> for Body {
    fn from(body: RequestBody) -> Self {
        match body {
            RequestBody::Stream(stream) => Self(Some(stream)),
            RequestBody::Memory(bytes) => Self(Some(Box::pin(Whole(Some(bytes))))),
            // Native services ask for streamed bodies, so none is ever on disk.
            RequestBody::Empty | RequestBody::File(_) => Self(None),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |stream| stream.as_mut().poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

struct Whole(Option<Bytes>);

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}
