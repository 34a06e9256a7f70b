//! Requests that wait for a key: any number of them is one wish for a fetch, and one wake-up.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use appserver_auth::{Refetch, Refetched};
use appserver_os::clock::monotonic_ns;
use tokio::sync::{Notify, watch};

use super::pace::{History, Pace};
use super::store::Store;

/// Those who wait for one set in one worker.
pub(super) struct Waiting {
    store: Store,
    pace: Pace,
    timeout: Duration,
    is_wanted: Cell<bool>,
    /// The version in the shared memory that was looked at last.
    seen: Cell<u64>,
    /// Wakes the keeper.
    bell: Notify,
    /// How many sets have come; with what came of the last fetch.
    news: watch::Sender<(u64, Refetched)>,
}

impl Waiting {
    /// Nobody waits yet.
    pub(super) fn new(store: Store, pace: Pace, timeout: Duration) -> Self {
        let (news, _) = watch::channel((0, Refetched::Unchanged));
        let (is_wanted, seen, bell) = (Cell::new(false), Cell::new(0), Notify::new());
        Self { store, pace, timeout, is_wanted, seen, bell, news }
    }

    /// Whether somebody wants a fetch.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.get()
    }

    /// The version that was looked at last; 0 is none.
    pub(super) fn seen(&self) -> u64 {
        self.seen.get()
    }

    /// What is in the shared memory in this version is known here now.
    pub(super) fn saw(&self, version: u64) {
        self.seen.set(version);
    }

    /// A new set is in the ring.
    pub(super) fn renewed(&self) {
        self.news.send_modify(|(count, last)| (*count, *last) = (*count + 1, Refetched::Renewed));
        self.is_wanted.set(false);
    }

    /// A fetch has ended without a new set, or none may begin.
    pub(super) fn settle(&self, outcome: Refetched) {
        if self.is_wanted.replace(false) {
            self.news.send_modify(|(_, last)| *last = outcome);
        }
    }

    /// Whether another worker has put a set in that is not in the ring yet: asking brings that, and
    /// no fetch. While one is written, a fetch is under way.
    fn has_news(&self, history: &History, now: u64) -> bool {
        let version = self.store.version();
        version != self.seen.get() && version.is_multiple_of(2) && !self.pace.is_over(history, now)
    }

    /// Resolves when somebody begins to wait.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}

impl Refetch for Waiting {
    fn is_possible(&self) -> bool {
        let (history, now) = (self.store.history(), monotonic_ns());
        Pace::is_busy(&history, now)
            || self.pace.may_begin(&history, now)
            || self.has_news(&history, now)
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = Refetched>>> {
        let mut news = self.news.subscribe();
        let (before, _) = *news.borrow_and_update();
        self.is_wanted.set(true);
        self.bell.notify_one();
        let timeout = self.timeout;
        let wait = async move {
            let told = tokio::time::timeout(timeout, news.changed()).await;
            match *news.borrow() {
                (count, _) if count > before => Refetched::Renewed,
                (_, last) if matches!(told, Ok(Ok(()))) => last,
                _ => Refetched::Failed,
            }
        };
        // Its wake-ups must not depend on the runtime parking (docs/decisions/0008).
        Box::pin(tokio::task::unconstrained(wait))
    }
}
