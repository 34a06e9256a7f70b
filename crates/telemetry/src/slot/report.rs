//! A slot, read by another process.

use std::sync::atomic::{Ordering, fence};

use super::{
    ACCEPTED, AuthReport, BUCKETS, BUSY_NS, CLASSES, CONNECTIONS, GENERATION, HEARTBEAT, HISTOGRAM,
    IN_FLIGHT, IS_UNTIMED, IssuingReport, LINE, LINE_BYTES, LINE_LENGTH, LINE_VERSION, LINE_WORDS,
    OLDEST_SINCE, PID, REFUSED, STARTED, STATE, Slot, WorkerState,
};

/// How often a request line is read again while its writer is busy with it.
const LINE_ATTEMPTS: usize = 8;

/// What a slot says. Numbers of different fields may be a moment apart.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct SlotReport {
    /// Number of the slot.
    pub slot: usize,
    /// Process id; 0 when nobody is here.
    pub pid: u32,
    /// Generation of the worker.
    pub generation: u64,
    /// What it is doing.
    pub state: WorkerState,
    /// When it was forked, in nanoseconds of the monotonic clock.
    pub started_ns: u64,
    /// When its loop last turned, in nanoseconds of the monotonic clock.
    pub heartbeat_ns: u64,
    /// Open connections.
    pub connections: u64,
    /// Connections accepted since the server started.
    pub accepted: u64,
    /// Requests in the application.
    pub in_flight: u64,
    /// Requests refused before the application.
    pub refused: u64,
    /// Time spent in answered requests, in nanoseconds.
    pub busy_ns: u64,
    /// Answered requests by status class (1xx first) and latency bucket.
    pub latency: [[u64; BUCKETS]; CLASSES],
    /// Since when the oldest request has been running, and its method and path.
    pub oldest: Option<(u64, String)>,
    /// Whether requests may take as long as they like.
    pub is_untimed: bool,
    /// What came of authentication, since the server started.
    pub auth: AuthReport,
    /// What came of giving tokens out, since the server started.
    pub issuing: IssuingReport,
}

impl SlotReport {
    /// Requests answered since the server started.
    pub fn requests(&self) -> u64 {
        self.latency.iter().flatten().sum()
    }

    /// Requests answered with a status of this class (5 for 5xx).
    pub fn requests_of_class(&self, class: usize) -> u64 {
        let row = class.checked_sub(1).and_then(|row| self.latency.get(row));
        row.map_or(0, |row| row.iter().sum())
    }
}

impl Slot {
    /// Reads everything.
    pub fn read(&self) -> SlotReport {
        let mut latency = [[0; BUCKETS]; CLASSES];
        for (index, count) in latency.as_flattened_mut().iter_mut().enumerate() {
            *count = self.get(HISTOGRAM + index);
        }
        SlotReport {
            slot: self.index,
            pid: u32::try_from(self.get(PID)).unwrap_or(0),
            generation: self.get(GENERATION),
            state: WorkerState::from_word(self.get(STATE)),
            started_ns: self.get(STARTED),
            heartbeat_ns: self.get(HEARTBEAT),
            connections: self.get(CONNECTIONS),
            accepted: self.get(ACCEPTED),
            in_flight: self.get(IN_FLIGHT),
            refused: self.get(REFUSED),
            busy_ns: self.get(BUSY_NS),
            latency,
            oldest: self.oldest(),
            is_untimed: self.get(IS_UNTIMED) != 0,
            auth: self.read_auth(),
            issuing: self.read_issuing(),
        }
    }

    fn oldest(&self) -> Option<(u64, String)> {
        for _ in 0..LINE_ATTEMPTS {
            let before = self.word(LINE_VERSION).load(Ordering::Acquire);
            let since = self.get(OLDEST_SINCE);
            if since == 0 {
                return None;
            }
            let line = self.read_line();
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.get(LINE_VERSION) == before {
                return Some((since, line));
            }
        }
        Some((self.get(OLDEST_SINCE), "(changing)".to_owned()))
    }

    fn read_line(&self) -> String {
        let length = usize::try_from(self.get(LINE_LENGTH)).unwrap_or(0).min(LINE_BYTES);
        let bytes: Vec<u8> = (0..LINE_WORDS)
            .flat_map(|offset| self.get(LINE + offset).to_le_bytes())
            .take(length)
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
