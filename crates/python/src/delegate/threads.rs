//! Threads that call one Python object, one call each at a time.
//!
//! They are attached for life and let go of the interpreter while they wait. They end when nobody can
//! ask any more; nobody waits for that.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;

type Job = Box<dyn FnOnce(&Bound<'_, PyAny>) + Send>;

/// What Python's own threads have on Linux; deep recursion in an application needs it.
const STACK: usize = 8 * 1024 * 1024;

/// The threads, from the outside.
pub(super) struct Threads {
    jobs: Sender<Job>,
}

impl Threads {
    /// Starts so many, which call this object.
    ///
    /// # Errors
    /// The operating system refuses one.
    pub(super) fn start(object: &Bound<'_, PyAny>, count: usize) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..count {
            let (waiting, object) = (Arc::clone(&waiting), object.clone().unbind());
            std::thread::Builder::new()
                .name(format!("appserver-ask-{number}"))
                .stack_size(STACK)
                .spawn(move || work(&waiting, object))?;
        }
        Ok(Self { jobs })
    }

    /// Calls on one of the threads and waits for the answer. Whoever asks must not hold the
    /// interpreter.
    ///
    /// # Errors
    /// The call's own, and that no thread has answered.
    pub(super) fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Bound<'_, PyAny>) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job = Box::new(move |object: &Bound<'_, PyAny>| {
            // Nobody waits any more only where a process ends.
            let _ = answer.send(call(object));
        });
        let gone = |_| "no thread of the application has answered".to_owned();
        self.jobs.send(job).map_err(|_| gone(mpsc::RecvError))?;
        answered.recv().map_err(gone)?
    }
}

fn work(waiting: &Mutex<Receiver<Job>>, object: Py<PyAny>) {
    // Without an interpreter, which is shutting down then, there is nothing to do.
    Python::try_attach(|py| {
        let object = object.into_bound(py);
        while let Some(job) = py.detach(|| next(waiting)) {
            job(&object);
        }
    });
}

/// The next job; the lock is held while nobody has one, and never while one runs.
fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
