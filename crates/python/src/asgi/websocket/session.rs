//! The connection's side: the verdict on the handshake, and the session after it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::websocket::{Acceptance, Close, Verdict};
use appserver_app::{Body, BodyError, Response};
use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use pyo3::prelude::*;

use super::{Phase, Shared, State};
use crate::asgi::failure;
use crate::gil;

/// A handshake that the application has not answered.
pub(super) struct Opening(Option<Arc<Shared>>);

impl Opening {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Some(shared))
    }

    fn verdict(&mut self) -> Option<Verdict> {
        let shared = self.0.as_ref()?;
        let verdict = {
            let state = &mut *shared.state();
            if let Some((protocol, headers)) = state.acceptance.take() {
                let session = Box::pin(Session(Arc::clone(shared)));
                Some(Verdict::Accept(Acceptance { protocol, headers, session }))
            } else {
                refusal(state, shared).map(Verdict::Deny)
            }
        };
        if verdict.is_some() {
            self.0 = None;
        }
        verdict
    }
}

/// The response to a handshake that is not accepted, once it is clear.
fn refusal(state: &mut State, shared: &Arc<Shared>) -> Option<Response> {
    if let Some((response, has_more)) = state.denial.take_response() {
        let more = |body| {
            if has_more { Body::Stream(Box::pin(Denial(Arc::clone(shared)))) } else { body }
        };
        shared.socket.end(Close::code(Close::ABNORMAL));
        return Some(response.map(more));
    }
    match state.phase {
        Phase::Refused => {
            shared.socket.end(Close::code(Close::ABNORMAL));
            let mut response = Response::default();
            *response.status_mut() = StatusCode::FORBIDDEN;
            Some(response)
        }
        _ if state.has_ended => Some(failure()),
        _ => None,
    }
}

impl Future for Opening {
    type Output = Verdict;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Verdict> {
        if let Some(shared) = &self.0 {
            shared.remember(cx);
        }
        let shared = self.0.clone();
        if let Some(verdict) = self.verdict() {
            if let (Verdict::Deny(_), Some(shared)) = (&verdict, &shared) {
                shared.dismiss();
            }
            return Poll::Ready(verdict);
        }
        if let Some(shared) = &self.0 {
            Python::attach(|py| shared.visit(py, cx));
        }
        Poll::Pending
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.socket.end(Close::code(Close::ABNORMAL));
            shared.leave();
        }
    }
}

/// An accepted WebSocket, until the application is done with it.
struct Session(Arc<Shared>);

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = &self.0;
        shared.remember(cx);
        Python::attach(|py| {
            gil::take_turns_sometimes(py);
            shared.visit(py, cx);
            shared.cancel(py);
        });
        if shared.state().has_ended { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Of an application that has ended, the last messages are still on their way.
        if !self.0.state().has_ended {
            self.0.socket.end(Close::code(Close::ABNORMAL));
        }
        self.0.leave();
    }
}

impl Shared {
    fn remember(&self, cx: &Context<'_>) {
        let state = &mut *self.state();
        if !state.connection.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            state.connection = Some(cx.waker().clone());
        }
    }

    /// The connection looks in: what the client sent goes to the application, and what waits for
    /// room hears of it.
    fn visit(&self, py: Python<'_>, cx: &mut Context<'_>) {
        self.pump(py, cx);
        if self.senders.is_empty() {
            return;
        }
        let (phase, is_full) = {
            let state = &*self.state();
            (state.phase, state.denial.is_full())
        };
        match phase {
            Phase::Denying if is_full => {}
            Phase::Denying => self.senders.release(py),
            _ if self.socket.has_ended() => self.senders.refuse(py),
            _ if self.socket.poll_room(cx).is_ready() => self.senders.release(py),
            _ => {}
        }
    }

    /// The connection has its answer, and goes on with HTTP.
    fn dismiss(&self) {
        Python::try_attach(|py| {
            self.tell_the_end(py);
            let (is_whole, has_ended) = {
                let state = &*self.state();
                (state.denial.is_complete(), state.has_ended)
            };
            if is_whole {
                self.senders.release(py);
            } else if has_ended {
                self.senders.refuse(py);
            }
        });
    }

    /// The connection has gone: whoever waits is told, and nobody else comes.
    fn leave(&self) {
        let has_all = {
            let state = &mut *self.state();
            state.connection = None;
            let has_all = state.denial.dismiss();
            state.is_gone |= !has_all;
            has_all
        };
        Python::try_attach(|py| {
            self.tell_the_end(py);
            if has_all {
                self.senders.release(py);
            } else {
                self.senders.refuse(py);
            }
            self.cancel(py);
        });
    }

    /// Cancels the application if its client has gone and the settings say so.
    fn cancel(&self, py: Python<'_>) {
        if !self.cancels || !self.socket.has_ended() {
            return;
        }
        let task = {
            let state = &mut *self.state();
            let is_left = !std::mem::replace(&mut state.is_cancelled, true)
                && matches!(state.phase, Phase::Asked | Phase::Accepted);
            state.task.filter(|_| is_left)
        };
        if let Some(task) = task {
            self.event_loop.tasks.cancel(py, task);
        }
    }
}

/// The rest of the response to a refused handshake.
struct Denial(Arc<Shared>);

impl http_body::Body for Denial {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let next = self.0.state().denial.next();
        if let Some(next) = next {
            return Poll::Ready(next);
        }
        self.0.remember(cx);
        Python::attach(|py| self.0.visit(py, cx));
        Poll::Pending
    }
}

impl Drop for Denial {
    fn drop(&mut self) {
        self.0.leave();
    }
}
