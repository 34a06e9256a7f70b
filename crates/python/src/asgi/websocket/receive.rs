//! `receive`: what the client sends, and that it has gone.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use appserver_app::websocket::{Close, Event, Message};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::Shared;
use crate::asgi::waiters::Receivers;

impl Shared {
    /// The next message, now or later.
    pub(super) fn receive(self: Arc<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let shared = Arc::clone(&self);
        Receivers::receive(self, &shared.event_loop, py, || {
            let was_told = std::mem::replace(&mut shared.state().is_told, true);
            if !was_told {
                return Poll::Ready(connect(py));
            }
            shared.event_now().map(|event| message(py, event))
        })
    }

    /// What there is without waiting; the connection is woken when there is more.
    fn event_now(&self) -> Poll<Event> {
        let state = &*self.state();
        let waker = state.connection.as_ref().unwrap_or(Waker::noop());
        let event = self.socket.poll_event(&mut Context::from_waker(waker));
        if event.is_pending() && state.is_gone { Poll::Ready(lost()) } else { event }
    }

    /// Settles what waits for the client, as far as the client has come. Called by the connection.
    pub(super) fn pump(&self, py: Python<'_>, cx: &mut Context<'_>) {
        self.receivers.feed(py, || self.socket.poll_event(cx).map(|event| message(py, event)));
    }

    /// Those who wait are told what has come already, and that no more will.
    pub(super) fn tell_the_end(&self, py: Python<'_>) {
        self.receivers.feed(py, || {
            let event = match self.event_now() {
                Poll::Ready(event) => event,
                Poll::Pending => lost(),
            };
            Poll::Ready(message(py, event))
        });
    }
}

/// What is told of a connection that is not there any more.
fn lost() -> Event {
    Event::Closed(Close::code(Close::ABNORMAL))
}

fn connect(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let message = PyDict::new(py);
    message.set_item(intern!(py, "type"), intern!(py, "websocket.connect"))?;
    Ok(message.into_any())
}

/// What the application is told of an event.
fn message(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    let message = PyDict::new(py);
    let kind = intern!(py, "type");
    match event {
        Event::Message(Message::Text(text)) => {
            message.set_item(kind, intern!(py, "websocket.receive"))?;
            // The protocol has checked that it is UTF-8.
            let text = PyString::from_bytes(py, &text)?;
            message.set_item(intern!(py, "text"), text)?;
        }
        Event::Message(Message::Binary(bytes)) => {
            message.set_item(kind, intern!(py, "websocket.receive"))?;
            message.set_item(intern!(py, "bytes"), PyBytes::new(py, &bytes))?;
        }
        Event::Closed(Close { code, reason }) => {
            message.set_item(kind, intern!(py, "websocket.disconnect"))?;
            message.set_item(intern!(py, "code"), code)?;
            message.set_item(intern!(py, "reason"), &*reason)?;
        }
    }
    Ok(message.into_any())
}
