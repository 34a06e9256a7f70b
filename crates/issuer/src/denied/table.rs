//! Denials in a row of slots, by open addressing: a mark has its home, and lies there or a little
//! further on.
//!
//! A slot is the two halves of a mark, and one word with both times. That word changes as a whole, so
//! the times of one mark are never mixed with those of another. While somebody moves in it denies
//! nothing, and afterwards it never is again what it was for the mark that lay there before, because
//! each that moves in ends later than the one that has ended. So whoever reads the same word before
//! and after the mark has read one denial. Who is killed while moving in leaves a slot that nobody
//! uses any more.
//!
//! Beside each home stands how far from it its marks have ever lain: most questions end with that.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use appserver_auth::Mark;
use appserver_store::Denial;

/// The words of a slot: a mark's upper half and lower half, its times, and how far from here those
/// lie whose home is here: one more than the distance, or 0.
pub(super) const SLOT: usize = 4;

/// How far from its home a mark may lie. A table that is four fifths full rarely needs half of it.
const LONGEST: usize = 1024;

/// Somebody moves in: denies nothing, and never ends.
const MOVING: Times = Times { before: 0, until: u32::MAX };

/// Both times of a denial, in seconds since 1970: enough until 2106.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Times {
    /// [`u32::MAX`] denies all; 0 denies nothing.
    before: u32,
    /// [`u32::MAX`] never ends.
    until: u32,
}

/// Slots in a row; what is beyond the greatest power of two is not used.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    slots: &'a [[AtomicU64; SLOT]],
}

/// Where a mark lies, or could.
enum Place<'a> {
    /// Here, with these times.
    Here(&'a AtomicU64, Times),
    /// Here is room; the one that was here has ended.
    Room(&'a [AtomicU64; SLOT], Times, usize),
    Nowhere,
}

impl<'a> Table<'a> {
    pub(super) fn new(words: &'a [AtomicU64]) -> Self {
        let (slots, _) = words.as_chunks();
        let used = slots.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        Self { slots: slots.get(..used).unwrap_or_default() }
    }

    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// How many denials have not ended. `now` is in seconds.
    pub(super) fn count(&self, now: i64) -> usize {
        let now = clamp(now);
        let times = self.slots.iter().map(|[_, _, times, _]| Times::load(times));
        times.filter(|times| times.before > 0 && times.until > now).count()
    }

    /// The strictest denial of a mark.
    pub(super) fn before(&self, mark: Mark) -> Option<i64> {
        let key = halves(mark);
        // Two that put the same mark in at once may have put it in twice.
        let found = self.reachable(key).filter_map(|slot| times_of(slot, key));
        match found.map(|times| times.before).max() {
            None | Some(0) => None,
            Some(u32::MAX) => Some(i64::MAX),
            Some(before) => Some(i64::from(before)),
        }
    }

    /// Puts a denial in; false if there is no room. `now` is in seconds.
    pub(super) fn put(&self, denial: &Denial, now: i64) -> bool {
        // The latest `now` is before the end of what never ends.
        let now = clamp(now).min(u32::MAX - 1);
        let times = Times { before: clamp(denial.before), until: clamp(denial.until) };
        if times.before == 0 || times.until <= now {
            return true;
        }
        let key = halves(denial.mark);
        loop {
            let is_done = match self.find(key, now) {
                Place::Here(word, held) => held.exchange(held.stricter(times), word),
                Place::Room(slot, ended, distance) => self.move_in(slot, ended, key, || {
                    self.reach(key).fetch_max(distance as u64 + 1, Ordering::SeqCst);
                    times
                }),
                Place::Nowhere => return false,
            };
            // Otherwise somebody was there first: look again.
            if is_done {
                return true;
            }
        }
    }

    /// Moves in where one has ended; false if another was quicker. `publish` gives the times when
    /// the mark is there.
    fn move_in(
        &self,
        [high, low, word, _]: &[AtomicU64; SLOT],
        ended: Times,
        key: (u64, u64),
        publish: impl FnOnce() -> Times,
    ) -> bool {
        if !ended.exchange(MOVING, word) {
            return false;
        }
        fence(Ordering::Release);
        high.store(key.0, Ordering::Relaxed);
        low.store(key.1, Ordering::Relaxed);
        word.store(publish().to_word(), Ordering::Release);
        true
    }

    fn find(&self, key: (u64, u64), now: u32) -> Place<'a> {
        for slot in self.reachable(key) {
            // Whoever moves in overwrites what others add, and may find this mark only for an
            // instant: being there twice does no harm.
            if let Some(times) = times_of(slot, key).filter(|times| *times != MOVING) {
                let [_, _, word, _] = slot;
                return Place::Here(word, times);
            }
        }
        let longest = LONGEST.min(self.slots.len());
        for (distance, slot) in self.chain_of(key).take(longest).enumerate() {
            let [_, _, word, _] = slot;
            let times = Times::load(word);
            if times.until <= now {
                return Place::Room(slot, times, distance);
            }
        }
        Place::Nowhere
    }

    /// Slots in which a mark may lie.
    fn reachable(&self, key: (u64, u64)) -> impl Iterator<Item = &'a [AtomicU64; SLOT]> {
        let reach = self.reach(key).load(Ordering::Acquire);
        self.chain_of(key).take(usize::try_from(reach).unwrap_or(usize::MAX))
    }

    /// All slots, from the home of a mark on.
    fn chain_of(&self, (_, low): (u64, u64)) -> impl Iterator<Item = &'a [AtomicU64; SLOT]> {
        let mask = self.slots.len().saturating_sub(1) as u64;
        let home = usize::try_from(low & mask).unwrap_or(0);
        let (before, after) = self.slots.split_at_checked(home).unwrap_or_default();
        after.iter().chain(before)
    }

    fn reach(&self, key: (u64, u64)) -> &'a AtomicU64 {
        let home = self.chain_of(key).next();
        home.map_or(&super::NOWHERE, |[_, _, _, reach]| reach)
    }
}

impl Times {
    fn load(word: &AtomicU64) -> Self {
        Self::from_word(word.load(Ordering::Acquire))
    }

    fn from_word(word: u64) -> Self {
        let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        Self { before: half(word), until: half(word >> u32::BITS) }
    }

    fn to_word(self) -> u64 {
        u64::from(self.until) << u32::BITS | u64::from(self.before)
    }

    fn stricter(self, other: Self) -> Self {
        Self { before: self.before.max(other.before), until: self.until.max(other.until) }
    }

    fn exchange(self, to: Self, word: &AtomicU64) -> bool {
        let (from, to) = (self.to_word(), to.to_word());
        from == to || word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// The times in this slot, if they are those of this mark.
fn times_of([high, low, word, _]: &[AtomicU64; SLOT], key: (u64, u64)) -> Option<Times> {
    let mut times = word.load(Ordering::Acquire);
    loop {
        let found = (high.load(Ordering::Relaxed), low.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let again = word.load(Ordering::Acquire);
        if again == times {
            return (found == key).then_some(Times::from_word(times));
        }
        times = again;
    }
}

/// Marks are hashes, so any bits of them choose a home as well as others.
fn halves(Mark(bytes): Mark) -> (u64, u64) {
    let mark = u128::from_be_bytes(bytes);
    let half = |mark: u128| u64::try_from(mark & u128::from(u64::MAX)).unwrap_or(0);
    (half(mark >> u64::BITS), half(mark))
}

/// What is too late for 32 bits is for ever.
fn clamp(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
