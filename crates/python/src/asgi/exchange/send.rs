//! `send`: the messages of a response.

use std::os::unix::fs::FileExt;

use appserver_app::FileBody;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;

use super::Shared;
use crate::asgi::awaitable::sent;
use crate::asgi::message;
use crate::asgi::outbox::Progress;

impl Shared {
    /// Takes one message. The awaitable is done once there is room for another.
    ///
    /// # Errors
    /// When the message is malformed or does not belong here; `ClientDisconnected` when nobody wants
    /// the response any more.
    pub(super) fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let kind = message::kind(message)?;
        let progress = match kind.to_str()? {
            "http.response.start" => self.start_response(message)?,
            "http.response.body" => self.respond(message)?,
            "http.response.trailers" => self.trail(message)?,
            "http.response.pathsend" => self.send_file(message)?,
            "http.response.early_hint" => return self.hint(message),
            other => {
                let what = format!("{other:?} is no message of an HTTP response");
                return Err(PyRuntimeError::new_err(what));
            }
        };
        self.after(py, progress)
    }

    fn start_response(&self, message: &Bound<'_, PyAny>) -> PyResult<Progress> {
        let spare = std::mem::take(&mut self.state().spare);
        let head = message::head(message, spare)?;
        self.refuse_if_gone(message.py())?;
        self.state().outbox.start(head)
    }

    fn respond(&self, message: &Bound<'_, PyAny>) -> PyResult<Progress> {
        let py = message.py();
        let chunk = message::body(message, intern!(py, "body"))?.unwrap_or_default();
        let more = message::flag(message, intern!(py, "more_body"))?;
        self.refuse_if_gone(py)?;
        self.state().outbox.body(chunk, more)
    }

    fn trail(&self, message: &Bound<'_, PyAny>) -> PyResult<Progress> {
        let py = message.py();
        let fields = message::field_map(message)?;
        let more = message::flag(message, intern!(py, "more_trailers"))?;
        self.refuse_if_gone(py)?;
        self.state().outbox.trailers(fields, more)
    }

    fn send_file(&self, message: &Bound<'_, PyAny>) -> PyResult<Progress> {
        let py = message.py();
        let path: std::path::PathBuf = message.get_item(intern!(py, "path"))?.extract()?;
        let file = std::fs::File::open(path)?;
        // A directory can be opened, but not read.
        file.read_at(&mut [0], 0)?;
        let body = FileBody::from_offset(file, 0)?;
        self.refuse_if_gone(py)?;
        self.state().outbox.file(body)
    }

    fn hint(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = message.py();
        let Some(hints) = &self.hints else {
            let what = "this client can be sent no early hints: the scope does not offer them";
            return Err(PyRuntimeError::new_err(what));
        };
        let mut fields = http::HeaderMap::new();
        if let Some(links) = message::member(message, intern!(py, "links"))? {
            for link in links.try_iter()? {
                let link = message::bytes(&link?, "a link")?;
                let link = crate::fields::field_value(&link)
                    .map_err(|_| PyRuntimeError::new_err("a link has a control character"))?;
                fields.append(http::header::LINK, link);
            }
        }
        self.refuse_if_gone(py)?;
        if self.state().outbox.is_settled() {
            // Nobody looks in any more.
            return sent(py);
        }
        hints.send(fields);
        self.wake_connection();
        self.senders.wait(&self.event_loop, py)
    }

    fn after(&self, py: Python<'_>, progress: Progress) -> PyResult<Py<PyAny>> {
        if progress == Progress::Held {
            return sent(py);
        }
        self.wake_connection();
        if progress == Progress::Complete {
            self.tell_the_end(py);
            return sent(py);
        }
        let is_full = self.state().outbox.is_full();
        if is_full { self.senders.wait(&self.event_loop, py) } else { sent(py) }
    }

    pub(super) fn wake_connection(&self) {
        let waker = self.state().connection.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// `send` on a closed connection raises (ASGI, "Disconnect Receive event").
    fn refuse_if_gone(&self, py: Python<'_>) -> PyResult<()> {
        let state = &mut *self.state();
        state.is_gone |= state.outbox.is_overrun();
        if !state.is_gone || state.outbox.is_complete() {
            return Ok(());
        }
        state.was_refused = true;
        Err(crate::asgi::gone(py))
    }
}
