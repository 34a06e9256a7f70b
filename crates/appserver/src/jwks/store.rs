//! One fetched set in memory that all workers of a machine see.
//!
//! It outlives each of them, and generations too. Whoever holds the lease may fetch and write; a
//! lease ends by itself, so that a worker that is killed holds up nobody. Readers never wait: a
//! version word is odd while the set is written, and a checksum tells a set that was written by
//! halves.

mod adopt;
mod lease;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use appserver_os::SharedMemory;

use super::fetch::FetchResult;
use super::pace::History;

pub(super) use adopt::Name;
pub(super) use lease::Lease;

/// The largest set, in bytes, whatever the settings allow.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

const WORD: usize = size_of::<u64>();

/// Whose set it is; 0 while it is nobody's.
const IDENTITY: usize = 0;
const VERSION: usize = 1;
const LEASE: usize = 2;
const BEGAN: usize = 3;
const ENDED: usize = 4;
const FAILURES: usize = 5;
const FETCHED: usize = 6;
const FRESH_UNTIL: usize = 7;
const LENGTH: usize = 8;
const CHECKSUM: usize = 9;
/// The end of freshness of the set whose end the log has told.
const TOLD: usize = 10;
/// Where the set comes from, and what its keys are for: hashes, 0 while it is nobody's.
const ADDRESS: usize = 11;
const ALGORITHMS: usize = 12;
const COUNTS: usize = 16;
const BODY: usize = COUNTS + FetchResult::ALL.len().next_multiple_of(WORD);

static NOWHERE: AtomicU64 = AtomicU64::new(0);

/// How often a set was fetched, by what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts([u64; FetchResult::ALL.len()]);

impl Counts {
    /// Each result with its count.
    pub fn iter(&self) -> impl Iterator<Item = (FetchResult, u64)> {
        FetchResult::ALL.into_iter().zip(self.0)
    }
}

/// How often the set in this memory was fetched.
#[must_use]
pub fn counts(memory: &SharedMemory) -> Counts {
    let words = memory.words().get(COUNTS..).unwrap_or_default();
    let mut counts = [0; FetchResult::ALL.len()];
    for (count, word) in counts.iter_mut().zip(words) {
        *count = word.load(Ordering::Relaxed);
    }
    Counts(counts)
}

/// A set as it was found.
pub(super) struct Copy {
    pub(super) checksum: u64,
    pub(super) body: Vec<u8>,
}

/// One set.
#[derive(Clone, Debug)]
pub(super) struct Store {
    memory: Arc<SharedMemory>,
}

impl Store {
    /// New memory for a set of up to so many bytes.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub(super) fn create(max_bytes: usize) -> io::Result<SharedMemory> {
        SharedMemory::create(BODY + max_bytes.min(LARGEST).div_ceil(WORD))
    }

    /// The set in this memory.
    pub(super) fn new(memory: Arc<SharedMemory>) -> Self {
        Self { memory }
    }

    /// Whose set it is, by the settings that it is fetched with; 0 if nobody's.
    pub(super) fn identity(&self) -> u64 {
        self.word(IDENTITY).load(Ordering::SeqCst)
    }

    /// Makes it the set of this identity; false if it is another's.
    pub(super) fn claim(&self, identity: u64) -> bool {
        let word = self.word(IDENTITY);
        let claimed = word.compare_exchange(0, identity, Ordering::SeqCst, Ordering::SeqCst);
        claimed.is_ok() || claimed == Err(identity)
    }

    /// Changes with each set that is put in; odd while that happens.
    pub(super) fn version(&self) -> u64 {
        self.word(VERSION).load(Ordering::Acquire)
    }

    /// What has happened so far.
    pub(super) fn history(&self) -> History {
        let load = |index| self.word(index).load(Ordering::SeqCst);
        History {
            began: load(BEGAN),
            ended: load(ENDED),
            busy_until: Lease::end_of(load(LEASE)),
            failures: load(FAILURES),
            fetched: load(FETCHED),
            fresh_until: load(FRESH_UNTIL),
        }
    }

    /// How many fetches have ended.
    pub(super) fn ended(&self) -> u64 {
        counts(&self.memory).iter().map(|(_, count)| count).sum()
    }

    /// The set, if there is a whole one.
    pub(super) fn read(&self) -> Option<Copy> {
        let version = self.version();
        if version == 0 || version % 2 == 1 {
            return None;
        }
        let length = usize::try_from(self.word(LENGTH).load(Ordering::Relaxed)).ok()?;
        let checksum = self.word(CHECKSUM).load(Ordering::Relaxed);
        let mut body = Vec::with_capacity(length.min(self.room()));
        let words = self.body().iter().take(length.div_ceil(WORD));
        body.extend(words.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()));
        fence(Ordering::Acquire);
        if self.version() != version || body.len() < length {
            return None;
        }
        body.truncate(length);
        (hash(&body) == checksum).then_some(Copy { checksum, body })
    }

    /// Whether this is the first time that somebody asks after the end of the set that is in it.
    pub(super) fn tells_its_end(&self) -> bool {
        let end = self.word(FRESH_UNTIL).load(Ordering::SeqCst);
        self.word(TOLD).swap(end, Ordering::SeqCst) != end
    }

    /// How many bytes a set may have.
    fn room(&self) -> usize {
        self.body().len() * WORD
    }

    fn body(&self) -> &[AtomicU64] {
        self.memory.words().get(BODY..).unwrap_or_default()
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        self.memory.words().get(index).unwrap_or(&NOWHERE)
    }
}

/// FNV-1a: the same in every program that shares the memory. It guards against accidents only.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests;
