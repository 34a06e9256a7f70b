//! Letting go of the interpreter while the loop thread sleeps.
//!
//! An inline worker holds the interpreter while it is busy and releases it around a real park only.
//! [`park`] and [`unpark`] belong into `tokio::runtime::Builder::on_thread_park` and
//! `on_thread_unpark`; both are harmless on a thread that does not hold the interpreter.

use std::cell::Cell;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::ffi::{self, SavedThread};

/// How long a busy thread keeps the interpreter from others: CPython's own switch interval.
const TURN: Duration = Duration::from_millis(5);

thread_local! {
    static SAVED: Cell<Option<SavedThread>> = const { Cell::new(None) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static TAKEN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Lets go of the interpreter, because the thread is about to sleep.
pub fn park() {
    if let Some(saved) = ffi::save_thread() {
        SAVED.set(Some(saved));
    }
}

/// Takes the interpreter again after [`park`].
pub fn unpark() {
    if let Some(saved) = SAVED.take() {
        ffi::restore_thread(saved);
        TAKEN.set(None);
    }
}

/// [`take_turns`] for a thread that does not know the time: reads the clock at every sixteenth call
/// only. Where calls are long, the application's own code hands over.
pub(crate) fn take_turns_sometimes(py: Python<'_>) {
    let calls = CALLS.get().wrapping_add(1);
    CALLS.set(calls);
    if calls.is_multiple_of(16) {
        take_turns(py, Instant::now());
    }
}

/// Hands the interpreter over once if this thread has kept it for a whole turn, so that the
/// application's own threads live while requests never stop coming.
pub(crate) fn take_turns(py: Python<'_>, now: Instant) {
    match TAKEN.get() {
        None => TAKEN.set(Some(now)),
        Some(taken) if now.saturating_duration_since(taken) >= TURN => {
            py.detach(|| ());
            TAKEN.set(None);
        }
        Some(_) => {}
    }
}

/// Lets other threads have the interpreter for a moment, as asyncio's own selectors do whenever they
/// look for events: a view in a thread that has its result must not wait for a loop that is never
/// idle.
pub(crate) fn hand_over(py: Python<'_>) {
    py.detach(|| ());
    TAKEN.set(None);
}

/// Starts a new turn, after the interpreter was free for others.
pub(crate) fn rested() {
    TAKEN.set(None);
}
