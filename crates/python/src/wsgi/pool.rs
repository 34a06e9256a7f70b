//! The application on a fixed pool of threads.
//!
//! The loop thread never touches the interpreter: it accepts, reads, writes and keeps its deadlines
//! while views wait or compute. `queue` decides which thread works, `completions` and `desk` bring
//! answers back, `channel` carries streams.

mod channel;
mod completions;
mod desk;
mod queue;
mod thread;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use appserver_app::{Application, Body, BodyMode, LocalFuture, Reply, Request, Response};
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use pyo3::prelude::*;

use super::WsgiConfig;
use super::bridge::Bridge;
use super::failure::plain;
use completions::Completions;
use desk::Desk;
use queue::Queue;
use thread::Work;

/// A WSGI application that is called on a pool of threads (`threads > 1`).
///
/// Requests must be given to it inside a `LocalSet` or a local runtime with timers.
pub struct PoolApp {
    desk: Rc<Desk>,
    work: Arc<Work>,
}

/// Why a pool did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system refused a thread.
    #[error("start thread {0} of the application's pool")]
    Thread(usize, #[source] std::io::Error),
    /// Python refused memory.
    #[error("prepare the application's pool")]
    Python(#[from] PyErr),
}

impl PoolApp {
    /// Starts the threads and serves this callable. Call it after the last fork.
    ///
    /// # Errors
    ///
    /// When threads or memory are short. Threads that have started end again.
    pub fn start(
        py: Python<'_>,
        application: &Py<PyAny>,
        config: &WsgiConfig,
    ) -> Result<Self, StartError> {
        let threads = config.threads.max(1);
        let queue = Queue::new(threads, config.queue.max(1));
        let work = Arc::new(Work { queue, completions: Completions::default() });
        let app = Self { desk: Desk::new(Arc::clone(&work), threads), work };
        for number in 0..threads {
            let bridge = Bridge::new(py, application.clone_ref(py), config)?;
            app.start_thread(number, bridge)?;
        }
        Ok(app)
    }

    fn start_thread(&self, number: usize, bridge: Bridge) -> Result<(), StartError> {
        // What Python's own threads have on Linux; deep recursion in an application needs it.
        const STACK: usize = 8 * 1024 * 1024;
        let (work, name) = (Arc::clone(&self.work), format!("appserver-{number}"));
        std::thread::Builder::new()
            .name(name.clone())
            .stack_size(STACK)
            .spawn(move || thread::run(&work, bridge, number, &name))
            .map_err(|error| StartError::Thread(number, error))?;
        Ok(())
    }
}

impl Application for PoolApp {
    fn body_mode(&self) -> BodyMode {
        BodyMode::Whole
    }

    fn call(&self, request: Request) -> Reply {
        match self.desk.submit(request) {
            Some(waiting) => {
                let ticket = waiting.ticket();
                Reply::Queued(Box::pin(waiting), ticket)
            }
            None => Reply::Ready(busy()),
        }
    }

    fn shutdown(&self, _time: Duration) -> LocalFuture<()> {
        Box::pin(Rc::clone(&self.desk).close())
    }
}

impl Drop for PoolApp {
    fn drop(&mut self) {
        self.work.queue.close();
    }
}

/// The queue is full: every thread is busy, and as many requests wait as are allowed to.
fn busy() -> Response {
    let mut outcome = plain(StatusCode::SERVICE_UNAVAILABLE, b"Service Unavailable\n");
    outcome.head.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    outcome.into_response(|_| Body::Empty)
}
