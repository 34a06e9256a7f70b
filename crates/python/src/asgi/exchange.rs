//! One HTTP request and its response: `receive` and `send` for the application, an answer and a body
//! for the connection.
//!
//! Both sides share a state behind a lock that is never waited for, because both work on the
//! worker's thread; it is there because Python may drop its half on any thread. Nothing of Python is
//! called while it is held.

mod answer;
mod callables;
mod receive;
mod send;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use appserver_app::{BodyStream, EarlyHints, LocalFuture, Request, RequestBody, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pyo3::exceptions::PyRuntimeError;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::intern;
use pyo3::prelude::*;

use super::event_loop::EventLoop;
use super::outbox::Outbox;
use super::tasks::{Owner, TaskId};
use super::waiters::{Giver, Receivers, Senders};
use crate::origin::Origin;
use answer::Answer;
pub(super) use callables::Callables;

/// The object behind `receive` and `send`. It goes from one request to the next as long as nobody
/// keeps a part of it.
#[pyclass(frozen, module = "appserver", name = "Exchange")]
#[derive(Default)]
pub(super) struct Exchange(Mutex<Option<Arc<Shared>>>);

/// What the application and the connection share.
pub(super) struct Shared {
    event_loop: Arc<EventLoop>,
    origin: Origin,
    hints: Option<EarlyHints>,
    cancels: bool,
    /// Who waits for the client.
    receivers: Receivers,
    /// Who waits for room.
    senders: Senders,
    state: Mutex<State>,
}

struct State {
    input: Input,
    outbox: Outbox,
    /// An empty map whose memory the head of the response may use.
    spare: HeaderMap,
    /// What the client is answered in place of the application, because its request broke off.
    refusal: Option<StatusCode>,
    /// The connection does not want the response any more.
    is_gone: bool,
    /// The application has been told so by an error.
    was_refused: bool,
    /// The task of the connection.
    connection: Option<Waker>,
    /// The task of the application, while it runs.
    task: Option<TaskId>,
}

/// The request body.
enum Input {
    /// Nothing, and that has not been said yet.
    Empty,
    /// Pieces that arrive.
    Stream(BodyStream),
    /// Pieces that have arrived, and whether they are the last.
    Pieces(BodyStream, Vec<Bytes>, usize),
    /// All of it has been received.
    Received,
    /// The client has gone, or breaks the rules.
    Broken,
}

impl Exchange {
    /// Makes it that of another request, or of none.
    fn assign(&self, shared: Option<Arc<Shared>>) {
        let before = std::mem::replace(&mut *self.place(), shared);
        drop(before);
    }

    fn place(&self) -> MutexGuard<'_, Option<Arc<Shared>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> PyResult<Arc<Shared>> {
        self.place().clone().ok_or_else(|| PyRuntimeError::new_err("the request is over"))
    }
}

impl Shared {
    /// For a request whose scope has been made.
    pub(super) fn new(event_loop: Arc<EventLoop>, request: Request, cancels: bool) -> Arc<Self> {
        let Request { mut head, body, id, hints, .. } = request;
        head.headers.clear();
        let input = match body {
            RequestBody::Stream(stream) => Input::Stream(stream),
            // A streaming application gets no other bodies.
            RequestBody::Empty | RequestBody::Memory(_) | RequestBody::File(_) => Input::Empty,
        };
        let state = State {
            input,
            outbox: Outbox::new(&head.method),
            spare: head.headers,
            refusal: None,
            is_gone: false,
            was_refused: false,
            connection: None,
            task: None,
        };
        Arc::new(Self {
            event_loop,
            hints,
            origin: Origin { id, method: head.method, uri: head.uri },
            cancels,
            receivers: Receivers::default(),
            senders: Senders::default(),
            state: Mutex::new(state),
        })
    }
}

#[pymethods]
impl Exchange {
    /// `await receive()`: `http.request` and `http.disconnect`.
    fn receive(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.shared()?.receive(py)
    }

    /// `await send(message)`: `http.response.*`.
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.shared()?.send(message)
    }

    /// The callback of the application's task.
    fn finished(&self, task: &Bound<'_, PyAny>) -> PyResult<()> {
        self.shared()?.finished(task.py(), result_of(task));
        Ok(())
    }
}

/// What a task that is done came to.
fn result_of(task: &Bound<'_, PyAny>) -> PyResult<()> {
    task.call_method0(intern!(task.py(), "result")).map(drop)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the application's task and sees how far it comes at once.
    pub(super) fn start(
        self: &Arc<Self>,
        exchange: &Bound<'_, Exchange>,
        coroutine: &Bound<'_, PyAny>,
    ) {
        let py = coroutine.py();
        let owner: Arc<dyn Owner> = Arc::<Self>::clone(self);
        match self.event_loop.start(coroutine, owner) {
            Ok(task) => self.watch(exchange, &task),
            Err(error) => self.finished(py, Err(error)),
        }
        self.event_loop.after_step(py);
    }

    fn watch(self: &Arc<Self>, exchange: &Bound<'_, Exchange>, task: &Bound<'_, PyAny>) {
        let py = task.py();
        if !super::event_loop::is_open(task) {
            return self.finished(py, result_of(task));
        }
        let finished = exchange.getattr(intern!(py, "finished"));
        let added = finished
            .and_then(|finished| task.call_method1(intern!(py, "add_done_callback"), (finished,)));
        if let Err(error) = added {
            self.origin.log(py, &error);
        }
        let owner: Arc<dyn Owner> = Arc::<Self>::clone(self);
        let id = self.event_loop.tasks.keep(task, owner);
        self.state().task = Some(id);
    }

    /// The application's task has ended.
    pub(super) fn finished(&self, py: Python<'_>, outcome: PyResult<()>) {
        let (task, is_cut, is_gone, was_refused, waker) = {
            let state = &mut *self.state();
            let is_cut = state.outbox.abandon();
            let waker = state.connection.take();
            (state.task.take(), is_cut, state.is_gone, state.was_refused, waker)
        };
        if let Some(task) = task {
            self.event_loop.tasks.release(task);
        }
        match outcome {
            Err(error) if error.is_instance_of::<CancelledError>(py) => {
                tracing::debug!(request_id = %self.origin.id, "the task was cancelled");
            }
            Err(error) if is_gone && (was_refused || is_disconnect(py, &error)) => {
                tracing::debug!(request_id = %self.origin.id, %error, "the client has gone");
            }
            Err(error) => self.origin.log(py, &error),
            Ok(()) if is_cut && !is_gone => {
                self.origin.complain("the application ended before its response was complete");
            }
            Ok(()) => {}
        }
        if is_cut && let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What the connection waits for: the response if it is complete, else a future of it.
    pub(super) fn answer(self: Arc<Self>) -> Result<Response, LocalFuture<Response>> {
        match Answer::new(self).try_now() {
            Ok(response) => Ok(response),
            Err(answer) => Err(Box::pin(answer)),
        }
    }

    /// The connection has gone, or has had enough.
    fn disconnect(&self, py: Python<'_>) {
        let task = {
            let state = &mut *self.state();
            state.is_gone = true;
            state.input = Input::Broken;
            state.task.filter(|_| self.cancels)
        };
        self.receivers.feed(py, || Poll::Ready(receive::disconnect(py)));
        self.senders.refuse(py);
        if let Some(task) = task {
            self.event_loop.tasks.cancel(py, task);
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

    fn is_cut_at_the_end(&self) -> bool {
        true
    }
}

/// Whether the error comes from a client that has gone, as the application may have put it.
pub(super) fn is_disconnect(py: Python<'_>, error: &PyErr) -> bool {
    let mut next = Some(error.clone_ref(py));
    for _ in 0..8 {
        let Some(error) = next else { return false };
        if super::is_gone(py, &error) {
            return true;
        }
        let context = error.value(py).getattr(intern!(py, "__context__")).ok();
        let context = context.filter(|context| !context.is_none()).map(PyErr::from_value);
        next = error.cause(py).or(context);
    }
    false
}
