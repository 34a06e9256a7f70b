//! What was found a moment ago, for all who need it.
//!
//! It is renewed when its moment is over: without waiting if that is possible, else by a thread
//! that may wait, and by one alone. Who may not wait is never kept by who does: locks that both
//! take are held as long as it takes to copy a pointer.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use appserver_os::folder::Wait;

/// For how long, in nanoseconds, it is taken to be true.
pub(super) const MOMENT: u64 = 1_000_000_000;

/// Something that may change, as it was a moment ago.
pub(super) struct Recent<T> {
    found: Mutex<Found<T>>,
    /// Held while one who may wait renews it.
    turn: Mutex<()>,
}

struct Found<T> {
    value: Arc<T>,
    /// On the worker's clock; `None` before the first time.
    at: Option<u64>,
}

impl<T> Recent<T> {
    /// To be renewed at its first use.
    pub(super) fn new(value: T) -> Self {
        let found = Found { value: Arc::new(value), at: None };
        Self { found: Mutex::new(found), turn: Mutex::new(()) }
    }

    /// As it was found last, whenever that was.
    pub(super) fn last(&self) -> Arc<T> {
        Arc::clone(&lock(&self.found).value)
    }

    /// As it was a moment ago at most. `renew` is told what was found last, and whether it may
    /// wait. `now` is the worker's clock.
    ///
    /// # Errors
    /// Those of `renew`.
    pub(super) fn get(
        &self,
        now: u64,
        wait: Wait,
        renew: impl FnOnce(&Arc<T>, Wait) -> io::Result<Arc<T>>,
    ) -> io::Result<Arc<T>> {
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        let _turn = (wait == Wait::ForDisk).then(|| lock(&self.turn));
        // Whoever had the turn before may have done it.
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        let value = renew(&self.last(), wait)?;
        let found = Found { value: Arc::clone(&value), at: Some(now) };
        // What was found before may be large: to free it is work, and not done under the lock.
        let before = std::mem::replace(&mut *lock(&self.found), found);
        drop(before);
        Ok(value)
    }

    fn fresh(&self, now: u64) -> Option<Arc<T>> {
        let found = lock(&self.found);
        let is_fresh = found.at.is_some_and(|at| now.saturating_sub(at) < MOMENT);
        is_fresh.then(|| Arc::clone(&found.value))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::ErrorKind;
    use std::sync::Weak;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{Arc, MOMENT, Recent, Wait};

    #[test]
    fn it_is_renewed_when_its_moment_is_over() {
        let (recent, times) = (Recent::new(0), Cell::new(0));
        let get = |now| {
            let value = recent.get(now, Wait::Never, |last, _| {
                times.set(times.get() + 1);
                Ok(Arc::new(**last + 1))
            });
            *value.unwrap()
        };
        assert_eq!([get(5), get(5 + MOMENT - 1), get(5 + MOMENT)], [1, 1, 2]);
        assert_eq!((times.get(), *recent.last()), (2, 2));
        let failed =
            recent.get(5 + 2 * MOMENT, Wait::Never, |_, _| Err(ErrorKind::WouldBlock.into()));
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(get(5 + 2 * MOMENT), 3, "a failure is nothing that was found");
    }

    /// Tells whether nobody is kept while it is freed.
    struct Old(Weak<Recent<Self>>, mpsc::Sender<bool>);

    impl Drop for Old {
        fn drop(&mut self) {
            if let Some(recent) = self.0.upgrade() {
                self.1.send(recent.found.try_lock().is_ok()).unwrap();
            }
        }
    }

    #[test]
    fn nobody_is_kept_while_what_is_old_is_freed() {
        let (tell, told) = mpsc::channel();
        let recent = Arc::new_cyclic(|recent| Recent::new(Old(recent.clone(), tell.clone())));
        let new = Arc::new(Old(Weak::new(), tell));
        recent.get(MOMENT, Wait::ForDisk, |_, _| Ok(new)).map(drop).unwrap();
        assert_eq!(told.try_recv(), Ok(true));
    }

    #[test]
    fn who_may_not_wait_is_not_kept_by_who_does() {
        let recent = Recent::new(0);
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (answers, answered) = mpsc::channel();
        let renew = move |_: &Arc<i32>, _| {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(Arc::new(1))
        };
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| recent.get(MOMENT, Wait::ForDisk, renew));
            has_begun.recv().unwrap();
            assert_eq!(*recent.last(), 0);
            scope.spawn(|| {
                let cannot = |_: &_, _| Err(ErrorKind::WouldBlock.into());
                let told = recent.get(MOMENT, Wait::Never, cannot);
                answers.send(told.unwrap_err().kind()).unwrap();
            });
            let told = answered.recv_timeout(Duration::from_secs(20));
            go_on.send(()).unwrap();
            assert_eq!(told, Ok(ErrorKind::WouldBlock));
            assert_eq!(*waiting.join().unwrap().unwrap(), 1);
        });
        assert_eq!(*recent.get(MOMENT, Wait::Never, |_, _| unreachable!()).unwrap(), 1);
    }

    #[test]
    fn it_is_renewed_by_one_alone() {
        let (recent, times) = (Recent::new(()), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let renewed = recent.get(MOMENT, Wait::ForDisk, |last, _| {
                        times.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        Ok(Arc::clone(last))
                    });
                    renewed.unwrap();
                });
            }
        });
        assert_eq!(times.into_inner(), 1);
    }
}
