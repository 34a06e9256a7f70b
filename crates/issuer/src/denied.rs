//! What is revoked, in memory that all workers of a machine see.
//!
//! It outlives each of them, and generations too. Asking never waits, calls the kernel or takes
//! memory; writing does not wait for anybody either, and whoever is killed while it writes leaves
//! the rest as it was. No revocation is ever dropped for want of room: then nothing passes, until
//! there is room again. Where revocations come from is known only to `feed`.

mod feed;
mod lease;
mod table;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use appserver_auth::{Denials, Mark};
use appserver_os::{SharedMemory, clock};
use appserver_store::Denial;

pub(crate) use feed::Feed;
use table::{SLOT, Table};

/// Slots for revocations. Four fifths are certain to find one; with access tokens of five minutes
/// that is more than 150 logouts each second. 4 MiB, of which only what is used is taken.
const SLOTS: usize = 128 * 1024;

/// How the words are laid out: another program's memory is not ours to read.
const LAYOUT_1: u64 = 0x6465_6e69_6564_0001;

const LAYOUT: usize = 0;
const LEASE: usize = 1;
const HOLDERS: usize = 2;
const HEARD: usize = 3;
const LOST: usize = 4;
const FOUND: usize = 5;
/// The latest `iat` that was given out on this machine.
const LATEST: usize = 6;
/// Slots begin here: two of them fill a cache line.
const HEADER: usize = 16;

static NOWHERE: AtomicU64 = AtomicU64::new(0);

/// What is revoked.
#[derive(Debug)]
pub struct Denied {
    memory: Memory,
    stale_after: Option<Duration>,
    /// For how long denials are kept, in seconds, where the store keeps them for longer.
    horizon: Option<i64>,
    /// Who we are to the lease; 0 until we want it.
    holder: AtomicU64,
}

#[derive(Debug)]
enum Memory {
    Shared(Arc<SharedMemory>),
    Private(Box<[AtomicU64]>),
}

impl Denied {
    /// New memory, for all workers of a machine and for as long as the store is the same.
    ///
    /// # Errors
    /// When the kernel gives no memory or descriptor.
    pub fn create_memory() -> io::Result<SharedMemory> {
        SharedMemory::create(HEADER + SLOTS * SLOT)
    }

    /// What is revoked in this memory; without one, or with one that is laid out in another way,
    /// only this process knows. It is not recent before a word from the store, nor when there was
    /// none for `stale_after`; `None` is never.
    #[must_use]
    pub fn new(memory: Option<Arc<SharedMemory>>, stale_after: Option<Duration>) -> Self {
        let ours = |memory: &Arc<SharedMemory>| {
            let layout = memory.words().get(LAYOUT).unwrap_or(&NOWHERE);
            let set = layout.compare_exchange(0, LAYOUT_1, Ordering::SeqCst, Ordering::SeqCst);
            memory.words().len() >= HEADER + SLOT && (set.is_ok() || set == Err(LAYOUT_1))
        };
        let memory = memory.filter(ours).map_or_else(|| Memory::private(SLOTS), Memory::Shared);
        Self { memory, stale_after, horizon: None, holder: AtomicU64::new(0) }
    }

    /// Keeps denials no longer than this: as long as the tokens live that are asked about. Without
    /// it they would be kept for as long as refresh tokens live, which only the store is asked about.
    #[must_use]
    pub fn keeping(self, horizon: Duration) -> Self {
        Self { horizon: i64::try_from(horizon.as_secs()).ok(), ..self }
    }

    /// From when on denials have to be known, at this time; both in milliseconds.
    pub(crate) fn beginning(&self, now: i64) -> i64 {
        self.horizon.map_or(0, |horizon| now.saturating_sub(horizon.saturating_mul(1000)).max(0))
    }

    /// The latest `iat` that was given out on this machine, or a little earlier, in seconds.
    pub(crate) fn latest(&self) -> i64 {
        i64::try_from(self.word(LATEST).load(Ordering::SeqCst)).unwrap_or(0)
    }

    /// Says that tokens of this time are given out. A clock that was wrong is forgotten.
    pub(crate) fn issues(&self, now: i64, most_back: i64) {
        let (latest, now) = (self.latest(), now.max(0));
        if now > latest || latest - now > most_back {
            self.word(LATEST).store(now.unsigned_abs(), Ordering::SeqCst);
        }
    }

    /// Puts denials in; one that is there already only becomes stricter. They must be in the store
    /// before. `now` is in seconds, as their times are. False if there was no room for one of them:
    /// then [`Self::is_full`] holds.
    pub fn put(&self, denials: &[Denial], now: i64) -> bool {
        let table = self.table();
        let end = self.horizon.map_or(i64::MAX, |horizon| now.saturating_add(horizon));
        let kept = denials.iter().map(|&denial| Denial { until: denial.until.min(end), ..denial });
        let lost = kept.filter(|denial| !table.put(denial, now)).count();
        self.word(LOST).fetch_add(lost as u64, Ordering::SeqCst);
        lost == 0
    }

    /// Whether there was no room for a denial that has not found one since. Then nothing is recent.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.lost() != self.word(FOUND).load(Ordering::SeqCst)
    }

    /// How many denials there was no room for, ever.
    fn lost(&self) -> u64 {
        self.word(LOST).load(Ordering::SeqCst)
    }

    /// Says that everything that the store knows is in, also what had been lost until `lost` was
    /// read, which was before the store was asked.
    fn found(&self, lost: u64) {
        self.word(FOUND).fetch_max(lost, Ordering::SeqCst);
    }

    /// How many denials there are that have not ended, and for how many there are slots. Takes about
    /// a millisecond. `now` is in seconds.
    #[must_use]
    pub fn usage(&self, now: i64) -> (usize, usize) {
        let table = self.table();
        (table.count(now), table.slots())
    }

    /// Says that everything that the store knew at this time is in. Nanoseconds of
    /// [`clock::monotonic_ns`].
    pub fn heard(&self, now: u64) {
        self.word(HEARD).fetch_max(now, Ordering::SeqCst);
    }

    /// When the store was last heard, by whichever worker; nanoseconds of [`clock::monotonic_ns`].
    #[must_use]
    pub fn last_heard(&self) -> Option<u64> {
        Some(self.word(HEARD).load(Ordering::SeqCst)).filter(|heard| *heard > 0)
    }

    fn is_recent_at(&self, now: impl Fn() -> u64) -> bool {
        if self.is_full() {
            return false;
        }
        // Who has never heard anything knows nothing.
        let Some(heard) = self.last_heard() else { return false };
        let Some(most) = self.stale_after else { return true };
        // The clock last: others may say that they have heard meanwhile.
        u128::from(now().saturating_sub(heard)) <= most.as_nanos()
    }

    fn table(&self) -> Table<'_> {
        Table::new(self.memory.words().get(HEADER..).unwrap_or_default())
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        self.memory.words().get(index).unwrap_or(&NOWHERE)
    }
}

/// A denial may be told for a while after it has ended: nothing that it is about is valid then.
impl Denials for Denied {
    fn before(&self, mark: Mark) -> Option<i64> {
        self.table().before(mark)
    }

    fn is_recent(&self) -> bool {
        self.is_recent_at(clock::monotonic_ns)
    }
}

impl Memory {
    fn private(slots: usize) -> Self {
        Self::Private((0..HEADER + slots * SLOT).map(|_| AtomicU64::new(0)).collect())
    }

    fn words(&self) -> &[AtomicU64] {
        match self {
            Self::Shared(memory) => memory.words(),
            Self::Private(words) => words,
        }
    }
}

#[cfg(test)]
mod tests;
