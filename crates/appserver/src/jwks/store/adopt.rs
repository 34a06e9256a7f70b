//! Memory that begins with what other memory has: keys outlive a change of settings.

use std::sync::atomic::Ordering;

use super::lease::WRITING;
use super::{ADDRESS, ALGORITHMS, COUNTS, FETCHED, FRESH_UNTIL, Lease, Store};
use crate::jwks::fetch::FetchResult;

/// Which set a memory is for. All of it are hashes that are never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jwks) struct Name {
    /// Of all settings that it is fetched with.
    pub(in crate::jwks) identity: u64,
    /// Of its address alone.
    pub(in crate::jwks) address: u64,
    /// Of what its keys are for.
    pub(in crate::jwks) algorithms: u64,
}

impl Store {
    /// Makes it the memory of this set; false if it is another's. It has what is newest of the same
    /// address afterwards, its own or another's, and a set that it gets so is fetched anew soon: it
    /// was kept by other settings than these.
    pub(in crate::jwks) fn adopt(&self, name: &Name, others: &[Self], now: u64) -> bool {
        if ![0, name.identity].contains(&self.identity()) {
            return false;
        }
        // Before it is claimed: whoever finds it claimed waits until it has what it begins with.
        let lease = self.hold(now);
        let is_ours = self.claim(name.identity);
        if is_ours {
            self.word(ADDRESS).store(name.address, Ordering::SeqCst);
            self.word(ALGORITHMS).store(name.algorithms, Ordering::SeqCst);
        }
        if let Some(lease) = lease {
            if is_ours && let Some(other) = self.newest(others) {
                self.copy(other, now);
            }
            self.exchange(lease, 0);
        }
        is_ours
    }

    /// The lease, if nobody has it.
    fn hold(&self, now: u64) -> Option<u64> {
        let held = self.word(super::LEASE).load(Ordering::SeqCst);
        let writing = Lease::word(now.saturating_add(WRITING));
        (Lease::end_of(held) <= now && self.exchange(held, writing)).then_some(writing)
    }

    /// The one that has a newer set of the same address. Keys that are for something else are
    /// better than none, and worse than its own.
    fn newest<'a>(&self, others: &'a [Self]) -> Option<&'a Self> {
        let load = |store: &Self, index| store.word(index).load(Ordering::SeqCst);
        let fetched = load(self, FETCHED);
        let is_alike = |other: &&Self| {
            load(other, ADDRESS) == load(self, ADDRESS)
                && (fetched == 0 || load(other, ALGORITHMS) == load(self, ALGORITHMS))
        };
        let newest = others.iter().filter(is_alike).max_by_key(|other| load(other, FETCHED));
        newest.filter(|other| load(other, FETCHED) > fetched)
    }

    fn copy(&self, other: &Self, now: u64) {
        let history = other.history();
        let Some(copy) = other.read().filter(|copy| copy.body.len() <= self.room()) else { return };
        let is_unused = self.ended() == 0;
        self.write(&copy.body);
        self.word(FETCHED).store(history.fetched, Ordering::SeqCst);
        self.word(FRESH_UNTIL).store(history.fresh_until.min(now), Ordering::SeqCst);
        if is_unused {
            for index in (COUNTS..).take(FetchResult::ALL.len()) {
                let count = other.word(index).load(Ordering::Relaxed);
                self.word(index).store(count, Ordering::Relaxed);
            }
        }
    }
}
