//! Threads that hash passwords: few, of low priority, with a short queue.
//!
//! A job is refused at once when the queue is full, and is not begun when whoever asked has gone
//! away. Dropping the pool cancels what waits; threads end after what they are computing.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// After such a while without a job, a thread gives back the memory that it keeps for the next one.
const IDLE: Duration = Duration::from_secs(10);

/// The threads.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

/// There are as many jobs waiting as may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub(crate) struct Full;

/// A job, with whoever waits for it.
trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>);
}

struct Asked<T, F> {
    job: F,
    result: oneshot::Sender<T>,
}

impl<T: Send, F: FnOnce() -> T + Send> Job for Asked<T, F> {
    fn is_wanted(&self) -> bool {
        !self.result.is_closed()
    }

    fn run(self: Box<Self>) {
        let _ = self.result.send((self.job)());
    }
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// How many jobs may wait beside those that threads are free for.
    most: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    idle: usize,
    is_closed: bool,
}

impl Pool {
    /// Starts so many threads, at least one, with room for so many jobs that wait for one. Threads
    /// give way to others by `niceness`. `release` is called on each thread that has been idle for a
    /// while.
    ///
    /// # Errors
    /// The kernel gives no thread.
    pub(crate) fn start(
        threads: usize,
        most: usize,
        niceness: i32,
        release: fn(),
    ) -> io::Result<Self> {
        Self::start_with(threads, most, niceness, (IDLE, release))
    }

    fn start_with(
        threads: usize,
        most: usize,
        niceness: i32,
        when_idle: (Duration, fn()),
    ) -> io::Result<Self> {
        let threads = threads.max(1);
        let queue = Mutex::new(Queue { idle: threads, ..Queue::default() });
        let pool = Self { shared: Arc::new(Shared { queue, changed: Condvar::new(), most }) };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new().name(format!("password-{number}")).spawn(move || {
                // Without it passwords are hashed all the same.
                let _ = appserver_os::thread::lower_priority(niceness);
                shared.work(when_idle);
            })?;
        }
        Ok(pool)
    }

    /// Has a job done. What is returned resolves to its result; to nothing if it has panicked or the
    /// pool is gone. Dropping that takes the job back unless it has begun.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn submit<T, J>(
        &self,
        job: J,
    ) -> Result<impl Future<Output = Option<T>> + Send + use<T, J>, Full>
    where
        T: Send + 'static,
        J: FnOnce() -> T + Send + 'static,
    {
        let (result, receiver) = oneshot::channel();
        self.shared.push(Box::new(Asked { job, result }))?;
        Ok(async { receiver.await.ok() })
    }

    /// How many jobs wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        let queue = lock(&self.shared.queue);
        queue.jobs.len().saturating_sub(queue.idle)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("most", &self.shared.most).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let cancelled = {
            let mut queue = lock(&self.shared.queue);
            queue.is_closed = true;
            std::mem::take(&mut queue.jobs)
        };
        self.shared.changed.notify_all();
        drop(cancelled);
    }
}

impl Shared {
    fn push(&self, job: Box<dyn Job>) -> Result<(), Full> {
        let mut queue = lock(&self.queue);
        if queue.jobs.len() >= self.most + queue.idle {
            queue.jobs.retain(|job| job.is_wanted());
        }
        if queue.jobs.len() >= self.most + queue.idle {
            return Err(Full);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self, when_idle: (Duration, fn())) {
        while let Some(job) = self.next(when_idle) {
            if job.is_wanted() {
                // The hook has told of it; whoever waits learns that there is no result.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| job.run()));
            }
            lock(&self.queue).idle += 1;
        }
    }

    /// The next job; none once the pool is gone. The thread counts as idle until then.
    fn next(&self, (idle, release): (Duration, fn())) -> Option<Box<dyn Job>> {
        let mut queue = lock(&self.queue);
        let mut is_released = false;
        loop {
            if queue.is_closed {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                queue.idle -= 1;
                return Some(job);
            }
            if is_released {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(queue, idle);
            let timeout;
            (queue, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() && queue.jobs.is_empty() {
                is_released = true;
                drop(queue);
                release();
                queue = lock(&self.queue);
            }
        }
    }
}

/// Nothing that is guarded here can be left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
