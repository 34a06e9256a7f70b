//! When keys are fetched: decided from times alone, so that every case can be tried.
//!
//! Two fetches never begin within the cool-down, whatever asks for them, but for one case: a worker
//! that ends in the middle of a fetch, while there are no keys at all, leaves it to another after a
//! pause that is shorter. Times are nanoseconds of one clock that all workers share; 0 is never.

use appserver_auth::config::Remote;

/// The longest time between two attempts in a row that fail, unless the cool-down is longer.
const LONGEST_BACKOFF: u64 = 300 * SECOND;
/// The longest pause after a fetch that was left in the middle.
const LONGEST_PAUSE: u64 = SECOND;
const SECOND: u64 = 1_000_000_000;

/// What has happened to one set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// When the last fetch began.
    pub(super) began: u64,
    /// When it ended, if it has.
    pub(super) ended: u64,
    /// Until when the fetch that is under way has its time; 0 if there is none.
    pub(super) busy_until: u64,
    /// How many in a row have failed.
    pub(super) failures: u64,
    /// When the set was fetched.
    pub(super) fetched: u64,
    /// The end of its freshness.
    pub(super) fresh_until: u64,
}

/// What the settings say of one set, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    cooldown: u64,
    refresh_before: u64,
    stale_if_error: u64,
}

impl Pace {
    /// As the settings have it. `jitter` out of 256 moves the refresh ahead by up to as long again,
    /// so that machines that were started together do not ask together.
    pub(super) fn new(remote: &Remote, jitter: u8) -> Self {
        let refresh_before = nanos(remote.refresh_before);
        Self {
            cooldown: nanos(remote.cooldown),
            refresh_before: refresh_before.saturating_add(refresh_before / 256 * u64::from(jitter)),
            stale_if_error: nanos(remote.stale_if_error),
        }
    }

    /// Whether a fetch is under way. One whose time is over was left by a worker that is gone.
    pub(super) fn is_busy(history: &History, now: u64) -> bool {
        now < history.busy_until
    }

    /// Whether a fetch may begin: none is under way, and the cool-down is over. It is counted from
    /// the end of the last one, so that whoever waited for that one does not wait for the next.
    pub(super) fn may_begin(&self, history: &History, now: u64) -> bool {
        let last = history.began.max(history.ended);
        !Self::is_busy(history, now) && (last == 0 || now >= last.saturating_add(self.cooldown))
    }

    /// Whether a fetch is to begin: because a key is wanted, or because it is time.
    pub(super) fn is_due(&self, history: &History, now: u64, is_wanted: bool) -> bool {
        self.may_begin(history, now) && (is_wanted || now >= self.due(history))
    }

    /// Whether the set is too old to be used.
    pub(super) fn is_over(&self, history: &History, now: u64) -> bool {
        history.fetched > 0 && now >= history.fresh_until.saturating_add(self.stale_if_error)
    }

    /// When nothing but time asks for a fetch.
    pub(super) fn due(&self, history: &History) -> u64 {
        let again = if history.failures == 0 {
            0
        } else {
            history.began.max(history.ended).saturating_add(self.backoff(history.failures))
        };
        let refresh = if history.fetched == 0 {
            0
        } else {
            // A set that is fresh for a short time is used for half of it at least.
            let half = history.fresh_until.saturating_sub(history.fetched) / 2;
            let ahead = history.fresh_until.saturating_sub(self.refresh_before);
            ahead.max(history.fetched.saturating_add(half))
        };
        again.max(refresh)
    }

    /// How long nobody fetches after a worker has left its fetch in the middle, where there are no
    /// keys at all: a small part of the cool-down.
    pub(super) fn pause(&self) -> u64 {
        (self.cooldown / 10).min(LONGEST_PAUSE)
    }

    /// The time after so many failures in a row: the cool-down, twice that, and so on.
    pub(super) fn backoff(&self, failures: u64) -> u64 {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let time = self.cooldown.saturating_mul(1 << doublings);
        time.min(LONGEST_BACKOFF.max(self.cooldown))
    }
}

/// A time of the settings as the clock counts; far beyond its end it is the end.
pub(super) fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
