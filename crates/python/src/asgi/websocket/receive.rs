//! `receive`: what the client sends, and that it has gone.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use appserver_app::websocket::{Close, Event, Message};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::Shared;
use crate::asgi::awaitable::{Giver, received, receiving};
use crate::asgi::event_loop::{EventLoop, is_open, take_open};

impl Shared {
    /// The next message, now or later.
    pub(super) fn receive(self: Arc<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if !std::mem::replace(&mut self.state().is_told, true) {
            return received(connect(py)?);
        }
        let returned = self.state().take_returned();
        if let Some(message) = returned {
            return received(message.into_bound(py));
        }
        if let Poll::Ready(event) = self.event_now() {
            return received(message(py, event)?);
        }
        let future = self.event_loop.create_future(py)?;
        self.state().receivers.push(future.clone().unbind());
        receiving(future, self)
    }

    /// What there is without waiting; the connection is woken when there is more.
    fn event_now(&self) -> Poll<Event> {
        let state = &*self.state();
        if !state.receivers.is_empty() {
            return Poll::Pending;
        }
        let waker = state.connection.as_ref().unwrap_or(Waker::noop());
        self.socket.poll_event(&mut Context::from_waker(waker))
    }

    /// Settles what waits for the client, as far as the client has come. Called by the connection.
    pub(super) fn pump(&self, py: Python<'_>, cx: &mut Context<'_>) {
        loop {
            let (receiver, event) = {
                let state = &mut *self.state();
                let Some(receiver) = state.receivers.first() else { return };
                let receiver = receiver.clone_ref(py);
                if !is_open(receiver.bind(py)) {
                    state.receivers.remove(0);
                    continue;
                }
                let Poll::Ready(event) = self.socket.poll_event(cx) else { return };
                state.receivers.remove(0);
                (receiver, event)
            };
            EventLoop::settle(py, &receiver, message(py, event));
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

fn connect(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let message = PyDict::new(py);
    message.set_item(intern!(py, "type"), intern!(py, "websocket.connect"))?;
    Ok(message.into_any())
}

/// What the application is told of an event.
pub(super) fn message(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
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
