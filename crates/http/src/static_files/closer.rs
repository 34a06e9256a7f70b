//! Lets go of files where that may wait for a disk: one after the other, by one thread for each
//! folder.
//!
//! So a disk that does not answer takes one thread for this, and the files that it has not let go of
//! stay open. What is left when the worker ends is for the kernel: nothing is closed on the loop.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

/// The files of one folder that are to be closed.
#[derive(Clone, Default)]
pub(super) struct Closer(Arc<Left>);

#[derive(Default)]
struct Left(Mutex<List>);

#[derive(Default)]
struct List {
    things: VecDeque<Box<dyn Send>>,
    is_at_work: bool,
}

impl Closer {
    /// Gives something up. Never waits.
    pub(super) fn give_up(&self, what: impl Send + 'static) {
        let was_at_work = {
            let mut list = self.0.list();
            list.things.push_back(Box::new(what));
            std::mem::replace(&mut list.is_at_work, true)
        };
        match Handle::try_current() {
            Ok(runtime) if !was_at_work => {
                let left = Arc::clone(&self.0);
                drop(runtime.spawn_blocking(move || left.close()));
            }
            // Somebody is at it, or the worker is at its end.
            _ => {}
        }
    }
}

impl Left {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        while let Some(next) = self.next() {
            drop(next);
        }
    }

    fn next(&self) -> Option<Box<dyn Send>> {
        let mut list = self.list();
        let next = list.things.pop_front();
        list.is_at_work = next.is_some();
        next
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        std::mem::forget(std::mem::take(&mut self.list().things));
    }
}

#[cfg(test)]
impl Closer {
    /// How many things nobody has taken to close them.
    pub(super) fn left(&self) -> usize {
        self.0.list().things.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, TryRecvError, channel};

    use tokio::runtime::{Builder, Runtime};

    use super::Closer;

    /// It is not let go of until it is told to.
    struct Slow(Receiver<()>);

    impl Drop for Slow {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }

    fn runtime(threads: usize) -> Runtime {
        Builder::new_current_thread().max_blocking_threads(threads).build().unwrap()
    }

    #[test]
    fn a_disk_that_does_not_answer_takes_one_thread() {
        let (go_on, may_go_on) = channel::<()>();
        let closer = Closer::default();
        runtime(2).block_on(async {
            closer.give_up(Slow(may_go_on));
            let (what, seen) = channel::<()>();
            closer.give_up(what);
            // The other thread works in the order of coming.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(seen.try_recv(), Err(TryRecvError::Empty));
            drop(go_on);
            tokio::task::spawn_blocking(move || seen.recv()).await.unwrap().unwrap_err();
        });
        // Whoever comes when the list is empty is served too.
        runtime(1).block_on(async {
            let (what, seen) = channel::<()>();
            closer.give_up(what);
            tokio::task::spawn_blocking(move || seen.recv()).await.unwrap().unwrap_err();
        });
    }

    #[test]
    fn a_worker_that_ends_closes_nothing_itself() {
        let closer = Closer::default();
        let (what, seen) = channel::<()>();
        closer.give_up(what);
        drop(closer);
        assert_eq!(seen.try_recv(), Err(TryRecvError::Empty));
    }
}
