//! Counters of authentication: by provider and result, and of the memory of verified tokens.
//!
//! Providers are counted by name, for the next generation may have others, or others first. The
//! names stand beside the counters, so whoever reads them needs nothing else. What a reason's number
//! means is not known here.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{HAS_AUTH, NOWHERE, Slot};

/// Providers that are counted apart. Those that a worker has no more, and whose place another needs,
/// are counted together with those for which there is no place.
const PROVIDERS: usize = 32;
/// Rows: of no provider, of each, of all others.
const ROWS: usize = PROVIDERS + 2;
const OTHERS: usize = ROWS - 1;
/// Results that are counted apart: two without a reason, and the reasons.
const RESULTS: usize = 40;
const REASONS: usize = RESULTS - 2;
/// Bytes of a name that are kept: enough to tell providers apart.
const NAME_BYTES: usize = 64;
const NAME_WORDS: usize = NAME_BYTES / 8;

type Name = [u64; NAME_WORDS];
/// In the place of the name of providers that are counted together.
const TOGETHER: &str = "(others)";

/// How many names there are.
const NAMED: usize = 0;
const HITS: usize = 1;
const MISSES: usize = 2;
const NAMES: usize = 8;
const COUNTS: usize = NAMES + PROVIDERS * NAME_WORDS;
/// Words of one worker; whole cache lines.
pub(crate) const AUTH_WORDS: usize = (COUNTS + ROWS * RESULTS).next_multiple_of(8);

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthResult {
    /// It has passed without a token.
    Anonymous,
    /// It has passed with one.
    Verified,
    /// It was refused, for the reason of this number.
    Refused(usize),
}

impl AuthResult {
    fn column(self) -> usize {
        match self {
            Self::Anonymous => 0,
            Self::Verified => 1,
            Self::Refused(reason) => 2 + reason.min(REASONS - 1),
        }
    }

    fn of_column(column: usize) -> Self {
        match column {
            0 => Self::Anonymous,
            1 => Self::Verified,
            reason => Self::Refused(reason - 2),
        }
    }
}

/// What a worker counts authentication with.
#[derive(Clone, Debug)]
pub struct AuthCounters {
    slot: Slot,
    /// The row of each provider.
    rows: Box<[usize]>,
}

impl AuthCounters {
    /// A request was decided about. Providers are numbered as they were named.
    pub fn decided(&self, provider: Option<usize>, result: AuthResult) {
        let row = provider.map_or(0, |number| self.rows.get(number).copied().unwrap_or(OTHERS));
        self.slot.add_auth(COUNTS + row * RESULTS + result.column(), 1);
    }

    /// Tokens were looked for among those that are remembered, and found, or not.
    pub fn looked_up(&self, hits: u64, misses: u64) {
        self.slot.add_auth(HITS, hits);
        self.slot.add_auth(MISSES, misses);
    }
}

/// What a worker's slot says of authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct AuthReport {
    /// What was counted at least once.
    pub counts: Vec<AuthCount>,
    /// Tokens that were remembered.
    pub cache_hits: u64,
    /// Tokens that were not.
    pub cache_misses: u64,
}

/// How often something came of requests.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuthCount {
    /// Whose tokens they had, where that matters.
    pub provider: Option<String>,
    /// What came of them.
    pub result: AuthResult,
    /// How often.
    pub count: u64,
}

impl Slot {
    /// Counts authentication with these providers from now on. What was counted before stays.
    pub fn count_auth<'a>(&self, providers: impl IntoIterator<Item = &'a str>) -> AuthCounters {
        self.set(HAS_AUTH, 1);
        let names: Vec<Name> = providers.into_iter().map(packed).collect();
        let rows = names.iter().map(|name| self.row_of(name, &names)).collect();
        AuthCounters { slot: self.clone(), rows }
    }

    fn auth_word(&self, offset: usize) -> &AtomicU64 {
        self.memory.words().get(self.auth_base.saturating_add(offset)).unwrap_or(&NOWHERE)
    }

    fn get_auth(&self, offset: usize) -> u64 {
        self.auth_word(offset).load(Ordering::Relaxed)
    }

    fn add_auth(&self, offset: usize, value: u64) {
        let word = self.auth_word(offset);
        word.store(word.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed);
    }

    /// The row of one of the names that count: the one that it has had before, the next, or that of a
    /// name that counts no more.
    fn row_of(&self, name: &Name, current: &[Name]) -> usize {
        let named = self.named();
        if let Some(number) = (0..named).find(|number| self.packed_name(*number) == *name) {
            return 1 + number;
        }
        if named < PROVIDERS {
            self.name(named, name);
            // A reader that sees the number sees the name.
            self.auth_word(NAMED).store(named as u64 + 1, Ordering::Release);
            return 1 + named;
        }
        let is_past = |number: &usize| !current.contains(&self.packed_name(*number));
        let Some(past) = (0..named).find(is_past) else { return OTHERS };
        self.empty(1 + past);
        self.name(past, name);
        1 + past
    }

    fn name(&self, number: usize, name: &Name) {
        for (offset, word) in name.iter().enumerate() {
            // A reader that sees the name sees that the row is empty.
            let at = NAMES + number * NAME_WORDS + offset;
            self.auth_word(at).store(*word, Ordering::Release);
        }
    }

    /// Lets what was counted in a row count among all others.
    fn empty(&self, row: usize) {
        for column in 0..RESULTS {
            let count = self.auth_word(COUNTS + row * RESULTS + column).swap(0, Ordering::Relaxed);
            self.add_auth(COUNTS + OTHERS * RESULTS + column, count);
        }
    }

    fn named(&self) -> usize {
        let named = self.auth_word(NAMED).load(Ordering::Acquire);
        usize::try_from(named).unwrap_or(0).min(PROVIDERS)
    }

    fn packed_name(&self, number: usize) -> Name {
        let at = |offset| NAMES + number * NAME_WORDS + offset;
        std::array::from_fn(|offset| self.auth_word(at(offset)).load(Ordering::Acquire))
    }

    pub(super) fn read_auth(&self) -> AuthReport {
        if self.get(HAS_AUTH) == 0 {
            return AuthReport::default();
        }
        let counts = (0..ROWS).flat_map(|row| self.read_row(row)).collect();
        let (cache_hits, cache_misses) = (self.get_auth(HITS), self.get_auth(MISSES));
        AuthReport { counts, cache_hits, cache_misses }
    }

    fn read_row(&self, row: usize) -> Vec<AuthCount> {
        let provider = self.provider(row);
        let counts = std::array::from_fn::<u64, RESULTS, _>(|column| {
            self.auth_word(COUNTS + row * RESULTS + column).load(Ordering::Acquire)
        });
        // Given to another meanwhile: whose counts these are cannot be told.
        let is_same = provider == self.provider(row);
        let provider = if is_same { provider } else { Some(TOGETHER.to_owned()) };
        let counted = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let named = |(column, count)| {
            let result = AuthResult::of_column(column);
            AuthCount { provider: provider.clone(), result, count }
        };
        counted.map(named).collect()
    }

    fn provider(&self, row: usize) -> Option<String> {
        match row {
            0 => None,
            OTHERS => Some(TOGETHER.to_owned()),
            row => {
                let words = self.packed_name(row - 1);
                let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                let name = bytes.get(..length).unwrap_or_default();
                Some(String::from_utf8_lossy(name).into_owned())
            }
        }
    }
}

/// The beginning of a name, with zeros behind it.
fn packed(name: &str) -> Name {
    let mut bytes = [0; NAME_BYTES];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    let mut words = [0; NAME_WORDS];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{AuthCount, AuthResult, OTHERS, PROVIDERS, REASONS};
    use crate::{Scoreboard, Slot};

    fn slot() -> Slot {
        Scoreboard::create(2).unwrap().slot(1)
    }

    fn counts(slot: &Slot) -> Vec<(Option<String>, AuthResult, u64)> {
        let counts = slot.read().auth.counts.into_iter();
        counts.map(|AuthCount { provider, result, count }| (provider, result, count)).collect()
    }

    fn named(name: &str, result: AuthResult, count: u64) -> (Option<String>, AuthResult, u64) {
        (Some(name.to_owned()), result, count)
    }

    #[test]
    fn what_was_counted_is_read_by_name() {
        let slot = slot();
        assert_eq!(slot.read().auth, super::AuthReport::default());
        let counters = slot.count_auth(["local", "corp"]);
        counters.decided(None, AuthResult::Anonymous);
        counters.decided(Some(1), AuthResult::Verified);
        counters.decided(Some(1), AuthResult::Verified);
        counters.decided(Some(0), AuthResult::Refused(16));
        counters.looked_up(3, 1);
        counters.looked_up(1, 0);
        let expected = [
            (None, AuthResult::Anonymous, 1),
            named("local", AuthResult::Refused(16), 1),
            named("corp", AuthResult::Verified, 2),
        ];
        assert_eq!(counts(&slot), expected);
        let auth = slot.read().auth;
        assert_eq!((auth.cache_hits, auth.cache_misses), (4, 1));
    }

    #[test]
    fn the_next_worker_counts_on_under_the_same_names() {
        let slot = slot();
        slot.count_auth(["a", "b"]).decided(Some(1), AuthResult::Verified);
        slot.vacate();
        slot.occupy(43, 2, 9);
        slot.count_auth(["b", "c"]).decided(Some(0), AuthResult::Verified);
        slot.count_auth(["b", "c"]).decided(Some(1), AuthResult::Verified);
        let verified = AuthResult::Verified;
        assert_eq!(counts(&slot), [named("b", verified, 2), named("c", verified, 1)]);
    }

    #[test]
    fn too_many_too_long_and_unknown_do_no_harm() {
        let slot = slot();
        let names: Vec<String> =
            (0..PROVIDERS + 4).map(|number| format!("provider {number}")).collect();
        let counters = slot.count_auth(names.iter().map(String::as_str));
        assert_eq!(counters.rows.iter().filter(|row| **row == OTHERS).count(), 4);
        counters.decided(Some(PROVIDERS - 1), AuthResult::Verified);
        counters.decided(Some(PROVIDERS), AuthResult::Verified);
        counters.decided(Some(99), AuthResult::Refused(usize::MAX));
        let last = AuthResult::Refused(REASONS - 1);
        let expected = [
            named("provider 31", AuthResult::Verified, 1),
            named("(others)", AuthResult::Verified, 1),
            named("(others)", last, 1),
        ];
        assert_eq!(counts(&slot), expected);
        let long = "x".repeat(100);
        let slot = self::slot();
        slot.count_auth([long.as_str()]).decided(Some(0), AuthResult::Verified);
        assert_eq!(counts(&slot), [named(&long[..64], AuthResult::Verified, 1)]);
    }

    #[test]
    fn a_name_that_counts_no_more_makes_place() {
        let slot = slot();
        let verified = AuthResult::Verified;
        for generation in 0..36 {
            let names = [format!("before {generation}"), "kept".to_owned()];
            let counters = slot.count_auth(names.iter().map(String::as_str));
            counters.decided(Some(0), verified);
            counters.decided(Some(1), verified);
            let counted: u64 = counts(&slot).iter().map(|(_, _, count)| count).sum();
            assert_eq!(counted, 2 * (generation + 1));
        }
        let counts = counts(&slot);
        assert!(counts.contains(&named("kept", verified, 36)), "{counts:?}");
        assert!(counts.contains(&named("before 35", verified, 1)), "{counts:?}");
        assert!(counts.contains(&named("(others)", verified, 5)), "{counts:?}");
        assert_eq!(counts.len(), super::ROWS - 1);
    }

    #[test]
    fn workers_do_not_share_counters() {
        let board = Scoreboard::create(2).unwrap();
        let first = board.slot(0).count_auth(["a"]);
        let nowhere = board.slot(2).count_auth(["b"]);
        first.decided(Some(0), AuthResult::Verified);
        nowhere.decided(Some(0), AuthResult::Verified);
        assert_eq!(counts(&board.slot(0)), [named("a", AuthResult::Verified, 1)]);
        assert_eq!(counts(&board.slot(1)), []);
        assert_eq!(board.slot(1).read().pid, 0);
        assert_eq!(board.slots(), 2);
    }
}
