//! The runtime that a turn runs: the worker's own, or one made for the loop.

use std::cell::{Cell, RefCell};
use std::future::{Pending, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::task::LocalSet;

use super::unpark;
use crate::gil;

type Pair = (Rc<Runtime>, Rc<LocalSet>);

thread_local! {
    static OFFERED: RefCell<Option<Pair>> = const { RefCell::new(None) };
    static ADOPTED: RefCell<Option<(u64, Pair)>> = const { RefCell::new(None) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Has the next [`Turn`](super::Turn) that runs on this thread run this runtime, with these tasks.
/// The runtime's park hooks are to be [`gil::park`] and [`unpark`].
pub fn adopt(runtime: Rc<Runtime>, local: Rc<LocalSet>) {
    OFFERED.set(Some((runtime, local)));
}

/// The runtime of one turn.
pub(super) enum Host {
    /// Made for the loop.
    Own(Runtime),
    /// The one that this thread has adopted under this number.
    Adopted(u64),
}

impl Host {
    /// The runtime offered to this thread, else a new one.
    ///
    /// # Errors
    /// When a runtime cannot be made.
    pub(super) fn take() -> io::Result<Self> {
        let Some(pair) = OFFERED.take() else {
            let mut builder = Builder::new_current_thread();
            let runtime =
                builder.enable_all().on_thread_park(gil::park).on_thread_unpark(unpark).build()?;
            return Ok(Self::Own(runtime));
        };
        let id = COUNT.get();
        COUNT.set(id + 1);
        ADOPTED.set(Some((id, pair)));
        Ok(Self::Adopted(id))
    }

    /// Does `make` within the runtime. `None` on a thread that is not the runtime's.
    pub(super) fn within<T>(&self, make: impl FnOnce() -> T) -> Option<T> {
        let entered = |runtime: &Runtime| {
            let _entered: EnterGuard<'_> = runtime.enter();
            make()
        };
        match self {
            Self::Own(runtime) => Some(entered(runtime)),
            Self::Adopted(id) => pair(*id).map(|(runtime, _)| entered(&runtime)),
        }
    }

    /// Runs the runtime until `done` is ready; each time before it is asked, the local tasks run.
    /// Tasks must not use what wakes them only when the runtime parks (tokio's `yield_now`, an
    /// exhausted budget): a turn may end without that.
    /// `None` on a thread that is not the runtime's.
    pub(super) fn run<T>(&self, mut done: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
        match self {
            Self::Own(runtime) => Some(runtime.block_on(poll_fn(done))),
            Self::Adopted(id) => pair(*id).map(|(runtime, local)| {
                let never: Pending<()> = pending();
                let mut tasks = pin!(local.run_until(never));
                runtime.block_on(poll_fn(|cx| {
                    let _: Poll<()> = Pin::as_mut(&mut tasks).poll(cx);
                    done(cx)
                }))
            }),
        }
    }

    /// Lets go of the runtime, without waiting for what it runs.
    pub(super) fn close(self) {
        match self {
            Self::Own(runtime) => runtime.shutdown_background(),
            Self::Adopted(id) => {
                let mine = pair(id).is_some();
                drop(mine.then(|| ADOPTED.take()));
            }
        }
    }
}

fn pair(id: u64) -> Option<Pair> {
    ADOPTED.with_borrow(|adopted| match adopted {
        Some((held, pair)) if *held == id => Some(pair.clone()),
        _ => None,
    })
}
