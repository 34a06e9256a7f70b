//! ASGI 3: applications that are coroutines, on one thread with the connections.
//!
//! asyncio turns the loop, and the server's runtime runs inside its selector ([`crate::turn`]). So a
//! request reaches the application without a hop: its task starts at once, inside the connection's
//! own step, and most answers are there before that step is over. Spec version 2.5.

mod awaitable;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod event_loop;
mod exchange;
mod lifespan;
mod message;
mod outbox;
mod run;
mod scope;
mod tasks;
mod waiters;
mod watch;
mod websocket;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use appserver_app::websocket::{Socket, Verdict};
use appserver_app::{Application, BodyMode, LocalFuture, Reply, Request, Response};
use appserver_auth::config::Forward;
use pyo3::exceptions::PyConnectionError;
use pyo3::prelude::*;

use crate::gil;
use crate::origin::Origin;
use event_loop::EventLoop;
use exchange::{Callables, Shared};
use scope::Scopes;

pub use lifespan::StartError;
pub use run::run;

pyo3::create_exception!(
    appserver,
    ClientDisconnected,
    PyConnectionError,
    "The client has gone, or the server has had to give the request up."
);

/// Whether an application hears of the start and the end of its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifespan {
    /// If it wants to.
    Auto,
    /// It has to.
    On,
    /// Never.
    Off,
}

/// How an ASGI application is served.
#[derive(Clone, Debug)]
pub struct AsgiConfig {
    /// The prefix that the application is mounted at, without a trailing slash; empty for the root.
    pub root_path: String,
    /// Whether the application hears of the start and the end.
    pub lifespan: Lifespan,
    /// Whether a task is cancelled when its client goes.
    pub cancel_on_disconnect: bool,
    /// For how long a view may block the loop before the log names it.
    pub blocked_warning: Option<Duration>,
    /// What the application is told of verified tokens; `None` where none are.
    pub auth: Option<Forward>,
}

/// An ASGI application on the loop that runs on this thread.
pub struct AsgiApp {
    application: Py<PyAny>,
    event_loop: Arc<EventLoop>,
    scopes: RefCell<Scopes>,
    /// The callables of the request before, if the application kept none of them.
    spare: Cell<Option<Callables>>,
    lifespan: Option<lifespan::Running>,
    cancels: bool,
}

impl AsgiApp {
    /// Starts the application's lifespan; the future is done when it may serve. Must be called on
    /// the thread of a running loop.
    pub fn start(
        py: Python<'_>,
        application: Py<PyAny>,
        config: AsgiConfig,
    ) -> LocalFuture<Result<Self, StartError>> {
        let begun = EventLoop::running(py).and_then(|event_loop| {
            let lifespan = lifespan::begin(&event_loop, application.bind(py), config.lifespan)?;
            Ok((event_loop, lifespan))
        });
        Box::pin(async move {
            let (event_loop, lifespan) = begun?;
            if let Some(limit) = config.blocked_warning {
                watch::start(&event_loop, limit);
            }
            let lifespan = match lifespan {
                Some(begun) => begun.finish().await?,
                None => None,
            };
            Python::attach(|py| {
                let state = lifespan.as_ref().map(|running| running.state(py)).transpose()?;
                let scopes = Scopes::new(py, &config, state.flatten())?;
                let scopes = RefCell::new(scopes);
                let cancels = config.cancel_on_disconnect;
                let spare = Cell::new(None);
                Ok(Self { application, event_loop, scopes, spare, lifespan, cancels })
            })
        })
    }

    fn begin(&self, py: Python<'_>, request: Request) -> Arc<Shared> {
        let scope = self.scopes.borrow_mut().http(py, &request);
        let shared = Shared::new(Arc::clone(&self.event_loop), request, self.cancels);
        let spare = self.spare.take().map_or_else(|| Callables::new(py), Ok);
        let called = scope.and_then(|scope| {
            let callables = spare?;
            callables.assign(py, Some(Arc::clone(&shared)));
            let arguments = (scope, callables.receive(py), callables.send(py));
            let coroutine = self.application.bind(py).call1(arguments)?;
            shared.start(callables.exchange(py), &coroutine);
            Ok(callables)
        });
        match called {
            Ok(callables) if callables.are_reusable(py) => {
                callables.assign(py, None);
                self.spare.set(Some(callables));
            }
            Ok(_) => {}
            Err(error) => shared.finished(py, Err(error)),
        }
        shared
    }
}

impl AsgiApp {
    /// Cancels requests that still run; of all kinds, or those that no other word reaches.
    fn cancel(&self, all: bool) {
        for request in Python::attach(|py| self.event_loop.tasks.cut(py, all)) {
            tracing::warn!("cancelled, because graceful_timeout is nearly over: {request}");
        }
    }
}

impl Application for AsgiApp {
    fn body_mode(&self) -> BodyMode {
        BodyMode::Streamed
    }

    fn is_timed(&self) -> bool {
        false
    }

    fn uses_early_hints(&self) -> bool {
        true
    }

    fn takes_websockets(&self) -> bool {
        true
    }

    fn is_called_in_turns(&self) -> bool {
        true
    }

    fn call(&self, request: Request) -> Reply {
        Python::attach(|py| {
            gil::take_turns_sometimes(py);
            match self.begin(py, request).answer() {
                Ok(response) => Reply::Ready(response),
                Err(future) => Reply::Pending(future),
            }
        })
    }

    fn websocket(&self, request: Request, socket: Arc<Socket>) -> LocalFuture<Verdict> {
        Python::attach(|py| {
            gil::take_turns_sometimes(py);
            let origin = Origin::of(&request);
            websocket::begin(self, py, &request, socket).unwrap_or_else(|error| {
                origin.log(py, &error);
                Box::pin(std::future::ready(Verdict::Deny(failure())))
            })
        })
    }

    fn stopping(&self) {
        Python::attach(|py| run::stopping(py, &self.event_loop));
    }

    fn needs_farewell(&self) -> bool {
        true
    }

    fn last_call(&self) {
        self.cancel(false);
    }

    fn cut(&self) {
        self.cancel(true);
    }

    fn settled(&self) -> LocalFuture<()> {
        let event_loop = Arc::clone(&self.event_loop);
        Box::pin(async move { event_loop.tasks.settled().await })
    }

    fn shutdown(&self, time: Duration) -> LocalFuture<()> {
        Python::attach(|py| run::ends_within(py, &self.event_loop, time));
        let ended = self.lifespan.as_ref().map(|running| running.end(&self.event_loop));
        Box::pin(async {
            if let Some(ended) = ended {
                ended.await;
            }
        })
    }
}

/// The answer for an application that gave none.
fn failure() -> Response {
    plain(http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// An answer in place of the application's.
fn plain(status: http::StatusCode) -> Response {
    use http::header::{CONTENT_TYPE, HeaderValue};
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(appserver_app::Body::full(format!("{reason}\n")));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// What `send` raises when nobody wants the message.
fn gone(_py: Python<'_>) -> PyErr {
    ClientDisconnected::new_err("the client has gone")
}

fn is_gone(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<ClientDisconnected>(py)
}
