//! The queue between the loop thread and the pool: bounded, and sparing with wake-ups.
//!
//! Threads that run Python exclude each other, so waking one per job would only make them queue for
//! the interpreter. A thread drains the queue while it has the interpreter; at most one other, the
//! *seeker*, is on its way. The seeker takes over as soon as the busy thread waits for something,
//! and when it has taken a job while more are queued, it sends the next seeker.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// Jobs on their way to the threads of a pool.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    capacity: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Sleeping threads; the last one to fall asleep is woken first, because its caches are warm.
    idle: Vec<Sleeper>,
    /// Whether a woken thread has not come for a job yet.
    seeker: bool,
    closed: bool,
}

#[derive(Clone)]
struct Sleeper {
    thread: Thread,
    woken: Arc<AtomicBool>,
}

/// What [`Queue::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<J> {
    /// A job, and whether somebody comes after.
    Job {
        /// The job.
        job: J,
        /// Whether more jobs are queued and another thread is on its way for them.
        followed: bool,
    },
    /// No job at the moment.
    Empty,
    /// No job ever again.
    Closed,
}

impl<J> Queue<J> {
    /// A queue that holds this many jobs.
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { jobs: VecDeque::new(), idle: Vec::new(), seeker: false, closed: false };
        Self { state: Mutex::new(state), capacity }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job without waking anybody; [`Queue::wake`] follows.
    ///
    /// # Errors
    ///
    /// The job, when the queue is full or closed.
    pub(crate) fn offer(&self, job: J) -> Result<(), J> {
        let mut state = self.state();
        if state.closed || state.jobs.len() >= self.capacity {
            return Err(job);
        }
        state.jobs.push_back(job);
        Ok(())
    }

    /// Sends a seeker if there are jobs and none is on its way.
    pub(crate) fn wake(&self) {
        let sleeper = self.state().next_seeker();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }

    /// Takes a job; `seeking` says that this thread was the seeker until now.
    pub(crate) fn take(&self, seeking: bool) -> Taken<J> {
        let mut state = self.state();
        if seeking {
            state.seeker = false;
        }
        let Some(job) = state.jobs.pop_front() else {
            return if state.closed { Taken::Closed } else { Taken::Empty };
        };
        let more = !state.jobs.is_empty();
        let next = if seeking { state.next_seeker() } else { None };
        let followed = more && state.seeker;
        drop(state);
        if let Some(next) = next {
            next.wake();
        }
        Taken::Job { job, followed }
    }

    /// Sleeps until there is a job or the queue is closed. Returns whether this thread is the
    /// seeker now. Must not be called while attached to the interpreter.
    pub(crate) fn sleep(&self) -> bool {
        let sleeper = Sleeper { thread: thread::current(), woken: Arc::default() };
        let mut seeking = false;
        loop {
            {
                let mut state = self.state();
                if !state.jobs.is_empty() || state.closed {
                    return seeking;
                }
                // Woken for a job that somebody else has taken: not worth the interpreter.
                if std::mem::take(&mut seeking) {
                    state.seeker = false;
                }
                state.idle.push(sleeper.clone());
            }
            while !sleeper.woken.swap(false, Ordering::Acquire) {
                thread::park();
            }
            seeking = true;
        }
    }

    /// Refuses new jobs; threads end when the queued ones are done.
    pub(crate) fn close(&self) {
        let idle = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        idle.iter().for_each(Sleeper::wake);
    }
}

impl<J> State<J> {
    fn next_seeker(&mut self) -> Option<Sleeper> {
        if self.seeker || self.jobs.is_empty() {
            return None;
        }
        let sleeper = self.idle.pop()?;
        self.seeker = true;
        Some(sleeper)
    }
}

impl Sleeper {
    fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with this many threads asleep, as the queue sees them.
    fn queue(idle: usize) -> (Queue<u8>, Vec<Sleeper>) {
        let queue = Queue::new(4);
        let sleeper = || Sleeper { thread: thread::current(), woken: Arc::default() };
        let sleepers: Vec<_> = (0..idle).map(|_| sleeper()).collect();
        queue.state().idle.clone_from(&sleepers);
        (queue, sleepers)
    }

    fn woken(sleepers: &[Sleeper]) -> Vec<bool> {
        sleepers.iter().map(|sleeper| sleeper.woken.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn one_seeker_at_a_time() {
        let (queue, sleepers) = queue(2);
        queue.wake();
        assert_eq!(woken(&sleepers), [false, false]);
        for job in 0..3 {
            queue.offer(job).unwrap();
            queue.wake();
        }
        assert_eq!(woken(&sleepers), [false, true]);
    }

    #[test]
    fn a_seeker_that_leaves_jobs_sends_the_next() {
        let (queue, sleepers) = queue(2);
        queue.offer(1).unwrap();
        queue.offer(2).unwrap();
        queue.wake();
        assert_eq!(queue.take(true), Taken::Job { job: 1, followed: true });
        assert_eq!(woken(&sleepers), [true, true]);
        assert_eq!(queue.take(true), Taken::Job { job: 2, followed: false });
        assert_eq!(queue.take(false), Taken::Empty);
    }

    #[test]
    fn a_busy_thread_sends_nobody() {
        let (queue, sleepers) = queue(1);
        queue.offer(1).unwrap();
        queue.offer(2).unwrap();
        assert_eq!(queue.take(false), Taken::Job { job: 1, followed: false });
        assert_eq!(woken(&sleepers), [false]);
    }

    #[test]
    fn a_full_or_closed_queue_refuses() {
        let (queue, sleepers) = queue(1);
        (0..4).for_each(|job| queue.offer(job).unwrap());
        assert_eq!(queue.offer(4), Err(4));
        queue.close();
        assert_eq!(woken(&sleepers), [true]);
        assert_eq!(queue.take(false), Taken::Job { job: 0, followed: false });
        assert_eq!(queue.offer(5), Err(5));
        (1..4).for_each(|_| assert!(matches!(queue.take(false), Taken::Job { .. })));
        assert_eq!(queue.take(false), Taken::Closed);
    }

    #[test]
    fn sleepers_come_for_jobs_and_leave_when_closed() {
        let queue = Queue::new(64);
        let done = thread::scope(|scope| {
            let worker = || {
                let (mut jobs, mut seeking) = (0, false);
                loop {
                    match queue.take(std::mem::take(&mut seeking)) {
                        Taken::Job { job, .. } => jobs += job,
                        Taken::Empty => seeking = queue.sleep(),
                        Taken::Closed => return jobs,
                    }
                }
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(worker)).collect();
            for _ in 0..1000 {
                while queue.offer(1).is_err() {
                    thread::yield_now();
                }
                queue.wake();
            }
            queue.close();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<i32>()
        });
        assert_eq!(done, 1000);
    }
}
