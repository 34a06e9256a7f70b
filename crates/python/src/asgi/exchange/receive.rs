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
use crate::asgi::waiters::Receivers;

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
        let shared = Arc::clone(&self);
        // The connection knows if somebody has to wait, or is about to look in.
        Receivers::receive(self, &shared.event_loop, py, || {
            let news = shared.state().news_now();
            news.map(|news| news.message(py))
        })
    }

    /// Settles what waits for the client, as far as the client has come. Called by the connection.
    pub(super) fn pump(&self, py: Python<'_>, cx: &mut Context<'_>) {
        self.receivers.feed(py, || {
            let news = self.state().poll_news(cx);
            news.map(|news| news.message(py))
        });
    }

    /// Those who wait are told what has come already, and that no more will.
    pub(super) fn tell_the_end(&self, py: Python<'_>) {
        self.receivers.feed(py, || {
            let Poll::Ready(news) = self.state().news_now() else {
                return Poll::Ready(disconnect(py));
            };
            Poll::Ready(news.message(py))
        });
    }
}

impl State {
    /// What there is without waiting.
    fn news_now(&mut self) -> Poll<News> {
        if self.outbox.is_complete() || self.is_gone {
            return Poll::Ready(News::Disconnect);
        }
        let waker = self.connection.clone();
        let news =
            self.poll_news(&mut Context::from_waker(waker.as_ref().unwrap_or(Waker::noop())));
        if news.is_pending() && self.outbox.is_settled() {
            return Poll::Ready(News::Disconnect);
        }
        news
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
                Poll::Pending if pieces.len() > had && !self.outbox.is_settled() => {
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
