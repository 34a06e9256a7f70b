//! Tokens that were verified before: bounded, keyed by the whole token's SHA-256.
//!
//! What a rule wants is never remembered, and times are checked again at each use, so that a token
//! is remembered as genuine, not as welcome.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Duration;

use aws_lc_rs::digest;

use crate::Verified;

/// The SHA-256 of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

/// A digest is as good as any hash of it, and only tokens that are genuine get into a table: nobody
/// else can fill a place of it.
impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self([a, b, c, d, e, f, g, h, ..]) = *self;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// Passes a part of a digest on as the hash.
#[derive(Default)]
struct Part(u64);

impl Hasher for Part {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Table = HashMap<Digest, Entry, BuildHasherDefault<Part>>;

impl Digest {
    pub(crate) fn of(token: &str) -> Self {
        let found = digest::digest(&digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(found.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Its first bytes, which name a token in logs.
    pub(crate) fn fingerprint(&self) -> u32 {
        let Self([a, b, c, d, ..]) = *self;
        u32::from_be_bytes([a, b, c, d])
    }
}

struct Entry {
    verified: Verified,
    /// The keys' version when it was verified.
    version: u64,
    /// Seconds since 1970 from which on it counts no more.
    until: f64,
}

/// The tokens of one provider. The half that was used longest ago goes when there are too many.
pub(crate) struct Cache {
    recent: Table,
    older: Table,
    /// Of each half.
    capacity: usize,
    /// What the recent half takes, in bytes, about.
    bytes: usize,
    time: f64,
}

impl Cache {
    pub(crate) fn new(entries: usize, time: Duration) -> Self {
        let capacity = entries.div_ceil(2);
        let time = time.as_secs_f64();
        Self { recent: Table::default(), older: Table::default(), capacity, bytes: 0, time }
    }

    /// A token that was verified with the keys of this version, and is not too old at this time.
    pub(crate) fn find(&mut self, digest: &Digest, version: u64, now: f64) -> Option<Verified> {
        if !self.recent.contains_key(digest) {
            let entry = self.older.remove(digest)?;
            self.insert(*digest, entry);
        }
        let entry = self.recent.get(digest)?;
        if entry.version == version && now < entry.until {
            return Some(entry.verified.clone());
        }
        if entry.version == version {
            self.recent.remove(digest);
        } else {
            // A key has gone, and nobody knows whose tokens went with it.
            self.recent.clear();
            self.older.clear();
        }
        None
    }

    /// Remembers a token.
    pub(crate) fn keep(&mut self, digest: Digest, verified: &Verified, version: u64, now: f64) {
        let expires = verified.expires().unwrap_or(f64::INFINITY);
        let until = expires.min(now + self.time);
        if until <= now {
            return;
        }
        self.insert(digest, Entry { verified: verified.clone(), version, until });
    }

    fn insert(&mut self, digest: Digest, entry: Entry) {
        let size = size_of(&entry.verified);
        let is_full = self.bytes + size > self.capacity.saturating_mul(BYTES_PER_ENTRY);
        if self.recent.len() >= self.capacity || is_full {
            self.older = std::mem::take(&mut self.recent);
            self.bytes = 0;
        }
        self.bytes += size;
        self.recent.insert(digest, entry);
    }
}

/// What an entry may take on average; most tokens are of some hundred bytes.
const BYTES_PER_ENTRY: usize = 4096;

/// About what a token takes in memory: its text, that of its claims, and their values.
fn size_of(verified: &Verified) -> usize {
    let token = verified.token().map_or(0, str::len);
    256 + token + 3 * verified.claims().text().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, SECRET, claims, hs256, local, simple, token};

    fn verified() -> Verified {
        let gate = crate::testing::gate(local());
        crate::testing::verdict(&gate, &simple(&claims(""))).unwrap()
    }

    fn now() -> f64 {
        NOW as f64
    }

    fn cache(entries: usize) -> Cache {
        Cache::new(entries, Duration::from_secs(60))
    }

    #[test]
    fn a_token_is_found_by_all_of_itself() {
        let (mut cache, verified) = (cache(10), verified());
        let one = simple(&claims(""));
        let other = token(r#"{"alg":"HS256","typ":"JWT"}"#, &claims(""), hs256(&SECRET[1..]));
        assert_eq!(one.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().0);
        cache.keep(Digest::of(&one), &verified, 0, now());
        assert!(cache.find(&Digest::of(&one), 0, now()).is_some());
        assert!(cache.find(&Digest::of(&other), 0, now()).is_none());
    }

    #[test]
    fn nothing_is_remembered_for_too_long() {
        let (mut cache, verified) = (cache(10), verified());
        let digest = Digest::of("a");
        cache.keep(digest, &verified, 0, now());
        assert!(cache.find(&digest, 0, now() + 59.0).is_some());
        assert!(cache.find(&digest, 0, now() + 60.0).is_none());
        // Its `exp` is five minutes away.
        cache.keep(digest, &verified, 0, now() + 290.0);
        assert!(cache.find(&digest, 0, now() + 299.0).is_some());
        assert!(cache.find(&digest, 0, now() + 300.0).is_none());
    }

    #[test]
    fn other_keys_mean_other_tokens() {
        let (mut cache, verified) = (cache(10), verified());
        for name in ["a", "b"] {
            cache.keep(Digest::of(name), &verified, 0, now());
        }
        assert!(cache.find(&Digest::of("a"), 1, now()).is_none());
        assert!(cache.find(&Digest::of("b"), 0, now()).is_none(), "all of them have gone");
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let (mut cache, verified) = (cache(100), verified());
        let used = Digest::of("used");
        cache.keep(used, &verified, 0, now());
        for number in 0..10_000 {
            cache.keep(Digest::of(&number.to_string()), &verified, 0, now());
            assert!(cache.recent.len() + cache.older.len() <= 100);
            if number % 10 == 0 {
                assert!(cache.find(&used, 0, now()).is_some(), "{number}");
            }
        }
    }
}
