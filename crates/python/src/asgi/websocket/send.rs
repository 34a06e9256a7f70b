//! `send`: accepting, refusing, messages and the close.

use appserver_app::websocket::{Close, Message};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{Phase, Shared};
use crate::asgi::awaitable::sent;
use crate::asgi::message;

impl Shared {
    /// Takes one message. The awaitable is done once there is room for another.
    ///
    /// # Errors
    /// When the message is malformed or does not belong here; `ClientDisconnected` when the client
    /// has gone.
    pub(super) fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let kind = message::kind(message)?;
        let kind = kind.to_str()?;
        let phase = self.state().phase;
        match (kind, phase) {
            ("websocket.accept", Phase::Asked) => self.accept(message),
            ("websocket.close", Phase::Asked) => {
                self.state().phase = Phase::Refused;
                self.wake_connection();
                sent(py)
            }
            ("websocket.send", Phase::Accepted) => self.transmit(message),
            ("websocket.close", Phase::Accepted) => self.close(message),
            ("websocket.http.response.start", Phase::Asked) => {
                let head = message::head(message, HeaderMap::new())?;
                let state = &mut *self.state();
                state.denial.start(head)?;
                state.phase = Phase::Denying;
                sent(py)
            }
            ("websocket.http.response.body", Phase::Denying) => self.deny(message),
            _ => {
                let what = format!("unexpected message {kind:?} at this point of the WebSocket");
                Err(PyRuntimeError::new_err(what))
            }
        }
    }

    fn accept(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let protocol = message::member(message, intern!(py, "subprotocol"))?;
        let protocol = protocol.map(|name| self.choice(&name)).transpose()?;
        let headers = message::field_map(message)?;
        {
            let state = &mut *self.state();
            state.acceptance = Some((protocol, headers));
            state.phase = Phase::Accepted;
        }
        self.wake_connection();
        sent(py)
    }

    /// A client must fail the connection at a subprotocol that it has not offered (RFC 6455, section
    /// 4.1).
    fn choice(&self, name: &Bound<'_, PyAny>) -> PyResult<HeaderValue> {
        let name: String = name.extract()?;
        let is_offered = self.offered.contains(&name);
        let value = HeaderValue::from_str(&name).ok().filter(|_| is_offered);
        value.ok_or_else(|| {
            PyValueError::new_err(format!("the client does not offer the subprotocol {name:?}"))
        })
    }

    fn transmit(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let outgoing = match message::member(message, intern!(py, "text"))? {
            Some(text) => Message::Text(utf8(&text)?),
            None => match message::body(message, intern!(py, "bytes"))? {
                Some(bytes) => Message::Binary(bytes),
                None => return Err(PyValueError::new_err("a message has either text or bytes")),
            },
        };
        self.socket.send(outgoing).map_err(|_| crate::asgi::gone(py))?;
        if self.socket.has_room() {
            return sent(py);
        }
        let room = self.senders.wait(&self.event_loop, py);
        self.wake_connection();
        room
    }

    /// A close after the client's own is no mistake: the application could not know.
    fn close(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let code = message::member(message, intern!(py, "code"))?;
        let code = code.map_or(Ok(Close::NORMAL), |code| code.extract::<u16>())?;
        if !Close::is_sendable(code) {
            return Err(PyValueError::new_err(format!("{code} is no code of a close frame")));
        }
        let reason = message::member(message, intern!(py, "reason"))?;
        let reason: String = reason.map_or(Ok(String::new()), |reason| reason.extract())?;
        let _ = self.socket.close(Close { code, reason: reason.into() });
        self.state().phase = Phase::Closed;
        self.wake_connection();
        sent(py)
    }

    fn deny(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let chunk = message::body(message, intern!(py, "body"))?.unwrap_or_default();
        let more = message::flag(message, intern!(py, "more_body"))?;
        let is_full = {
            let state = &mut *self.state();
            if state.is_gone || state.denial.is_overrun() {
                return Err(crate::asgi::gone(py));
            }
            state.denial.body(chunk, more)?;
            more && state.denial.is_full()
        };
        self.wake_connection();
        if is_full { self.senders.wait(&self.event_loop, py) } else { sent(py) }
    }
}

fn utf8(text: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let Ok(text) = text.cast::<PyString>() else {
        let found = crate::origin::type_name(text);
        return Err(PyTypeError::new_err(format!("the text of a message is a str, not {found}")));
    };
    Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes()))
}
