//! A worker's side of fetched keys: puts what was fetched into the gate, and fetches when it is its
//! turn.
//!
//! One task per set, on the worker's loop; it looks at the shared memory about once a second, more
//! often only while requests wait. Fetching itself is a thread's business.

mod turn;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::{io, mem};

use appserver_auth::config::Remote;
use appserver_auth::key::KeySet;
use appserver_auth::{Algorithm, KeyRing, Refetched};
use appserver_os::SharedMemory;
use appserver_os::clock::monotonic_ns;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, unconstrained};

use super::pace::{History, Pace};
use super::shelf;
use super::store::{Lease, Store};
use super::waiting::Waiting;
use turn::Turn;

/// How often the shared memory is looked at: for what other workers have fetched.
const LOOK: Duration = Duration::from_secs(1);
/// How often while requests wait for what another worker fetches.
const WATCH: Duration = Duration::from_millis(50);

/// A provider whose keys are fetched.
pub struct Watched {
    /// Its name, for the log.
    pub name: String,
    /// Where its keys are, and how they are kept.
    pub remote: Remote,
    /// What its keys are for; others are not admitted.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys go.
    pub ring: Rc<KeyRing>,
}

/// Keeps keys fresh until it is dropped.
pub struct Keeper {
    tasks: Vec<JoinHandle<()>>,
    kept: Vec<Rc<Turns>>,
}

impl Keeper {
    /// Begins to keep these providers' keys, in the memory that the master has handed down. What is
    /// there already is in the rings when this returns. To be called on a `LocalSet`.
    ///
    /// # Errors
    /// A set for which the master has no memory gets none of its own from the kernel.
    pub fn start(watched: Vec<Watched>, memories: &[Arc<SharedMemory>]) -> io::Result<Self> {
        let mut keeper = Self { tasks: Vec::new(), kept: Vec::new() };
        for watched in watched {
            let store = shelf::find(memories, &watched.remote, &watched.algorithms)?;
            let pace = Pace::new(&watched.remote, jitter());
            let waiting = Rc::new(Waiting::new(store.clone(), pace, watched.remote.timeout));
            watched.ring.set_source(Rc::clone(&waiting) as Rc<_>);
            let turns = Rc::new(Turns::default());
            let turn = Turn::new(&watched, store.clone());
            let ended = store.ended();
            let kept = Rc::clone(&turns);
            let mut one = One { watched, store, pace, waiting, turn, turns, loaded: None, ended };
            one.look(monotonic_ns());
            // Without a budget: see docs/decisions/0008.
            keeper.tasks.push(tokio::task::spawn_local(unconstrained(one.run())));
            keeper.kept.push(kept);
        }
        Ok(keeper)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.kept.iter().for_each(|turns| turns.abandon());
    }
}

/// The fetch that this worker has begun, if any.
#[derive(Default)]
struct Turns(std::cell::RefCell<Option<(Store, Pace, Lease)>>);

impl Turns {
    /// Another worker need not wait until the lease ends by itself.
    fn abandon(&self) {
        if let Some((store, pace, lease)) = self.0.take() {
            store.abandon(lease, &pace, monotonic_ns());
        }
    }
}

/// One set, as one worker keeps it.
struct One {
    watched: Watched,
    store: Store,
    pace: Pace,
    waiting: Rc<Waiting>,
    turn: Turn,
    turns: Rc<Turns>,
    /// The checksum of the set that is in the ring.
    loaded: Option<u64>,
    /// How many fetches had ended when it last looked.
    ended: u64,
}

impl One {
    async fn run(mut self) {
        loop {
            let now = monotonic_ns();
            // Before it looks: a set that comes in between is not one that did not come.
            let (ended, history) = (self.store.ended(), self.store.history());
            self.look(now);
            self.settle(ended, &history, now);
            if let Some(done) = self.begin(now) {
                let _ = done.await;
                self.turns.0.take();
            } else if self.waiting.is_wanted() {
                // Another worker is at it; whoever else begins to wait changes nothing.
                tokio::time::sleep(WATCH).await;
            } else {
                let _ = tokio::time::timeout(LOOK, self.waiting.rung()).await;
            }
        }
    }

    /// Puts what was fetched into the ring, or takes what is too old out of it.
    fn look(&mut self, now: u64) {
        if self.pace.is_over(&self.store.history(), now) {
            return self.give_up();
        }
        let version = self.store.version();
        if version == self.waiting.seen() {
            return;
        }
        let copy = self.store.read();
        if version.is_multiple_of(2) && version == self.store.version() {
            // Also what is damaged, or cannot be used here: looking again changes nothing.
            self.waiting.saw(version);
        }
        let Some(copy) = copy.filter(|copy| self.loaded != Some(copy.checksum)) else { return };
        let Watched { remote, algorithms, ring, .. } = &self.watched;
        // Whoever has fetched it has found a usable key in it; but under a former generation's
        // settings it may be none for these.
        let found = KeySet::from_jwk_set(&copy.body, algorithms, remote.max_keys);
        if let Some((set, _)) = found.ok().filter(|(set, _)| !set.is_empty()) {
            ring.replace(set);
            self.loaded = Some(copy.checksum);
            self.waiting.renewed();
        }
    }

    fn give_up(&mut self) {
        if mem::take(&mut self.loaded).is_none() {
            return;
        }
        self.watched.ring.replace(KeySet::default());
        if self.store.tells_its_end() {
            let name = &self.watched.name;
            tracing::error!(
                "provider {name}: its keys are too old to be used, and no newer ones can be \
                 fetched; its tokens are refused"
            );
        }
    }

    /// Begins a fetch, if it is due and no other worker is at it.
    fn begin(&self, now: u64) -> Option<oneshot::Receiver<()>> {
        let until = now.saturating_add(self.turn.longest());
        let lease = self.store.begin(&self.pace, now, until, self.waiting.is_wanted())?;
        *self.turns.0.borrow_mut() = Some((self.store.clone(), self.pace, lease));
        Some(self.turn.begin(lease, self.pace))
    }

    /// Lets those go who wait for a fetch that has ended, or that cannot begin.
    fn settle(&mut self, ended: u64, history: &History, now: u64) {
        let before = mem::replace(&mut self.ended, ended);
        let can_come = Pace::is_busy(history, now) || self.pace.may_begin(history, now);
        if ended != before || !can_come {
            let has_failed = history.failures > 0 || history.fetched == 0;
            let outcome = if has_failed { Refetched::Failed } else { Refetched::Unchanged };
            self.waiting.settle(outcome);
        }
    }
}

/// Another number on each machine.
fn jitter() -> u8 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish().to_le_bytes().first().copied().unwrap_or(0)
}
