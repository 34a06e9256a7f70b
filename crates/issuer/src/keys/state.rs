//! What becomes of keys as time passes: published, then signing, then only verifying, then gone.
//!
//! A step is a function of the keys and the time alone; nothing here reads a clock or a file.

use std::time::Duration;

use appserver_auth::Algorithm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::KeyDirectory;

/// How long a key is published before it signs, where it is wanted at once, in seconds: by then all
/// workers of the machine have it, and none refuses what another has signed.
pub(super) const SETTLING: i64 = 5;

/// What a key is there for. Times are seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Stage {
    /// It is published, and does not sign yet.
    Next {
        /// When it will.
        signs_at: i64,
    },
    /// It signs.
    Active {
        /// Since when.
        since: i64,
    },
    /// It verifies what it has signed.
    Retired {
        /// Since when it does not sign.
        since: i64,
    },
}

/// A key, as it is listed. Its private half is in a file of its own, for as long as it may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// When it was made, in seconds since 1970-01-01 00:00 UTC.
    pub made: i64,
    /// What it is there for.
    #[serde(flatten)]
    pub stage: Stage,
    /// Its public half.
    pub(super) jwk: Map<String, Value>,
}

/// When keys change, in seconds. It is kept with the keys: whoever changes them by hand may not know
/// all of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) algorithm: Algorithm,
    pub(super) rotate_every: Option<i64>,
    pub(super) publish_ahead: i64,
    pub(super) retire_after: i64,
}

/// All keys of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyStates {
    pub(super) policy: Option<Policy>,
    pub(super) keys: Vec<KeyRecord>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a key and publish it, to sign from this time on.
    Make { signs_at: i64 },
    /// Sign with this key, and with no other.
    Sign { kid: String },
    /// Forget this key.
    Drop { kid: String },
}

impl From<&KeyDirectory> for Policy {
    fn from(directory: &KeyDirectory) -> Self {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self {
            algorithm: directory.algorithm,
            rotate_every: directory.rotate_every.map(seconds),
            publish_ahead: seconds(directory.publish_ahead),
            retire_after: seconds(directory.retire_after),
        }
    }
}

impl KeyRecord {
    /// Whether its private half is needed.
    pub(super) fn may_sign(&self) -> bool {
        !matches!(self.stage, Stage::Retired { .. })
    }

    fn signs_at(&self) -> Option<i64> {
        match self.stage {
            Stage::Next { signs_at } => Some(signs_at),
            _ => None,
        }
    }

    pub(super) fn active_since(&self) -> Option<i64> {
        match self.stage {
            Stage::Active { since } => Some(since),
            _ => None,
        }
    }
}

impl KeyStates {
    /// The next thing to be done at this time, if anything is. Doing it and asking again comes to an
    /// end: a key that is made signs later, one that signs is retired later still.
    pub(super) fn step(&self, policy: &Policy, now: i64) -> Option<Step> {
        if let Some(key) = self.keys.iter().find(|key| is_over(key, policy, now)) {
            return Some(Step::Drop { kid: key.kid.clone() });
        }
        let next = self.next(policy);
        let sign = |key: &KeyRecord| Step::Sign { kid: key.kid.clone() };
        let Some(since) = self.active(policy) else {
            return Some(next.map_or(Step::Make { signs_at: now }, sign));
        };
        match (next, publication(since, policy)) {
            (Some(key), _) => key.signs_at().filter(|at| *at <= now).map(|_| sign(key)),
            (None, Some((at, signs_at))) if at <= now => {
                let ahead = now.saturating_add(policy.publish_ahead);
                Some(Step::Make { signs_at: signs_at.max(ahead) })
            }
            (None, _) => None,
        }
    }

    /// When [`Self::step`] has something to do next, if nothing happens; where it has now, that is
    /// some time that has come.
    pub(super) fn due(&self, policy: &Policy) -> Option<i64> {
        let over = self.keys.iter().filter_map(|key| over(key, policy));
        let change = match (self.active(policy), self.next(policy)) {
            (None, _) => Some(i64::MIN),
            (_, Some(key)) => key.signs_at(),
            (Some(since), None) => publication(since, policy).map(|(at, _)| at),
        };
        over.chain(change).min()
    }

    /// Takes one key into use, and those that signed out of it.
    pub(super) fn sign_with(&mut self, kid: &str, now: i64) {
        for key in &mut self.keys {
            if key.kid == kid {
                key.stage = Stage::Active { since: now };
            } else if key.active_since().is_some() {
                key.stage = Stage::Retired { since: now };
            }
        }
    }

    /// Lets another key sign as soon as all workers know it: the next one, or one that is to be made.
    pub(super) fn hasten(&mut self, policy: &Policy, now: i64) -> Option<Step> {
        let algorithm = policy.algorithm;
        let is_next = |key: &&mut KeyRecord| key.algorithm == algorithm && key.signs_at().is_some();
        let Some(key) = self.keys.iter_mut().find(is_next) else {
            return Some(Step::Make { signs_at: now.saturating_add(SETTLING) });
        };
        let settled = key.made.saturating_add(SETTLING).max(now);
        let signs_at = key.signs_at().map_or(settled, |at| at.min(settled));
        key.stage = Stage::Next { signs_at };
        None
    }

    pub(super) fn signing(&self) -> Option<&KeyRecord> {
        self.keys.iter().find(|key| key.active_since().is_some())
    }

    fn active(&self, policy: &Policy) -> Option<i64> {
        self.signing().filter(|key| key.algorithm == policy.algorithm)?.active_since()
    }

    fn next(&self, policy: &Policy) -> Option<&KeyRecord> {
        let is_next =
            |key: &&KeyRecord| key.algorithm == policy.algorithm && key.signs_at().is_some();
        self.keys.iter().find(is_next)
    }
}

/// When the successor of a key is to be published, and when that is to sign.
fn publication(since: i64, policy: &Policy) -> Option<(i64, i64)> {
    // A key that would sign for no time at all would be followed at once, for ever.
    let every = policy.rotate_every?.max(1);
    let signs_at = since.saturating_add(every);
    Some((signs_at.saturating_sub(policy.publish_ahead), signs_at))
}

fn is_over(key: &KeyRecord, policy: &Policy, now: i64) -> bool {
    over(key, policy).is_some_and(|at| at <= now)
}

/// When a key is of no more use. One that was to sign with another algorithm never is; what another
/// worker may still have signed with a retired one a moment ago is verified to its end.
fn over(key: &KeyRecord, policy: &Policy) -> Option<i64> {
    match key.stage {
        Stage::Retired { since } => {
            Some(since.saturating_add(policy.retire_after).saturating_add(SETTLING))
        }
        Stage::Next { .. } if key.algorithm != policy.algorithm => Some(i64::MIN),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
