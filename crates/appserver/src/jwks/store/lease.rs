//! The right to fetch a set and to write it: one worker's, and for a time only.

use std::sync::atomic::{Ordering, fence};

use super::{
    BEGAN, CHECKSUM, COUNTS, ENDED, FAILURES, FETCHED, FRESH_UNTIL, LEASE, LENGTH, Store, VERSION,
    hash,
};
use crate::jwks::fetch::FetchResult;
use crate::jwks::pace::Pace;

/// The low bits of a lease are the process that has it; pids have at most 22.
const PID_BITS: u32 = 24;
/// Leases are counted in these: nanoseconds. Forty bits of them are 34 years.
const UNIT: u64 = 1_000_000;
/// How long writing may take, with a worker that is held up by the kernel.
pub(super) const WRITING: u64 = 1_000_000_000;

/// A lease that was taken. Copies are one and the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jwks) struct Lease {
    word: u64,
    began_before: u64,
}

impl Lease {
    /// The word of a lease of this process's until then.
    pub(super) fn word(until: u64) -> u64 {
        let pid = u64::from(std::process::id()) & ((1 << PID_BITS) - 1);
        (until.div_ceil(UNIT) << PID_BITS) | pid
    }

    /// When the lease in this word ends; 0 if there is none.
    pub(super) fn end_of(word: u64) -> u64 {
        (word >> PID_BITS).saturating_mul(UNIT)
    }
}

impl Store {
    /// Takes the lease until then, if a fetch is due; the fetch begins by that.
    pub(in crate::jwks) fn begin(
        &self,
        pace: &Pace,
        now: u64,
        until: u64,
        is_wanted: bool,
    ) -> Option<Lease> {
        let held = self.word(LEASE).load(Ordering::SeqCst);
        if !pace.is_due(&self.history(), now, is_wanted) {
            return None;
        }
        let lease = Lease { word: Lease::word(until), began_before: 0 };
        self.exchange(held, lease.word).then_some(())?;
        // Between looking and taking another may have begun a fetch, and ended it.
        let mut history = self.history();
        history.busy_until = 0;
        if !pace.is_due(&history, now, is_wanted) {
            self.exchange(lease.word, 0);
            return None;
        }
        self.word(BEGAN).store(now, Ordering::SeqCst);
        Some(Lease { began_before: history.began, ..lease })
    }

    /// Puts a set in, and gives the lease back. False if it is too long, or the lease is another's
    /// by now.
    pub(in crate::jwks) fn publish(
        &self,
        lease: Lease,
        body: &[u8],
        now: u64,
        fresh_until: u64,
    ) -> bool {
        let writing = Lease::word(now.saturating_add(WRITING));
        if body.len() > self.room() || !self.exchange(lease.word, writing) {
            return false;
        }
        self.write(body);
        let times = [(FETCHED, now), (FRESH_UNTIL, fresh_until), (FAILURES, 0)];
        for (index, value) in times {
            self.word(index).store(value, Ordering::SeqCst);
        }
        self.finish(writing, now, FetchResult::Fetched);
        true
    }

    /// Says that the fetch has failed, and gives the lease back. False if it is another's by now.
    pub(in crate::jwks) fn fail(&self, lease: Lease, now: u64, result: FetchResult) -> bool {
        let writing = Lease::word(now.saturating_add(WRITING));
        let is_ours = self.exchange(lease.word, writing);
        if is_ours {
            self.word(FAILURES).fetch_add(1, Ordering::SeqCst);
            self.finish(writing, now, result);
        }
        is_ours
    }

    /// Gives the lease back without having fetched. Where there are no keys at all, somebody else
    /// may fetch soon: whoever waits cannot be served without. Until then the lease stays, so that
    /// workers that end one after another do not fetch one after another at once.
    pub(in crate::jwks) fn abandon(&self, lease: Lease, pace: &Pace, now: u64) {
        if self.word(FETCHED).load(Ordering::SeqCst) > 0 {
            self.exchange(lease.word, 0);
            return;
        }
        let rest = Lease::word(now.saturating_add(pace.pause()));
        if self.exchange(lease.word, rest) {
            self.word(BEGAN).store(lease.began_before, Ordering::SeqCst);
        }
    }

    fn finish(&self, word: u64, now: u64, result: FetchResult) {
        self.word(ENDED).store(now, Ordering::SeqCst);
        // The lease first: who sees the count sees that nothing is under way.
        self.exchange(word, 0);
        self.word(COUNTS + result as usize).fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn write(&self, body: &[u8]) {
        // Odd already, if who wrote before was killed in the middle.
        let odd = self.version() | 1;
        self.word(VERSION).store(odd, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, bytes) in self.body().iter().zip(body.chunks(super::WORD)) {
            let mut whole = [0; super::WORD];
            whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
        }
        self.word(LENGTH).store(body.len() as u64, Ordering::Relaxed);
        self.word(CHECKSUM).store(hash(body), Ordering::Relaxed);
        self.word(VERSION).store(odd.wrapping_add(1), Ordering::Release);
    }

    pub(super) fn exchange(&self, from: u64, to: u64) -> bool {
        let word = self.word(LEASE);
        word.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
