//! The queue between the loop thread and the pool: bounded, and sparing with wake-ups.
//!
//! Threads that run Python exclude each other, so waking one per job would only make them queue for
//! the interpreter. A thread drains the queue while it has the interpreter; at most one other, the
//! *seeker*, is on its way. The seeker takes over as soon as the busy thread waits for something,
//! and when it has taken a job while more are queued, it sends the next seeker.
//!
//! A response whose client did not keep up comes back through the *lane* of the thread that began
//! it, because what Python code keeps for a thread must be used in that thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// Jobs on their way to the threads of a pool.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    capacity: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// By thread: the numbers of its streams that may go on.
    lanes: Vec<VecDeque<u64>>,
    /// Sleeping threads; the last one to fall asleep is woken first, because its caches are warm.
    idle: Vec<Sleeper>,
    /// Whether a woken thread has not come for a job yet.
    seeker: bool,
    closed: bool,
}

#[derive(Clone)]
struct Sleeper {
    thread: Thread,
    lane: usize,
    /// Why it was woken.
    woken: Arc<AtomicU8>,
}

/// Reasons to wake a thread.
const ASLEEP: u8 = 0;
const TO_SEEK: u8 = 1;
const TO_LOOK: u8 = 2;

/// What the queue has to know of a thread that comes to it.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Which lane is its own.
    pub(crate) lane: usize,
    /// Whether it is the seeker.
    pub(crate) seeking: bool,
    /// Whether it has streams that will come back.
    pub(crate) holding: bool,
    /// Whether it has just been given a stream: jobs come next.
    resumed: bool,
}

impl Place {
    /// The place of a thread with this lane.
    pub(crate) fn of(lane: usize) -> Self {
        Self { lane, ..Self::default() }
    }
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
    /// One of the thread's own streams, which may go on.
    Stream(u64),
    /// No job at the moment.
    Empty,
    /// No job ever again.
    Closed,
}

impl<J> Queue<J> {
    /// A queue for this many threads that holds this many jobs.
    pub(crate) fn new(threads: usize, capacity: usize) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            lanes: vec![VecDeque::new(); threads],
            idle: Vec::new(),
            seeker: false,
            closed: false,
        };
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
            sleeper.wake(TO_SEEK);
        }
    }

    /// Lets a stream go on in the thread that began it.
    pub(crate) fn resume(&self, lane: usize, stream: u64) {
        let mut state = self.state();
        if let Some(streams) = state.lanes.get_mut(lane) {
            streams.push_back(stream);
        }
        let at = state.idle.iter().position(|sleeper| sleeper.lane == lane);
        let sleeper = at.map(|at| state.idle.remove(at));
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.wake(TO_LOOK);
        }
    }

    /// Takes what is next for this thread; it is no longer the seeker then. Streams and jobs take
    /// turns, so that neither waits for all of the other.
    pub(crate) fn take(&self, place: &mut Place) -> Taken<J> {
        let mut state = self.state();
        let seeking = std::mem::take(&mut place.seeking);
        if seeking {
            state.seeker = false;
        }
        let is_jobs_turn = std::mem::take(&mut place.resumed) && !state.jobs.is_empty();
        let stream = if is_jobs_turn { None } else { state.next_stream(place.lane) };
        let taken = match stream {
            Some(stream) => Err(stream),
            None => match state.jobs.pop_front() {
                Some(job) => Ok(job),
                None if state.closed && !place.holding => return Taken::Closed,
                None => return Taken::Empty,
            },
        };
        let more = !state.jobs.is_empty();
        let next = if seeking { state.next_seeker() } else { None };
        let followed = more && state.seeker;
        drop(state);
        if let Some(next) = next {
            next.wake(TO_SEEK);
        }
        place.resumed = taken.is_err();
        match taken {
            Ok(job) => Taken::Job { job, followed },
            Err(stream) => Taken::Stream(stream),
        }
    }

    /// Sleeps until there is something for this thread, or nothing ever again; it may be the seeker
    /// then. Must not be called while attached to the interpreter.
    pub(crate) fn sleep(&self, place: &mut Place) {
        let lane = place.lane;
        let sleeper = Sleeper { thread: thread::current(), lane, woken: Arc::default() };
        loop {
            {
                let mut state = self.state();
                let is_over = state.closed && !place.holding;
                if !state.jobs.is_empty() || state.has_stream(lane) || is_over {
                    return;
                }
                // Woken for a job that somebody else has taken: not worth the interpreter.
                if std::mem::take(&mut place.seeking) {
                    state.seeker = false;
                }
                state.idle.push(sleeper.clone());
            }
            place.seeking = sleeper.wait() == TO_SEEK;
        }
    }

    /// Refuses new jobs; threads end when the queued ones are done.
    pub(crate) fn close(&self) {
        let idle = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        idle.iter().for_each(|sleeper| sleeper.wake(TO_LOOK));
    }
}

impl<J> State<J> {
    fn has_stream(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(|streams| !streams.is_empty())
    }

    fn next_stream(&mut self, lane: usize) -> Option<u64> {
        self.lanes.get_mut(lane)?.pop_front()
    }

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
    fn wake(&self, why: u8) {
        self.woken.store(why, Ordering::Release);
        self.thread.unpark();
    }

    /// Waits until it is woken; returns why.
    fn wait(&self) -> u8 {
        loop {
            match self.woken.swap(ASLEEP, Ordering::Acquire) {
                ASLEEP => thread::park(),
                why => return why,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with this many threads asleep, as the queue sees them.
    fn queue(idle: usize) -> (Queue<u8>, Vec<Sleeper>) {
        let queue = Queue::new(idle, 4);
        let sleeper = |lane| Sleeper { thread: thread::current(), lane, woken: Arc::default() };
        let sleepers: Vec<_> = (0..idle).map(sleeper).collect();
        queue.state().idle.clone_from(&sleepers);
        (queue, sleepers)
    }

    fn woken(sleepers: &[Sleeper]) -> Vec<bool> {
        sleepers.iter().map(|sleeper| sleeper.woken.load(Ordering::Relaxed) != ASLEEP).collect()
    }

    fn take(queue: &Queue<u8>, seeking: bool) -> Taken<u8> {
        queue.take(&mut Place { seeking, ..Place::default() })
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
        assert_eq!(take(&queue, true), Taken::Job { job: 1, followed: true });
        assert_eq!(woken(&sleepers), [true, true]);
        assert_eq!(take(&queue, true), Taken::Job { job: 2, followed: false });
        assert_eq!(take(&queue, false), Taken::Empty);
    }

    #[test]
    fn a_busy_thread_sends_nobody() {
        let (queue, sleepers) = queue(1);
        queue.offer(1).unwrap();
        queue.offer(2).unwrap();
        assert_eq!(take(&queue, false), Taken::Job { job: 1, followed: false });
        assert_eq!(woken(&sleepers), [false]);
    }

    #[test]
    fn a_full_or_closed_queue_refuses() {
        let (queue, sleepers) = queue(1);
        (0..4).for_each(|job| queue.offer(job).unwrap());
        assert_eq!(queue.offer(4), Err(4));
        queue.close();
        assert_eq!(woken(&sleepers), [true]);
        assert_eq!(take(&queue, false), Taken::Job { job: 0, followed: false });
        assert_eq!(queue.offer(5), Err(5));
        (1..4).for_each(|_| assert!(matches!(take(&queue, false), Taken::Job { .. })));
        assert_eq!(take(&queue, false), Taken::Closed);
    }

    #[test]
    fn a_stream_goes_on_in_its_own_thread() {
        let (queue, sleepers) = queue(3);
        queue.resume(1, 7);
        assert_eq!(woken(&sleepers), [false, true, false]);
        assert_eq!(take(&queue, false), Taken::Empty, "it is not for this thread");
        let mut own = Place { lane: 1, holding: true, ..Place::default() };
        assert_eq!(queue.take(&mut own), Taken::Stream(7));
        queue.close();
        assert_eq!(queue.take(&mut own), Taken::Empty, "another stream will come back");
        own.holding = false;
        assert_eq!(queue.take(&mut own), Taken::Closed);
    }

    #[test]
    fn streams_and_jobs_take_turns() {
        let (queue, sleepers) = queue(2);
        let mut place = Place { seeking: true, ..Place::default() };
        queue.offer(1).unwrap();
        queue.offer(2).unwrap();
        queue.resume(0, 7);
        queue.resume(0, 8);
        assert_eq!(queue.take(&mut place), Taken::Stream(7));
        assert_eq!(woken(&sleepers), [true, true], "a seeker that takes a stream sends the next");
        assert!(matches!(queue.take(&mut place), Taken::Job { job: 1, .. }));
        assert_eq!(queue.take(&mut place), Taken::Stream(8));
        assert!(matches!(queue.take(&mut place), Taken::Job { job: 2, .. }));
    }

    #[test]
    fn sleepers_come_for_jobs_and_leave_when_closed() {
        let queue = Queue::new(3, 64);
        let worker = |lane| {
            let (mut jobs, mut place) = (0, Place::of(lane));
            loop {
                match queue.take(&mut place) {
                    Taken::Job { job, .. } => jobs += job,
                    Taken::Stream(_) => {}
                    Taken::Empty => queue.sleep(&mut place),
                    Taken::Closed => return jobs,
                }
            }
        };
        let done = thread::scope(|scope| {
            let worker = &worker;
            let threads: Vec<_> = (0..3).map(|lane| scope.spawn(move || worker(lane))).collect();
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
