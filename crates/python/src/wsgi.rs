//! WSGI (PEP 3333): calling the application, on the loop thread or on a pool of threads.
//!
//! Promises: `close()` is called exactly once per result, a cut response never looks complete, and
//! nothing an application returns or raises ends the worker. Both modes share everything from the
//! environ to the response; they differ in who calls.

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod bridge;
mod environ;
mod errors;
mod exchange;
mod failure;
mod file;
mod file_wrapper;
mod inline;
mod input;
mod iteration;
mod known;
mod outcome;
mod pool;
mod response;
mod start_response;
mod status;
mod stream;

use appserver_auth::config::Forward;
pub use inline::InlineApp;
pub use pool::{PoolApp, StartError};

/// How a WSGI application is called.
#[derive(Clone, Debug)]
pub struct WsgiConfig {
    /// How many threads call the application; 1 means the loop thread itself.
    pub threads: usize,
    /// Whether other processes serve the same application (`wsgi.multiprocess`).
    pub multiprocess: bool,
    /// The prefix that the application is mounted at, without a trailing slash; empty for the root.
    pub script_name: String,
    /// How many requests may wait for a thread of the pool; more are answered 503.
    pub queue: usize,
    /// What the application is told of verified tokens; `None` where none are.
    pub auth: Option<Forward>,
}

impl WsgiConfig {
    /// Requests that may wait per thread, unless told otherwise: enough to ride out a burst, few
    /// enough that the last one is still answered in time.
    pub const QUEUE_PER_THREAD: usize = 64;

    /// A configuration for this many threads, mounted at the root, alone on the machine.
    pub fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        let queue = threads.saturating_mul(Self::QUEUE_PER_THREAD);
        Self { threads, multiprocess: false, script_name: String::new(), queue, auth: None }
    }
}
