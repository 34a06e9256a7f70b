//! One thread of the pool.
//!
//! It is attached to the interpreter for life, so that `threading.local` survives between requests
//! (Django keeps its database connections there), and lets go only while it waits. It waits for
//! jobs, never for a client: a stream that nobody reads is put aside, and goes on here later.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Instant;

use appserver_app::{Request, Ticket};
use hashbrown::HashMap;
use pyo3::intern;
use pyo3::prelude::*;

use super::channel::{Sender, Sent, channel};
use super::completions::{Completion, Completions, Pace, Payload};
use super::queue::{Place, Queue, Taken};
use crate::gil;
use crate::wsgi::bridge::Bridge;
use crate::wsgi::outcome::Content;
use crate::wsgi::stream::Stream;

/// A request for the pool.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) request: Request,
    /// Its place in the queue.
    pub(super) ticket: Arc<Ticket>,
}

/// What the loop thread and the pool share.
pub(super) struct Work {
    pub(super) queue: Queue<Job>,
    pub(super) completions: Completions,
}

/// Serves jobs until the queue is closed and empty. No other thread has this number.
pub(super) fn run(work: &Arc<Work>, bridge: Bridge, number: usize, name: &str) {
    let _end = End(work);
    // Without an interpreter, which is shutting down then, there is nothing to do.
    Python::try_attach(|py| {
        if let Err(error) = introduce(py, name) {
            tracing::warn!(thread = name, %error, "a thread could not be named");
        }
        let place = Place::of(number);
        let aside = HashMap::new();
        Server { work, bridge, pace: Pace::default(), place, aside }.serve(py);
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
    work: &'a Arc<Work>,
    bridge: Bridge,
    pace: Pace,
    place: Place,
    /// Streams whose clients do not keep up, by the number of their job.
    aside: HashMap<u64, (Box<Stream>, Sender)>,
}

impl Server<'_> {
    fn serve(&mut self, py: Python<'_>) {
        loop {
            self.place.holding = !self.aside.is_empty();
            match self.work.queue.take(&mut self.place) {
                Taken::Job { job, followed } => self.answer(py, job, followed),
                Taken::Stream(number) => self.resume(py, number),
                Taken::Empty => self.sleep(py),
                Taken::Closed => break,
            }
        }
        if self.pace.sleep() {
            self.work.completions.ring();
        }
    }

    /// Sleeps without the interpreter.
    fn sleep(&mut self, py: Python<'_>) {
        if self.pace.sleep() {
            self.work.completions.ring();
        }
        let (work, place) = (self.work, &mut self.place);
        py.detach(|| work.queue.sleep(place));
        gil::rested();
        self.work.completions.ring_for_others();
    }

    fn answer(&mut self, py: Python<'_>, job: Job, followed: bool) {
        if !job.ticket.begin() {
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
                self.pump(py, job.number, stream, sender);
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

    /// Drives a stream to its end, or until its client is gone or does not keep up.
    fn pump(&mut self, py: Python<'_>, number: u64, mut stream: Box<Stream>, sender: Sender) {
        while let Some(next) = stream.next(py) {
            let chunk = match next {
                Ok(chunk) => chunk,
                Err(error) => return sender.end(Err(error)),
            };
            match sender.send(chunk) {
                Sent::Full if sender.when_room(self.waker(number)) => {
                    self.aside.insert(number, (stream, sender));
                    return;
                }
                Sent::Room | Sent::Full => {}
                Sent::Abandoned => return stream.finish(py),
            }
            gil::take_turns(py, Instant::now());
        }
        sender.end(Ok(()));
    }

    fn resume(&mut self, py: Python<'_>, number: u64) {
        let Some((mut stream, sender)) = self.aside.remove(&number) else { return };
        if sender.is_abandoned() {
            stream.finish(py);
        } else {
            self.pump(py, number, stream, sender);
        }
        gil::take_turns(py, Instant::now());
    }

    fn waker(&self, number: u64) -> Waker {
        let (work, lane) = (Arc::clone(self.work), self.place.lane);
        Arc::new(Resume { work, lane, number }).into()
    }
}

/// Lets a stream go on that was put aside.
struct Resume {
    work: Arc<Work>,
    lane: usize,
    number: u64,
}

impl Wake for Resume {
    fn wake(self: Arc<Self>) {
        self.work.queue.resume(self.lane, self.number);
    }
}
