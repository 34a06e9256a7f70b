//! One thread of the pool.
//!
//! It is attached to the interpreter for life, so that `threading.local` survives between requests
//! (Django keeps its database connections there), and lets go only while it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use appserver_app::Request;
use pyo3::intern;
use pyo3::prelude::*;

use super::channel::{Sender, Sent, channel};
use super::completions::{Completion, Completions, Pace, Payload};
use super::queue::{Queue, Taken};
use crate::gil;
use crate::wsgi::bridge::Bridge;
use crate::wsgi::outcome::Content;
use crate::wsgi::stream::Stream;

/// A request for the pool.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) request: Request,
    /// Set when nobody waits for the answer any more.
    pub(super) abandoned: Arc<AtomicBool>,
}

/// What the loop thread and the pool share.
pub(super) struct Work {
    pub(super) queue: Queue<Job>,
    pub(super) completions: Completions,
}

/// Serves jobs until the queue is closed and empty.
pub(super) fn run(work: &Work, bridge: Bridge, name: &str) {
    let _end = End(work);
    // Without an interpreter, which is shutting down then, there is nothing to do.
    Python::try_attach(|py| {
        if let Err(error) = introduce(py, name) {
            tracing::warn!(thread = name, %error, "a thread could not be named");
        }
        Server { work, bridge, pace: Pace::default() }.serve(py);
    });
}

/// Tells the loop side that a thread has ended, however it ended.
struct End<'a>(&'a Work);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.completions.push(Completion::Ended);
        self.0.completions.ring();
    }
}

/// Makes the thread known to `threading`, so that tracebacks and monitoring show its name.
fn introduce(py: Python<'_>, name: &str) -> PyResult<()> {
    let threading = py.import(intern!(py, "threading"))?;
    threading.call_method0(intern!(py, "current_thread"))?.setattr(intern!(py, "name"), name)
}

/// What one thread serves with.
struct Server<'a> {
    work: &'a Work,
    bridge: Bridge,
    pace: Pace,
}

impl Server<'_> {
    fn serve(&mut self, py: Python<'_>) {
        let mut seeking = false;
        loop {
            match self.work.queue.take(std::mem::take(&mut seeking)) {
                Taken::Job { job, followed } => self.answer(py, job, followed),
                Taken::Empty => seeking = self.sleep(py),
                Taken::Closed => break,
            }
        }
        if self.pace.sleep() {
            self.work.completions.ring();
        }
    }

    /// Sleeps without the interpreter; returns whether this thread is the seeker now.
    fn sleep(&mut self, py: Python<'_>) -> bool {
        if self.pace.sleep() {
            self.work.completions.ring();
        }
        let seeking = py.detach(|| self.work.queue.sleep());
        gil::rested();
        self.work.completions.ring_for_others();
        seeking
    }

    fn answer(&mut self, py: Python<'_>, job: Job, followed: bool) {
        if job.abandoned.load(Ordering::Relaxed) {
            return;
        }
        let completions = &self.work.completions;
        let started = Instant::now();
        let outcome = self.bridge.call(py, job.request);
        match outcome.content {
            Content::Whole(body) => {
                let answer = outcome.head.map(|()| Payload::Whole(body));
                completions.push(Completion::Answer(job.number, answer));
            }
            Content::Stream(stream) => {
                let (sender, receiver) = channel();
                let answer = outcome.head.map(|()| Payload::Stream(receiver));
                completions.push(Completion::Answer(job.number, answer));
                completions.ring();
                pump(py, stream, sender);
            }
        }
        let ended = Instant::now();
        if self.pace.must_ring(started, ended, followed) {
            completions.ring();
        } else {
            completions.keep_quiet();
        }
        gil::take_turns(py, ended);
    }
}

/// Drives a stream to its end, or until the client is gone.
fn pump(py: Python<'_>, mut stream: Box<Stream>, sender: Sender) {
    while let Some(next) = stream.next(py) {
        let chunk = match next {
            Ok(chunk) => chunk,
            Err(error) => return sender.end(Err(error)),
        };
        let wanted = match sender.send(chunk) {
            Sent::Room => true,
            Sent::Full => py.detach(|| sender.wait()),
            Sent::Abandoned => false,
        };
        if !wanted {
            stream.finish(py);
            return;
        }
        gil::take_turns(py, Instant::now());
    }
    sender.end(Ok(()));
}
