//! Crash loops: the first replacement is at once, further ones wait longer and longer.

use std::time::Duration;

use super::{Nanos, after};

/// The wait after the second crash in a row; doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// No wait is longer: an operator who mends the cause should not have to wait for long.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A worker that served for so long did not crash in a loop.
const STABLE: Duration = Duration::from_secs(10);

/// Crashes in a row.
#[derive(Debug, Default)]
pub(super) struct Crashes {
    count: u32,
    not_before: Option<Nanos>,
}

impl Crashes {
    /// A worker or a mold ended that should not have; returns how long the next start waits.
    pub(super) fn record(&mut self, ready_since: Option<Nanos>, now: Nanos) -> Duration {
        if ready_since.is_some_and(|since| now >= after(since, STABLE)) {
            self.forgive();
        }
        self.count = self.count.saturating_add(1);
        let Some(doublings) = self.count.checked_sub(2) else {
            return Duration::ZERO;
        };
        let wait = FIRST_WAIT.saturating_mul(1 << doublings.min(16)).min(LONGEST_WAIT);
        self.not_before = Some(after(now, wait));
        wait
    }

    /// When the next start may happen, if it has to wait.
    pub(super) fn not_before(&self) -> Option<Nanos> {
        self.not_before
    }

    /// Whether a start has to wait still.
    pub(super) fn holds(&self) -> bool {
        self.not_before.is_some()
    }

    /// Ends the wait when its time has come.
    pub(super) fn pass(&mut self, now: Nanos) {
        self.not_before = self.not_before.filter(|time| now < *time);
    }

    /// New code starts with a clean record.
    pub(super) fn forgive(&mut self) {
        *self = Self::default();
    }
}

/// When the next attempt comes, for a log line.
pub(super) fn in_words(wait: Duration) -> String {
    if wait.is_zero() { "at once".to_owned() } else { format!("in {wait:?}") }
}
