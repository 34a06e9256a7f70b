//! The right to ask the store for all workers of a machine: one's at a time, and only for a while,
//! so that one that is killed or stopped holds up nobody.
//!
//! Two that believe to have it do no harm: they ask twice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Denied, HOLDERS, LEASE};

/// The low bits of a lease are who has it.
const HOLDER_BITS: u32 = 24;
/// Leases are counted in these: nanoseconds. Forty bits of them are 34 years.
const UNIT: u64 = 1_000_000;

impl Denied {
    /// Takes the lead, or keeps it, for so long; false if it is another's. `now` is in nanoseconds of
    /// [`appserver_os::clock::monotonic_ns`].
    pub fn try_lead(&self, now: u64, time: Duration) -> bool {
        let holder = self.holder();
        let word = self.word(LEASE);
        let held = word.load(Ordering::SeqCst);
        if end_of(held) > now && holder_of(held) != holder {
            return false;
        }
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let until = now.saturating_add(time).div_ceil(UNIT) << HOLDER_BITS;
        word.compare_exchange(held, until | holder, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Whether the lead is ours.
    pub(super) fn leads(&self, now: u64) -> bool {
        let held = self.word(LEASE).load(Ordering::SeqCst);
        end_of(held) > now && holder_of(held) == self.holder()
    }

    /// When the lead that somebody has ends; in the past if nobody has it.
    #[must_use]
    pub fn led_until(&self) -> u64 {
        end_of(self.word(LEASE).load(Ordering::SeqCst))
    }

    /// Gives the lead back, if it is ours.
    pub fn resign(&self) {
        let word = self.word(LEASE);
        let held = word.load(Ordering::SeqCst);
        if held != 0 && holder_of(held) == self.holder() {
            let _ = word.compare_exchange(held, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// A number that nobody else has in this memory; pids would be given again.
    fn holder(&self) -> u64 {
        let known = self.holder.load(Ordering::SeqCst);
        if known != 0 {
            return known;
        }
        let next = self.word(HOLDERS).fetch_add(1, Ordering::SeqCst);
        let next = next % ((1 << HOLDER_BITS) - 1) + 1;
        match self.holder.compare_exchange(0, next, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => next,
            Err(known) => known,
        }
    }
}

fn end_of(lease: u64) -> u64 {
    (lease >> HOLDER_BITS).saturating_mul(UNIT)
}

fn holder_of(lease: u64) -> u64 {
    lease & ((1 << HOLDER_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{other, pair};
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const TIME: Duration = Duration::from_secs(1);

    #[test]
    fn one_leads_until_it_lets_go() {
        let (first, second) = pair();
        assert!(first.try_lead(SECOND, TIME));
        assert!(first.try_lead(SECOND + 1, TIME));
        assert!(!second.try_lead(SECOND + 1, TIME));
        second.resign();
        assert!(!second.try_lead(SECOND + 1, TIME));
        first.resign();
        assert!(second.try_lead(SECOND + 1, TIME));
        assert!(!first.try_lead(SECOND + 1, TIME));
    }

    #[test]
    fn the_lead_of_one_that_is_gone_ends_by_itself() {
        let (first, second) = pair();
        let third = other(&first);
        assert!(first.try_lead(SECOND, TIME));
        drop(first);
        let end = second.led_until();
        assert!(end >= 2 * SECOND);
        assert!(!second.try_lead(end - 1, TIME));
        assert!(second.try_lead(end, TIME));
        assert!(!third.try_lead(end, TIME));
        // What the one that is gone would have kept is another's.
        assert!(third.try_lead(second.led_until(), TIME));
        assert!(!second.try_lead(end + SECOND, TIME));
    }
}
