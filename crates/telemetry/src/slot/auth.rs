//! Counters of authentication: by provider and result, and of the memory of verified tokens.
//!
//! Providers are counted by name, for the next generation may have others, or others first. The
//! names stand beside the counters, so whoever reads them needs nothing else. What a reason's number
//! means is not known here.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{HAS_AUTH, NOWHERE, Slot};

/// Providers that are counted apart, over the life of a server; the rest are counted together.
const PROVIDERS: usize = 16;
/// Rows: of no provider, of each, of all others.
const ROWS: usize = PROVIDERS + 2;
const OTHERS: usize = ROWS - 1;
/// Results that are counted apart: two without a reason, and the reasons.
const RESULTS: usize = 40;
const REASONS: usize = RESULTS - 2;
/// Bytes of a name that are kept: enough to tell providers apart.
const NAME_BYTES: usize = 64;
const NAME_WORDS: usize = NAME_BYTES / 8;

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
        let rows = providers.into_iter().map(|name| self.row_of(name)).collect();
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

    /// The row of this name: the one that it has had before, or the next.
    fn row_of(&self, name: &str) -> usize {
        let name = packed(name);
        let named = self.named();
        let known = (0..named).find(|number| self.packed_name(*number) == name);
        if let Some(number) = known {
            return 1 + number;
        }
        if named == PROVIDERS {
            return OTHERS;
        }
        for (offset, word) in name.into_iter().enumerate() {
            self.auth_word(NAMES + named * NAME_WORDS + offset).store(word, Ordering::Relaxed);
        }
        // A reader that sees the number sees the name.
        self.auth_word(NAMED).store(named as u64 + 1, Ordering::Release);
        1 + named
    }

    fn named(&self) -> usize {
        let named = self.auth_word(NAMED).load(Ordering::Acquire);
        usize::try_from(named).unwrap_or(0).min(PROVIDERS)
    }

    fn packed_name(&self, number: usize) -> [u64; NAME_WORDS] {
        std::array::from_fn(|offset| self.get_auth(NAMES + number * NAME_WORDS + offset))
    }

    pub(super) fn read_auth(&self) -> AuthReport {
        if self.get(HAS_AUTH) == 0 {
            return AuthReport::default();
        }
        let mut counts = Vec::new();
        for row in 0..ROWS {
            for column in 0..RESULTS {
                let count = self.get_auth(COUNTS + row * RESULTS + column);
                if count > 0 {
                    let result = AuthResult::of_column(column);
                    counts.push(AuthCount { provider: self.provider(row), result, count });
                }
            }
        }
        let (cache_hits, cache_misses) = (self.get_auth(HITS), self.get_auth(MISSES));
        AuthReport { counts, cache_hits, cache_misses }
    }

    fn provider(&self, row: usize) -> Option<String> {
        match row {
            0 => None,
            OTHERS => Some("(others)".to_owned()),
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
fn packed(name: &str) -> [u64; NAME_WORDS] {
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
    use super::{AuthCount, AuthResult, OTHERS, REASONS};
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
        let names: Vec<String> = (0..20).map(|number| format!("provider {number}")).collect();
        let counters = slot.count_auth(names.iter().map(String::as_str));
        assert_eq!(counters.rows.iter().filter(|row| **row == OTHERS).count(), 4);
        counters.decided(Some(15), AuthResult::Verified);
        counters.decided(Some(16), AuthResult::Verified);
        counters.decided(Some(99), AuthResult::Refused(usize::MAX));
        let last = AuthResult::Refused(REASONS - 1);
        let expected = [
            named("provider 15", AuthResult::Verified, 1),
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
