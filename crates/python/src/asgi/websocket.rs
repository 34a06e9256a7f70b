//! One WebSocket: `receive` and `send` for the application, a verdict and a session for the
//! connection.
//!
//! The messages themselves wait in the [`Socket`], which both sides know; here is what ASGI says
//! about them. The lock is as that of an HTTP exchange: never waited for, and nothing of Python is
//! called while it is held.

mod receive;
mod send;
mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use appserver_app::websocket::{Close, Socket, Verdict};
use appserver_app::{LocalFuture, Request};
use http::{HeaderMap, HeaderValue, Method};
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::intern;
use pyo3::prelude::*;

use super::AsgiApp;
use super::event_loop::{self, EventLoop};
use super::exchange::is_disconnect;
use super::outbox::Outbox;
use super::scope::subprotocols;
use super::tasks::{Owner, TaskId};
use super::waiters::{Giver, Receivers, Senders};
use crate::origin::Origin;
use session::Opening;

/// The object behind `receive` and `send`.
#[pyclass(frozen, module = "appserver", name = "WebSocketExchange")]
struct Exchange(Arc<Shared>);

/// What the application and the connection share.
struct Shared {
    event_loop: Arc<EventLoop>,
    origin: Origin,
    socket: Arc<Socket>,
    cancels: bool,
    /// The subprotocols that the client offers.
    offered: Vec<String>,
    /// Who waits for the client.
    receivers: Receivers,
    /// Who waits for room.
    senders: Senders,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Whether the application has received `websocket.connect`.
    is_told: bool,
    /// How the handshake was accepted, until the connection has taken it.
    acceptance: Option<(Option<HeaderValue>, HeaderMap)>,
    /// The response of a refused handshake.
    denial: Outbox,
    /// The task of the connection.
    connection: Option<Waker>,
    /// The task of the application.
    task: Option<TaskId>,
    /// Whether that was cancelled, or will never be.
    is_cancelled: bool,
    /// Whether the connection has gone, and has not taken all that was for it.
    is_gone: bool,
    has_ended: bool,
}

/// How far the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The application has not answered the handshake.
    Asked,
    Accepted,
    /// Refused, with a response that the application sends.
    Denying,
    /// Refused with a close.
    Refused,
    /// Closed by the application.
    Closed,
}

/// Calls the application for a handshake.
pub(super) fn begin(
    app: &AsgiApp,
    py: Python<'_>,
    request: &Request,
    socket: Arc<Socket>,
) -> PyResult<LocalFuture<Verdict>> {
    let scope = app.scopes.borrow_mut().websocket(py, request)?;
    let state = State {
        phase: Phase::Asked,
        is_told: false,
        acceptance: None,
        denial: Outbox::new(&Method::GET),
        connection: None,
        task: None,
        is_cancelled: false,
        is_gone: false,
        has_ended: false,
    };
    let offered = subprotocols(&request.head.headers).into_iter().map(str::to_owned).collect();
    let shared = Arc::new(Shared {
        event_loop: Arc::clone(&app.event_loop),
        origin: Origin::of(request),
        socket,
        cancels: app.cancels,
        offered,
        receivers: Receivers::default(),
        senders: Senders::default(),
        state: Mutex::new(state),
    });
    let exchange = Bound::new(py, Exchange(Arc::clone(&shared)))?;
    let called = exchange.getattr(intern!(py, "receive")).and_then(|receive| {
        let send = exchange.getattr(intern!(py, "send"))?;
        app.application.bind(py).call1((scope, receive, send))
    });
    match called {
        Ok(coroutine) => shared.start(&exchange, &coroutine),
        Err(error) => shared.finished(py, Err(error)),
    }
    Ok(Box::pin(Opening::new(shared)))
}

#[pymethods]
impl Exchange {
    /// `await receive()`: `websocket.connect`, `websocket.receive` and `websocket.disconnect`.
    fn receive(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Arc::clone(&self.0).receive(py)
    }

    /// `await send(message)`: `websocket.*`.
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.0.send(message)
    }

    /// The callback of the application's task.
    fn finished(&self, task: &Bound<'_, PyAny>) {
        let outcome = task.call_method0(intern!(task.py(), "result")).map(drop);
        self.0.finished(task.py(), outcome);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, exchange: &Bound<'_, Exchange>, coroutine: &Bound<'_, PyAny>) {
        let py = coroutine.py();
        let owner: Arc<dyn Owner> = Arc::<Self>::clone(self);
        match self.event_loop.start(coroutine, Arc::clone(&owner)) {
            Ok(task) if !event_loop::is_open(&task) => exchange.get().finished(&task),
            Ok(task) => {
                let finished = exchange.getattr(intern!(py, "finished"));
                let added = finished.and_then(|finished| {
                    task.call_method1(intern!(py, "add_done_callback"), (finished,))
                });
                if let Err(error) = added {
                    self.origin.log(py, &error);
                }
                let id = self.event_loop.tasks.keep(&task, owner);
                self.state().task = Some(id);
            }
            Err(error) => self.finished(py, Err(error)),
        }
        self.event_loop.after_step(py);
    }

    /// The application's task has ended: the socket ends with it.
    fn finished(&self, py: Python<'_>, outcome: PyResult<()>) {
        let task = {
            let state = &mut *self.state();
            state.has_ended = true;
            state.denial.abandon();
            state.task.take()
        };
        if let Some(task) = task {
            self.event_loop.tasks.release(task);
        }
        let code = if outcome.is_ok() { Close::NORMAL } else { Close::INTERNAL_ERROR };
        let was_open = self.socket.close(Close::code(code)).is_ok();
        match outcome {
            Err(error) if !was_open && is_farewell(py, &error) => {
                tracing::debug!(request_id = %self.origin.id, %error, "the WebSocket had ended");
            }
            Err(error) => self.origin.log(py, &error),
            Ok(()) if self.state().phase == Phase::Asked => {
                self.origin.complain("the application ended without answering the handshake");
            }
            Ok(()) => {}
        }
        self.wake_connection();
    }

    fn wake_connection(&self) {
        let waker = self.state().connection.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Giver for Shared {
    fn receivers(&self) -> &Receivers {
        &self.receivers
    }
}

impl Owner for Shared {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its client is told by a close, and it by its client's.
    fn is_cut_at_the_end(&self) -> bool {
        false
    }
}

/// What ends a task whose client has gone.
fn is_farewell(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<CancelledError>(py) || is_disconnect(py, error)
}
