//! Handing a body to the application as it arrives.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use appserver_app::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::explain;

/// A body of at most `limit` bytes; the guard sees to it. `Send`, because applications may move it to another thread.
pub(crate) struct Streamed {
    incoming: Incoming,
    limit: u64,
}

impl Streamed {
    pub(crate) fn new(incoming: Incoming, limit: u64) -> Self {
        Self { incoming, limit }
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let polled = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
            let frame = match polled {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(explain(&error, self.limit)))),
                Some(Ok(frame)) => frame,
            };
            let Ok(piece) = frame.into_data() else { continue };
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
