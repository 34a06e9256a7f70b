//! `receive`: the body of a request, and that its client has gone.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use appserver_app::BodyError;
use bytes::Bytes;
use http::StatusCode;
use http_body::Body;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::{Input, Shared, State};
use crate::asgi::awaitable::{Giver, received, receiving};
use crate::asgi::event_loop::{EventLoop, is_open, take_open};

/// Pieces that have arrived are handed over together up to this weight in bytes: each message costs
/// the application a turn of the loop.
const ENOUGH: usize = 256 * 1024;

/// What the client has sent.
enum News {
    Piece(Vec<Bytes>, bool),
    Disconnect,
}

impl Shared {
    /// The next message, now or later.
    pub(super) fn receive(self: Arc<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let returned = self.state().take_returned();
        if let Some(message) = returned {
            return received(message.into_bound(py));
        }
        let news = {
            let state = &mut *self.state();
            if state.receivers.is_empty() { state.news_now() } else { None }
        };
        if let Some(news) = news {
            return received(news.message(py)?);
        }
        let future = self.event_loop.create_future(py)?;
        // The connection knows that somebody waits, or is about to look in.
        self.state().receivers.push(future.clone().unbind());
        receiving(future, self)
    }

    /// Settles what waits for the client, as far as the client has come. Called by the connection.
    pub(super) fn pump(&self, py: Python<'_>, cx: &mut Context<'_>) {
        loop {
            let (receiver, news) = {
                let state = &mut *self.state();
                let Some(receiver) = state.receivers.first() else { return };
                let receiver = receiver.clone_ref(py);
                if !is_open(receiver.bind(py)) {
                    state.receivers.remove(0);
                    continue;
                }
                let Poll::Ready(news) = state.poll_news(cx) else { return };
                state.receivers.remove(0);
                (receiver, news)
            };
            EventLoop::settle(py, &receiver, news.message(py));
        }
    }
}

impl Giver for Shared {
    fn take_back(&self, py: Python<'_>, message: Py<PyAny>) {
        let receiver = take_open(py, &mut self.state().receivers);
        match receiver {
            Some(receiver) => EventLoop::settle(py, &receiver, Ok(message.into_bound(py))),
            None => self.state().returned.push(message),
        }
    }
}

impl State {
    /// What there is without waiting.
    fn news_now(&mut self) -> Option<News> {
        if self.outbox.is_complete() || self.is_gone {
            return Some(News::Disconnect);
        }
        if matches!(self.input, Input::Stream(_) | Input::Pieces(..)) {
            let waker = self.connection.clone();
            let mut cx = Context::from_waker(waker.as_ref().unwrap_or(Waker::noop()));
            return match self.poll_news(&mut cx) {
                Poll::Ready(news) => Some(news),
                Poll::Pending => None,
            };
        }
        match self.input {
            Input::Empty => {
                self.input = Input::Received;
                Some(News::Piece(Vec::new(), false))
            }
            Input::Broken => Some(News::Disconnect),
            _ => None,
        }
    }

    /// Waits for the client. What arrives in one go is handed over in one message.
    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        match &mut self.input {
            Input::Empty => {
                self.input = Input::Received;
                return Poll::Ready(News::Piece(Vec::new(), false));
            }
            Input::Broken => return Poll::Ready(News::Disconnect),
            Input::Received => return Poll::Pending,
            Input::Stream(_) | Input::Pieces(..) => {}
        }
        let (mut stream, mut pieces, mut weight) =
            match std::mem::replace(&mut self.input, Input::Received) {
                Input::Stream(stream) => (stream, Vec::new(), 0),
                Input::Pieces(stream, pieces, weight) => (stream, pieces, weight),
                _ => return Poll::Pending,
            };
        let had = pieces.len();
        loop {
            match stream.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    weight += piece.len();
                    pieces.push(piece);
                    if weight >= ENOUGH && !stream.is_end_stream() {
                        self.input = Input::Stream(stream);
                        return Poll::Ready(News::Piece(pieces, true));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(News::Piece(pieces, false)),
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "the request body ended early");
                    self.refuse(&error);
                    cx.waker().wake_by_ref();
                    return Poll::Ready(News::Disconnect);
                }
                Poll::Pending if pieces.is_empty() => {
                    self.input = Input::Stream(stream);
                    return Poll::Pending;
                }
                Poll::Pending if pieces.len() > had => {
                    // The connection may have more in its hands: it is asked once more.
                    self.input = Input::Pieces(stream, pieces, weight);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => {
                    self.input = Input::Stream(stream);
                    return Poll::Ready(News::Piece(pieces, true));
                }
            }
        }
    }
}

impl State {
    /// The rest of the body will not come. The application is told that its client has gone; the
    /// client is told why, if it can be.
    fn refuse(&mut self, error: &BodyError) {
        self.input = Input::Broken;
        self.is_gone = true;
        self.refusal = Some(match error {
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Timeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        });
    }
}

impl News {
    fn message(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let Self::Piece(pieces, more) = self else { return disconnect(py) };
        let message = PyDict::new(py);
        message.set_item(intern!(py, "type"), intern!(py, "http.request"))?;
        message.set_item(intern!(py, "body"), join(py, &pieces)?)?;
        message.set_item(intern!(py, "more_body"), more)?;
        Ok(message.into_any())
    }
}

/// The pieces as one object, each copied once.
fn join<'py>(py: Python<'py>, pieces: &[Bytes]) -> PyResult<Bound<'py, PyBytes>> {
    let length = pieces.iter().map(Bytes::len).sum();
    PyBytes::new_with(py, length, |mut room| {
        for piece in pieces {
            let (here, rest) = room.split_at_mut(piece.len());
            here.copy_from_slice(piece);
            room = rest;
        }
        Ok(())
    })
}

/// The message that nobody listens any more.
pub(super) fn disconnect(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let message = PyDict::new(py);
    message.set_item(intern!(py, "type"), intern!(py, "http.disconnect"))?;
    Ok(message.into_any())
}
