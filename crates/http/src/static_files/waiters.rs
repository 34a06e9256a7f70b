//! Threads that may wait for a disk: so many at a time for each folder, and for all of a worker.
//!
//! A job that nobody wants any more keeps its places until it ends, because nothing ends a wait for
//! a disk. So a disk that does not answer takes these threads and no more, and whoever comes later
//! waits in line, in the order of coming, on the loop and without a thread.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::closer::Closer;

/// Half of the threads that a worker has for waiting: one dead disk leaves the others to those who
/// wait for something else.
const MOST_JOBS: usize = 32;

/// Of all folders: several may be on the same disk. The rest of the threads is for name servers, and
/// for closing.
const MOST_OF_WORKER: usize = 48;

/// A disk that has ended none of so many jobs in this time has trouble that lasts: a client had
/// better be told so.
const LONGEST_LINE: Duration = Duration::from_secs(5);

/// The threads that all folders of a worker share.
#[derive(Clone)]
pub(super) struct Threads(Arc<Semaphore>);

impl Threads {
    /// All are free.
    pub(super) fn new() -> Self {
        Self::with(MOST_OF_WORKER)
    }

    fn with(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }
}

/// The threads of one folder.
#[derive(Clone)]
pub(super) struct Waiters {
    places: Arc<Semaphore>,
    threads: Threads,
    longest_line: Duration,
    closer: Closer,
}

/// In the folder, and in the worker.
type Place = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Waiters {
    /// All places are free, and these threads are shared with other folders.
    pub(super) fn new(threads: &Threads) -> Self {
        Self::with(threads, MOST_JOBS, LONGEST_LINE)
    }

    fn with(threads: &Threads, jobs: usize, longest_line: Duration) -> Self {
        let (places, threads) = (Arc::new(Semaphore::new(jobs)), threads.clone());
        Self { places, threads, longest_line, closer: Closer::default() }
    }

    /// Does a job where it may wait.
    ///
    /// # Errors
    /// `TimedOut` if it has not begun in time, and then it is not done at all; else those of the
    /// job.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (begin, mut begun) = oneshot::channel();
        let job = move || match begin.send(()) {
            Ok(()) => job(),
            // Whoever wanted it has gone meanwhile.
            Err(()) => Err(io::ErrorKind::TimedOut.into()),
        };
        let mut work = std::pin::pin!(self.clone().run_in_the_end(job));
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = &mut begun => {}
            () = tokio::time::sleep(self.longest_line) => {
                begun.close();
                // It may have begun in this very moment.
                begun.try_recv().map_err(|_| io::ErrorKind::TimedOut)?;
            }
        }
        work.await
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
        let place = self.place().await?;
        let worked = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        worked.await.map_err(io::Error::other)?
    }

    /// Gives something up where that may wait: in line with what else is given up in this folder.
    pub(super) fn give_up(&self, what: impl Send + 'static) {
        self.closer.give_up(what);
    }

    /// Who waits for a place in the folder has none in the worker.
    async fn place(&self) -> io::Result<Place> {
        let of_folder = take(&self.places).await?;
        Ok((of_folder, take(&self.threads.0).await?))
    }
}

async fn take(places: &Arc<Semaphore>) -> io::Result<OwnedSemaphorePermit> {
    Arc::clone(places).acquire_owned().await.map_err(io::Error::other)
}

#[cfg(test)]
impl Waiters {
    /// Places that are never free, and nobody who waits for one.
    pub(super) fn none() -> Self {
        Self::with(&Threads::new(), 0, Duration::ZERO)
    }

    /// How many things are given up and still there.
    pub(super) fn given_up(&self) -> usize {
        self.closer.left()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::io;
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};
    use std::task::{Context, Waker};

    use tokio::runtime::{Builder, Runtime};

    use super::{Duration, Threads, Waiters};

    /// Nobody waits for so long.
    const LONG: Duration = Duration::from_secs(1000);

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_time().build().unwrap()
    }

    fn with(jobs: usize, longest_line: Duration) -> Waiters {
        Waiters::with(&Threads::new(), jobs, longest_line)
    }

    /// Begins a job that nobody wants any more, and that ends when it is told to.
    fn leave_job(waiters: &Waiters) -> Sender<()> {
        let (go_on, may_go_on) = channel();
        let (begin, begun) = channel();
        let job = move || {
            begin.send(()).map_err(io::Error::other)?;
            may_go_on.recv().map_err(io::Error::other)
        };
        let patient = Waiters { longest_line: LONG, ..waiters.clone() };
        let mut left = Box::pin(patient.run(job));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(left.as_mut().poll(&mut cx).is_pending());
        begun.recv().unwrap();
        go_on
    }

    #[test]
    fn jobs_that_nobody_wants_keep_their_places() {
        let waiters = with(2, Duration::ZERO);
        runtime().block_on(async {
            let stuck = [leave_job(&waiters), leave_job(&waiters)];
            let refused = waiters.run(|| Ok(())).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
            // Who waits in line gets the place of who has ended.
            let patient = waiters.clone().run_in_the_end(|| Ok(7));
            let end = async { drop(stuck) };
            assert_eq!(tokio::join!(patient, end).0.unwrap(), 7);
        });
    }

    #[test]
    fn folders_share_the_threads_of_their_worker() {
        let threads = Threads::with(2);
        let folder = || Waiters::with(&threads, 2, Duration::ZERO);
        let (dead, other) = (folder(), folder());
        runtime().block_on(async {
            let stuck = [leave_job(&dead), leave_job(&dead)];
            let refused = other.run(|| Ok(())).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
            let [one, two] = stuck;
            drop(one);
            assert_eq!(other.clone().run_in_the_end(|| Ok(7)).await.unwrap(), 7);
            drop(two);
        });
    }

    #[test]
    fn a_job_that_does_not_begin_in_time_is_not_done() {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().max_blocking_threads(1).build().unwrap();
        let waiters = with(2, Duration::ZERO);
        let done = Arc::new(());
        runtime.block_on(async {
            // The one thread is somebody else's, so that a place is not enough.
            let (go_on, may_go_on) = channel::<()>();
            let busy = tokio::task::spawn_blocking(move || may_go_on.recv());
            let (work, (tell, told)) = (Arc::downgrade(&done), channel());
            let job = move || {
                drop(work);
                tell.send(()).map_err(io::Error::other)
            };
            let refused = waiters.run(job).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
            drop(go_on);
            busy.await.unwrap().unwrap_err();
            // The thread works in the order of coming.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert!(told.try_recv().is_err(), "nobody wants it any more");
            assert_eq!(Arc::weak_count(&done), 0, "nor is it kept");
        });
    }

    #[test]
    fn a_job_that_fails_gives_its_place_back() {
        let waiters = with(1, LONG);
        let runtime = runtime();
        for _ in 0..2 {
            let failed =
                runtime.block_on(waiters.run(|| Err::<(), _>(io::ErrorKind::NotFound.into())));
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
