//! The connection's side: the response as a future, its body as a stream.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::{Body, BodyError, Response};
use bytes::Bytes;
use http_body::Frame;
use pyo3::prelude::*;

use super::Shared;
use crate::asgi::{failure, plain};
use crate::gil;

/// A response that the application has not started.
pub(super) struct Answer(Option<Arc<Shared>>);

impl Answer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Some(shared))
    }

    /// The response, if it is there.
    pub(super) fn try_now(mut self) -> Result<Response, Self> {
        self.take().ok_or(self)
    }

    fn take(&mut self) -> Option<Response> {
        let shared = self.0.as_ref()?;
        let (taken, refusal) = {
            let state = &mut *shared.state();
            (state.outbox.take_response(), state.refusal)
        };
        let response = match (taken, refusal) {
            (Some((response, false)), _) => {
                shared.conclude();
                response
            }
            (Some((response, true)), _) => {
                let rest = Rest { shared: Arc::clone(shared), ended: false };
                response.map(|_| Body::Stream(Box::pin(rest)))
            }
            (None, Some(status)) => {
                Python::attach(|py| shared.disconnect(py));
                plain(status)
            }
            (None, None) if shared.has_failed() => failure(),
            (None, None) => return None,
        };
        self.0 = None;
        Some(response)
    }
}

impl Future for Answer {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        if let Some(response) = self.take() {
            return Poll::Ready(response);
        }
        if let Some(shared) = &self.0 {
            Python::attach(|py| {
                gil::take_turns_sometimes(py);
                shared.visit(py, cx);
            });
        }
        Poll::Pending
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            Python::try_attach(|py| shared.disconnect(py));
        }
    }
}

impl Shared {
    /// The connection looks in: what the client sent goes to the application, and what waits for room
    /// hears of it. The application wakes this task when it has something.
    fn visit(&self, py: Python<'_>, cx: &mut Context<'_>) {
        self.pump(py, cx);
        let has_room = {
            let state = &mut *self.state();
            if !state.connection.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                state.connection = Some(cx.waker().clone());
            }
            let is_sent = self.hints.as_ref().is_none_or(|hints| hints.poll_sent(cx).is_ready());
            is_sent && !state.outbox.is_full()
        };
        if has_room {
            self.senders.release(py);
        }
    }

    /// The connection has all it wants: nobody waits for it any more.
    fn conclude(&self) {
        if !self.senders.is_empty() || !self.receivers.is_empty() {
            Python::try_attach(|py| {
                self.senders.release(py);
                self.tell_the_end(py);
            });
        }
    }

    fn has_failed(&self) -> bool {
        self.state().outbox.has_failed()
    }
}

/// The rest of a response, as the application sends it.
struct Rest {
    shared: Arc<Shared>,
    ended: bool,
}

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = self.shared.state().outbox.next();
        if let Some(next) = next {
            self.ended = !matches!(&next, Some(Ok(frame)) if frame.is_data());
            return Poll::Ready(next);
        }
        Python::attach(|py| {
            gil::take_turns_sometimes(py);
            self.shared.visit(py, cx);
        });
        Poll::Pending
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        let has_all = self.ended || self.shared.state().outbox.dismiss();
        if has_all {
            self.shared.conclude();
        } else {
            Python::try_attach(|py| self.shared.disconnect(py));
        }
    }
}
