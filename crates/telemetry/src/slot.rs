//! One worker's place on the scoreboard.
//!
//! Every word has a single writer, so counting is a load and a store, not a locked instruction. The
//! request line is guarded by a version word that is odd while it is being written.

mod auth;
mod issuing;
mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use appserver_os::SharedMemory;

use crate::Scoreboard;

pub(crate) use auth::AUTH_WORDS;
pub use auth::{AuthCount, AuthCounters, AuthReport, AuthResult};
use issuing::ISSUING_WORDS;
pub use issuing::{IssuingEvent, IssuingReport};
pub use report::SlotReport;

/// Status classes that are counted apart: 1xx to 5xx.
pub const CLASSES: usize = 5;
/// Buckets of a latency histogram.
pub const BUCKETS: usize = 16;
/// The first bucket ends at 2^16 ns (about 66 µs); each further one is twice as wide.
const FIRST_BUCKET_BITS: u32 = 16;
/// Longest request line kept, in bytes: enough to tell views apart.
const LINE_BYTES: usize = 128;
const LINE_WORDS: usize = LINE_BYTES / 8;

const PID: usize = 0;
const STATE: usize = 1;
const HEARTBEAT: usize = 2;
const CONNECTIONS: usize = 3;
const ACCEPTED: usize = 4;
const IN_FLIGHT: usize = 5;
const REFUSED: usize = 6;
const BUSY_NS: usize = 7;
const OLDEST_SINCE: usize = 8;
const LINE_VERSION: usize = 9;
const LINE_LENGTH: usize = 10;
const GENERATION: usize = 11;
const STARTED: usize = 12;
const IS_UNTIMED: usize = 13;
const HAS_AUTH: usize = 14;
const LINE: usize = 16;
const HISTOGRAM: usize = LINE + LINE_WORDS;
const ISSUING: usize = HISTOGRAM + CLASSES * BUCKETS;

/// Words of one slot; whole cache lines, so that workers do not disturb each other.
pub(crate) const SLOT_WORDS: usize = (ISSUING + ISSUING_WORDS).next_multiple_of(8);

static NOWHERE: AtomicU64 = AtomicU64::new(0);

/// Upper bound of a histogram bucket in nanoseconds; the last one has none.
pub fn bucket_bound_ns(bucket: usize) -> Option<u64> {
    (bucket + 1 < BUCKETS).then(|| 1 << (FIRST_BUCKET_BITS as usize + bucket))
}

fn bucket_of(nanos: u64) -> usize {
    let bits = 64 - (nanos >> FIRST_BUCKET_BITS).leading_zeros();
    (bits as usize).min(BUCKETS - 1)
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// Nobody is here.
    #[default]
    Empty,
    /// Forked, not yet accepting.
    Booting,
    /// Accepting.
    Ready,
    /// Finishing what it has.
    Draining,
}

impl WorkerState {
    fn from_word(word: u64) -> Self {
        match word {
            1 => Self::Booting,
            2 => Self::Ready,
            3 => Self::Draining,
            _ => Self::Empty,
        }
    }
}

/// How much a worker has to do. The numbers may be a moment apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Open connections.
    pub connections: u64,
    /// Requests that are not answered yet.
    pub in_flight: u64,
    /// Connections that were ever accepted in this slot.
    pub accepted: u64,
}

/// A worker's slot; cheap to clone.
#[derive(Clone, Debug)]
pub struct Slot {
    memory: Arc<SharedMemory>,
    base: usize,
    auth_base: usize,
    index: usize,
}

impl Slot {
    /// A slot whose words begin at these places.
    pub(crate) fn new(
        memory: Arc<SharedMemory>,
        index: usize,
        (base, auth_base): (usize, usize),
    ) -> Self {
        Self { memory, base, auth_base, index }
    }

    /// Its number.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The slot with this number of the same scoreboard, if a worker ever had it. They are given out from the
    /// first on.
    pub fn sibling(&self, index: usize) -> Option<Self> {
        let board = Scoreboard::of(Arc::clone(&self.memory));
        let slot = (index < board.slots()).then(|| board.slot(index));
        slot.filter(|slot| slot.get(GENERATION) > 0)
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        self.memory.words().get(self.base.saturating_add(offset)).unwrap_or(&NOWHERE)
    }

    fn get(&self, offset: usize) -> u64 {
        self.word(offset).load(Ordering::Relaxed)
    }

    fn set(&self, offset: usize, value: u64) {
        self.word(offset).store(value, Ordering::Relaxed);
    }

    fn add(&self, offset: usize, value: u64) {
        let word = self.word(offset);
        word.store(word.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed);
    }

    /// A new worker sits down: gauges start again, counters go on.
    pub fn occupy(&self, pid: u32, generation: u64, now_ns: u64) {
        let gauges = [CONNECTIONS, IN_FLIGHT, OLDEST_SINCE, LINE_LENGTH, LINE_VERSION, IS_UNTIMED];
        for offset in gauges {
            self.set(offset, 0);
        }
        self.set(PID, u64::from(pid));
        self.set(GENERATION, generation);
        self.set(STARTED, now_ns);
        self.set(HEARTBEAT, now_ns);
        self.set_state(WorkerState::Booting);
    }

    /// The worker has gone.
    pub fn vacate(&self) {
        for offset in [PID, CONNECTIONS, IN_FLIGHT, OLDEST_SINCE] {
            self.set(offset, 0);
        }
        self.set_state(WorkerState::Empty);
    }

    /// Says what the worker is doing now.
    pub fn set_state(&self, state: WorkerState) {
        self.set(STATE, state as u64);
    }

    /// Requests of this worker may take as long as they like.
    pub fn set_untimed(&self) {
        self.set(IS_UNTIMED, 1);
    }

    /// The loop has turned.
    pub fn beat(&self, now_ns: u64) {
        self.set(HEARTBEAT, now_ns);
    }

    /// What the worker has to do, if it accepts connections.
    pub fn load(&self) -> Option<Load> {
        let is_ready = WorkerState::from_word(self.get(STATE)) == WorkerState::Ready;
        is_ready.then(|| Load {
            connections: self.get(CONNECTIONS),
            in_flight: self.get(IN_FLIGHT),
            accepted: self.get(ACCEPTED),
        })
    }

    /// A connection was accepted.
    pub fn connection_opened(&self) {
        self.add(CONNECTIONS, 1);
        self.add(ACCEPTED, 1);
    }

    /// A connection has ended.
    pub fn connection_closed(&self) {
        self.add(CONNECTIONS, 1_u64.wrapping_neg());
    }

    /// A request was answered without being understood (400, 408, 431 and the like).
    pub fn refused(&self, _status: u16) {
        self.add(REFUSED, 1);
    }

    /// A request goes to the application.
    pub fn request_started(&self, now_ns: u64, method: &str, target: &str) {
        self.add(IN_FLIGHT, 1);
        self.set_oldest(Some((now_ns, method, target)));
    }

    /// A request was answered with this status after so many nanoseconds.
    pub fn request_finished(&self, status: u16, nanos: u64) {
        self.add(IN_FLIGHT, 1_u64.wrapping_neg());
        self.set(OLDEST_SINCE, 0);
        self.add(BUSY_NS, nanos);
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        self.add(HISTOGRAM + class * BUCKETS + bucket_of(nanos), 1);
    }

    /// A request ended with no answer: its client had gone.
    pub fn request_abandoned(&self) {
        self.add(IN_FLIGHT, 1_u64.wrapping_neg());
        self.set(OLDEST_SINCE, 0);
    }

    /// Publishes the request that has been running longest.
    pub fn set_oldest(&self, oldest: Option<(u64, &str, &str)>) {
        let Some((since_ns, method, target)) = oldest else {
            self.set(OLDEST_SINCE, 0);
            return;
        };
        let version = self.get(LINE_VERSION);
        self.set(LINE_VERSION, version | 1);
        fence(Ordering::Release);
        let length = self.write_line(method.as_bytes(), target.as_bytes());
        self.set(LINE_LENGTH, length as u64);
        self.word(LINE_VERSION).store((version | 1).wrapping_add(1), Ordering::Release);
        self.set(OLDEST_SINCE, since_ns.max(1));
    }

    fn write_line(&self, method: &[u8], target: &[u8]) -> usize {
        let mut line = [0_u8; LINE_BYTES];
        let mut length = 0;
        for part in [method, b" ", target] {
            let room = line.get_mut(length..).unwrap_or_default();
            let taken = part.len().min(room.len());
            for (to, from) in room.iter_mut().zip(part) {
                *to = *from;
            }
            length += taken;
        }
        let used = length.div_ceil(8);
        for (offset, chunk) in line.as_chunks::<8>().0.iter().take(used).enumerate() {
            self.set(LINE + offset, u64::from_le_bytes(*chunk));
        }
        length
    }
}

#[cfg(test)]
mod tests;
