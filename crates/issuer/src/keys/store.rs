//! A directory of keys at work: what is due is done, by whichever process comes first, and the
//! others notice.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use appserver_auth::Algorithm;
use appserver_auth::issue::{NewKey, Signer};
use serde_json::{Map, Value, json};

use super::directory::{Directory, Identity, Lock};
use super::error::KeysError;
use super::state::{KeyRecord, KeyStates, Policy, Stage, Step};
use super::{Published, Snapshot};
use crate::config::KeyDirectory;

/// Members of public keys. Whatever else is in the list is not given out.
const PUBLIC: [&str; 9] = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];

/// A directory of keys.
pub struct KeyStore {
    policy: Policy,
    directory: Directory,
    seen: Mutex<Seen>,
}

/// The keys as they were read last.
struct Seen {
    list: Option<Identity>,
    due: Option<i64>,
    signer: Arc<Signer>,
    published: Published,
}

impl KeyStore {
    /// Opens the directory; makes it and the first key where there is none, and does what is due.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn open(directory: &KeyDirectory) -> Result<Self, KeysError> {
        Self::open_at(directory, now())
    }

    fn open_at(directory: &KeyDirectory, now: i64) -> Result<Self, KeysError> {
        let policy = Policy::from(directory);
        Self::open_with(directory, now, |states, _| {
            states.policy = Some(policy);
            Ok(None)
        })
    }

    /// Lets another key sign within seconds: the next one, or a new one.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn rotate(directory: &KeyDirectory) -> Result<Self, KeysError> {
        Self::rotate_at(directory, now())
    }

    fn rotate_at(directory: &KeyDirectory, now: i64) -> Result<Self, KeysError> {
        Self::open_with(directory, now, |states, policy| Ok(states.hasten(policy, now)))
    }

    /// Takes a key out of use at once: what it has signed is refused from then on. Another one signs
    /// if it was that one's turn. Its file need not be readable.
    ///
    /// # Errors
    /// There is no such key, or the directory cannot be used.
    pub fn revoke(directory: &KeyDirectory, kid: &str) -> Result<Self, KeysError> {
        Self::revoke_at(directory, kid, now())
    }

    fn revoke_at(directory: &KeyDirectory, kid: &str, now: i64) -> Result<Self, KeysError> {
        Self::open_with(directory, now, |states, _| {
            if !states.keys.iter().any(|key| key.kid == kid) {
                return Err(KeysError::Unknown { kid: kid.to_owned() });
            }
            Ok(Some(Step::Drop { kid: kid.to_owned() }))
        })
    }

    fn open_with(
        of: &KeyDirectory,
        now: i64,
        first: impl FnOnce(&mut KeyStates, &Policy) -> Result<Option<Step>, KeysError>,
    ) -> Result<Self, KeysError> {
        let (directory, policy) = (Directory::open(&of.path)?, Policy::from(of));
        let lock = directory.lock()?;
        let seen = settle(&directory, policy, (now, &lock), first)?;
        Ok(Self { policy, directory, seen: Mutex::new(seen) })
    }

    /// The keys of a directory, those that were made last first. Changes nothing: without a directory
    /// there is none.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn records(directory: &KeyDirectory) -> Result<Vec<KeyRecord>, KeysError> {
        let mut records = Directory::at(&directory.path).list()?.keys;
        records.sort_by_key(|key| (Reverse(key.made), key.kid.clone()));
        Ok(records)
    }

    /// The keys, as they were read last.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.seen().snapshot()
    }

    /// The keys, if they have changed; does what is due. Cheap where there is nothing.
    ///
    /// # Errors
    /// They cannot be read, or changed where that is due. Those that were read last still count.
    pub fn refresh(&self) -> Result<Option<Snapshot>, KeysError> {
        self.refresh_at(now())
    }

    pub(super) fn refresh_at(&self, now: i64) -> Result<Option<Snapshot>, KeysError> {
        let mut seen = self.seen();
        let is_due = seen.due.is_some_and(|due| due <= now);
        if !is_due && self.directory.identity()? == seen.list {
            return Ok(None);
        }
        // Who holds it is about to change them: there is more to see the next time.
        let Some(lock) = self.directory.try_lock()? else { return Ok(None) };
        let found = settle(&self.directory, self.policy, (now, &lock), |_, _| Ok(None))?;
        let is_same = found.published == seen.published && found.signer.kid() == seen.signer.kid();
        *seen = found;
        Ok((!is_same).then(|| seen.snapshot()))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn snapshot(&self) -> Snapshot {
        Snapshot { signer: Arc::clone(&self.signer), published: self.published.clone() }
    }
}

/// Does what somebody wants first, then what is due, and writes what has changed: private halves
/// before the list names them, and away after it does not. The policy counts that is kept with the
/// keys, where one is.
fn settle(
    directory: &Directory,
    fallback: Policy,
    (now, _): (i64, &Lock),
    first: impl FnOnce(&mut KeyStates, &Policy) -> Result<Option<Step>, KeysError>,
) -> Result<Seen, KeysError> {
    let before = directory.list()?;
    let mut states = before.clone();
    let mut step = first(&mut states, &before.policy.unwrap_or(fallback))?;
    let policy = states.policy.unwrap_or(fallback);
    while let Some(next) = step.take().or_else(|| states.step(&policy, now)) {
        take(&mut states, next, (directory, policy.algorithm), now)?;
    }
    // A key that cannot be read is told before anything is changed.
    let signer = signer(directory, &states)?;
    if states != before {
        directory.write_list(&states)?;
    }
    let signs = |kid: &str| states.keys.iter().any(|key| key.kid == kid && key.may_sign());
    for key in before.keys.iter().filter(|key| !signs(&key.kid)) {
        directory.remove_key(&key.kid)?;
    }
    Ok(Seen {
        list: directory.identity()?,
        due: states.due(&policy),
        published: published(&states.keys, signer.kid()),
        signer: Arc::new(signer),
    })
}

fn take(
    states: &mut KeyStates,
    step: Step,
    (directory, algorithm): (&Directory, Algorithm),
    now: i64,
) -> Result<(), KeysError> {
    match step {
        Step::Make { signs_at } => {
            let NewKey { pem, jwk, kid } = NewKey::generate(algorithm)?;
            directory.write_key(&kid, &pem)?;
            let stage = Stage::Next { signs_at };
            states.keys.push(KeyRecord { kid, algorithm, made: now, stage, jwk: members(jwk) });
        }
        Step::Sign { kid } => states.sign_with(&kid, now),
        Step::Drop { kid } => states.keys.retain(|key| key.kid != kid),
    }
    Ok(())
}

/// What signs with the key whose turn it is.
fn signer(directory: &Directory, states: &KeyStates) -> Result<Signer, KeysError> {
    let missing = || KeysError::Malformed {
        path: directory.key_file(""),
        problem: "no key signs".to_owned(),
    };
    let KeyRecord { kid, algorithm, .. } = states.signing().ok_or_else(missing)?;
    let path = directory.key_file(kid);
    let wrong = |path: &Path, problem: String| KeysError::Key { path: path.to_owned(), problem };
    let pem = directory.key(kid)?;
    let key = NewKey::read(*algorithm, &pem).map_err(|error| wrong(&path, error.to_string()))?;
    if key.kid != *kid {
        return Err(wrong(&path, "it holds another key than its name says".to_owned()));
    }
    Signer::from_pem(*algorithm, &pem, Some(kid)).map_err(|error| wrong(&path, error.to_string()))
}

/// All keys, the one that signs first.
fn published(records: &[KeyRecord], signing: Option<&str>) -> Published {
    let mut records: Vec<&KeyRecord> = records.iter().collect();
    records.sort_by_key(|key| (signing != Some(&*key.kid), Reverse(key.made)));
    let public = |key: &KeyRecord| -> Map<String, Value> {
        let members = key.jwk.iter().filter(|(name, _)| PUBLIC.contains(&name.as_str()));
        members.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let keys: Vec<_> = records.into_iter().map(public).collect();
    Published { jwks: json!({ "keys": keys }).to_string(), kid: signing.map(str::to_owned) }
}

fn members(jwk: Value) -> Map<String, Value> {
    match jwk {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Seconds since 1970-01-01 00:00 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
