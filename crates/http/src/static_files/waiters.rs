//! Threads that may wait for a disk: so many at a time for each folder.
//!
//! A job that nobody wants any more keeps its place until it ends, because nothing ends a wait for
//! a disk. So a disk that does not answer takes these threads and no more, and whoever comes later
//! waits in line, in the order of coming, on the loop and without a thread.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Half of the threads that a worker has for waiting: one dead disk leaves the others to those who
/// wait for something else.
const MOST_JOBS: usize = 32;

/// A disk that has ended none of so many jobs in this time has trouble that lasts: a client had
/// better be told so.
const LONGEST_LINE: Duration = Duration::from_secs(5);

/// The threads of one folder.
#[derive(Clone)]
pub(super) struct Waiters {
    places: Arc<Semaphore>,
    longest_line: Duration,
}

impl Waiters {
    /// All places are free.
    pub(super) fn new() -> Self {
        Self::with(MOST_JOBS, LONGEST_LINE)
    }

    fn with(jobs: usize, longest_line: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(jobs)), longest_line }
    }

    /// Does a job where it may wait.
    ///
    /// # Errors
    /// `TimedOut` if no place has become free in time; else those of the job.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => tokio::time::timeout(self.longest_line, self.place()).await??,
        };
        work(place, job).await
    }

    /// Does a job where it may wait, however long the line is: for who cannot be told to come
    /// again.
    ///
    /// # Errors
    /// Those of the job.
    pub(super) async fn run_in_the_end<T: Send + 'static>(
        self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        work(self.place().await?, job).await
    }

    /// Gives something up where that may wait. It takes a place if there is one, and cannot wait
    /// in line: nobody is left to do so.
    pub(super) fn give_up(&self, what: impl Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let place = Arc::clone(&self.places).try_acquire_owned();
            runtime.spawn_blocking(move || drop((what, place)));
        }
    }

    async fn place(&self) -> io::Result<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)
    }
}

async fn work<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let worked = tokio::task::spawn_blocking(move || {
        let _place = place;
        job()
    });
    worked.await.map_err(io::Error::other)?
}

#[cfg(test)]
impl Waiters {
    /// Places that are never free, and nobody who waits for one.
    pub(super) fn none() -> Self {
        Self::with(0, Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::io;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    use super::{Duration, Waiters};

    #[test]
    fn jobs_that_nobody_wants_keep_their_places() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let waiters = Waiters::with(2, Duration::ZERO);
        let mut stuck = Vec::new();
        runtime.block_on(async {
            for _ in 0..2 {
                let (go_on, may_go_on) = mpsc::channel::<()>();
                stuck.push(go_on);
                let job = move || may_go_on.recv().map_err(io::Error::other);
                let mut left = Box::pin(waiters.run(job));
                let mut cx = Context::from_waker(Waker::noop());
                assert!(left.as_mut().poll(&mut cx).is_pending());
            }
            let refused = waiters.run(|| Ok(())).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
            // Who waits in line gets the place of who has ended.
            let patient = waiters.clone().run_in_the_end(|| Ok(7));
            let end = async { stuck.clear() };
            assert_eq!(tokio::join!(patient, end).0.unwrap(), 7);
        });
    }

    #[test]
    fn a_job_that_fails_gives_its_place_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let waiters = Waiters::with(1, Duration::ZERO);
        for _ in 0..2 {
            let failed =
                runtime.block_on(waiters.run(|| Err::<(), _>(io::ErrorKind::NotFound.into())));
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
