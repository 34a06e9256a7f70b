//! Answers on their way back to the loop thread, with one wake-up for many.
//!
//! A wake-up across threads is a system call and often a context switch, so a thread that has more
//! quick jobs before it may keep quiet for a while ([`Pace`]), provided that another thread is on its
//! way: if the first one has to wait for something, the other gets the interpreter and rings. If the
//! first one keeps the interpreter instead, the loop side finds the answer itself: it looks again a
//! moment after each wake-up ([`LOOK_AGAIN`]), and threads keep quiet only within [`QUIET`] of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;

use super::channel::Receiver;

/// How long after a wake-up a thread may keep answers to itself.
const QUIET: Duration = Duration::from_micros(200);

/// When the loop side looks again after a wake-up.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A job slower than this is worth a wake-up of its own.
const QUICK: Duration = Duration::from_micros(50);

/// As many answers as a wake-up is shared by.
const MOST: u32 = 32;

/// What a pool thread tells the loop thread.
pub(crate) enum Completion {
    /// The answer to a job.
    Answer(u64, http::Response<Payload>),
    /// A thread of the pool has ended.
    Ended,
}

/// The body of an answer, as it crosses threads.
pub(crate) enum Payload {
    /// All of it.
    Whole(Bytes),
    /// Chunks that the thread goes on to produce.
    Stream(Receiver),
}

/// The list of completions, and the bell.
#[derive(Default)]
pub(crate) struct Completions {
    list: Mutex<Vec<Completion>>,
    bell: Notify,
    /// Whether the list has answers that nobody rang for.
    quiet: AtomicBool,
}

impl Completions {
    /// Adds to the list, silently.
    pub(crate) fn push(&self, completion: Completion) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(completion);
    }

    /// Wakes the loop side.
    pub(crate) fn ring(&self) {
        self.quiet.store(false, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Leaves the wake-up to whoever comes next.
    pub(crate) fn keep_quiet(&self) {
        self.quiet.store(true, Ordering::Relaxed);
    }

    /// Wakes the loop side if another thread left that to this one.
    pub(crate) fn ring_for_others(&self) {
        if self.quiet.load(Ordering::Relaxed) {
            self.ring();
        }
    }

    /// Waits for the bell. Cancel safe.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Moves everything into `into`, which is empty and gives its memory in exchange.
    pub(crate) fn swap(&self, into: &mut Vec<Completion>) {
        std::mem::swap(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner), into);
    }
}

/// When one thread of the pool rings.
#[derive(Default)]
pub(crate) struct Pace {
    /// The last time it rang, unless it has slept since.
    rang: Option<Instant>,
    /// Answers since then.
    silent: u32,
}

impl Pace {
    /// After a job: whether to ring now. `followed` says that
    /// more jobs are queued and another thread is on its way for them.
    pub(crate) fn must_ring(&mut self, started: Instant, ended: Instant, followed: bool) -> bool {
        self.silent += 1;
        let quick = ended.saturating_duration_since(started) < QUICK;
        let recent = self.rang.is_some_and(|rang| ended.saturating_duration_since(rang) < QUIET);
        if followed && quick && recent && self.silent < MOST {
            return false;
        }
        self.silent = 0;
        self.rang = Some(ended);
        true
    }

    /// Before sleeping: whether answers are left to ring for.
    pub(crate) fn sleep(&mut self) -> bool {
        self.rang = None;
        std::mem::take(&mut self.silent) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, micros: u64) -> Instant {
        start + Duration::from_micros(micros)
    }

    #[test]
    fn the_first_answer_rings_and_quick_ones_after_it_do_not() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!(pace.must_ring(start, at(start, 10), true));
        assert!(!pace.must_ring(at(start, 10), at(start, 20), true));
        assert!(pace.must_ring(at(start, 20), at(start, 30), false), "nothing is queued");
    }

    #[test]
    fn slow_late_or_many_answers_ring() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!(pace.must_ring(start, start, true));
        assert!(pace.must_ring(start, at(start, 60), true), "slow");
        assert!(!pace.must_ring(at(start, 210), at(start, 220), true));
        assert!(pace.must_ring(at(start, 260), at(start, 270), true), "long since the last");
        let rings = (0..MOST).filter(|_| pace.must_ring(at(start, 270), at(start, 271), true));
        assert_eq!(rings.count(), 1, "many");
    }

    #[test]
    fn nothing_is_kept_while_asleep() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        pace.must_ring(start, start, true);
        assert!(!pace.sleep());
        assert!(pace.must_ring(start, start, true), "rings anew after sleep");
        pace.must_ring(start, start, true);
        assert!(pace.sleep());
    }
}
