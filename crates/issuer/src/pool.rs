//! Threads that may wait and compute, for a loop that may not: few, with a short queue.
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

/// What threads a pool has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads {
    /// What each is called, before its number: at most twelve letters, of which the kernel keeps all.
    pub(crate) name: &'static str,
    /// How many; at least one is started.
    pub(crate) count: usize,
    /// How far they give way to others.
    pub(crate) niceness: i32,
}

/// There are as many jobs waiting as may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many jobs are waiting already")]
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
    /// Starts the threads, with room for `most` jobs that wait for one. `release` is called on each
    /// thread that has been idle for a while.
    ///
    /// # Errors
    /// The kernel gives no thread.
    pub(crate) fn start(threads: Threads, most: usize, release: fn()) -> io::Result<Self> {
        Self::start_with(threads, most, (IDLE, release))
    }

    fn start_with(threads: Threads, most: usize, when_idle: (Duration, fn())) -> io::Result<Self> {
        let Threads { name, count, niceness } = threads;
        let count = count.max(1);
        let queue = Mutex::new(Queue { idle: count, ..Queue::default() });
        let pool = Self { shared: Arc::new(Shared { queue, changed: Condvar::new(), most }) };
        for number in 0..count {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                // Without it all is done, but for the order in which threads get a CPU.
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
