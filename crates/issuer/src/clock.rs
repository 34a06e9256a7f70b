//! The time that tokens bear. It does not go back where the machine's clock is set back a little:
//! tokens that were given out before would come after those that follow.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// By how much at most a clock that was set back is ignored, in milliseconds. A clock that was wrong
/// by more has been put right, and is followed.
pub(crate) const MOST_BACK: i64 = 60_000;

/// A clock.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// Now, in milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn at(&self, now: i64) -> i64 {
        let last = self.0.load(Ordering::Relaxed);
        if now < last && last - now <= MOST_BACK {
            return last;
        }
        self.0.store(now, Ordering::Relaxed);
        now
    }
}

/// Whole seconds of milliseconds.
pub(crate) fn seconds(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn small_steps_back_are_ignored_and_large_ones_followed() {
        let clock = Clock::default();
        let read = |now| clock.at(now);
        assert_eq!(
            [1_000_000, 999_000, 1_000_500, 940_500, 940_499, 940_600].map(read),
            [1_000_000, 1_000_000, 1_000_500, 1_000_500, 940_499, 940_600]
        );
    }
}
