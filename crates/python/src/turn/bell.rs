//! Ending the turn that runs on this thread, from whatever it runs.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::task::Waker;

thread_local! {
    static RUNG: Cell<bool> = const { Cell::new(false) };
    static TURN: RefCell<Option<Waker>> = const { RefCell::new(None) };
    static TURNING: Cell<bool> = const { Cell::new(false) };
}

/// Ends the turn that runs on this thread, because asyncio has something to do now. Without a turn
/// it does nothing: the loop looks for itself before the next one.
pub fn interrupt() {
    RUNG.set(true);
    wake();
}

/// Has the turn look again at what it waits for.
pub(super) fn wake() {
    TURN.with_borrow(|waker| {
        if let Some(waker) = waker {
            waker.wake_by_ref();
        }
    });
}

/// A turn of this thread, from its start to its end.
pub(super) struct Turning(PhantomData<*const ()>);

impl Turning {
    /// `None` within another turn: a runtime cannot run inside itself.
    pub(super) fn start() -> Option<Self> {
        if TURNING.replace(true) {
            return None;
        }
        RUNG.set(false);
        Some(Self(PhantomData))
    }

    /// Says how the turn is woken.
    pub(super) fn wake_with(&self, waker: &Waker) {
        TURN.set(Some(waker.clone()));
    }

    /// Whether it was interrupted.
    pub(super) fn is_interrupted(&self) -> bool {
        RUNG.get()
    }
}

impl Drop for Turning {
    fn drop(&mut self) {
        TURN.set(None);
        TURNING.set(false);
    }
}
