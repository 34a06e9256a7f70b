//! `keys`: the keys that the server makes itself. Running workers notice what is changed here within
//! a second.

use std::time::{SystemTime, UNIX_EPOCH};

use appserver_issuer::config::KeyDirectory;
use appserver_issuer::keys::{KeyRecord, KeyStore, KeysError, Stage};
use appserver_os::privileges::Identity;
use serde_json::{Value, json};

use crate::auth::calendar;
use crate::cli::KeysAction;
use crate::commands::print;
use crate::failure::{Failure, FailureKind};
use crate::issuing;
use crate::settings::{self, Settings, Sources, value};

/// Does it.
pub(super) fn keys(sources: &Sources, action: &KeysAction, as_json: bool) -> Result<u8, Failure> {
    let directory = directory(sources)?;
    let told = match action {
        KeysAction::List => None,
        KeysAction::Rotate => {
            if KeyStore::records(&directory).map_err(failed)?.is_empty() {
                let text = "there are no keys: the server makes the first one when it starts";
                return Err(Failure::new(FailureKind::Failed, text));
            }
            KeyStore::rotate(&directory).map_err(failed)?;
            Some(rotated(&KeyStore::records(&directory).map_err(failed)?, now()))
        }
        KeysAction::Revoke { kid } => {
            KeyStore::revoke(&directory, kid).map_err(failed)?;
            Some(revoked(kid, &directory))
        }
    };
    let records = KeyStore::records(&directory).map_err(failed)?;
    Ok(print(&match (as_json, told) {
        (true, _) => in_json(&records),
        (false, Some(told)) => told,
        (false, None) => in_lines(&records, now()),
    }))
}

/// Where the keys are. From here on everything is done as whom workers run as, so that they can read
/// what is made.
fn directory(sources: &Sources) -> Result<KeyDirectory, Failure> {
    let loaded = settings::load(sources)?;
    let directory = issuing::key_directory(&loaded, &sources.environment)?;
    let identity = identity(&loaded.settings);
    identity.assume().map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    Ok(directory)
}

fn identity(settings: &Settings) -> Identity {
    let text = |account: &Option<value::Account>| account.as_ref().map(ToString::to_string);
    Identity { user: text(&settings.user), group: text(&settings.group) }
}

fn in_json(records: &[KeyRecord]) -> String {
    let key = |key: &KeyRecord| {
        let (state, name, time) = stage(key.stage);
        json!({
            "kid": key.kid,
            "algorithm": key.algorithm,
            "state": state,
            "made": key.made,
            (name): time,
        })
    };
    Value::Array(records.iter().map(key).collect()).to_string()
}

/// The word for it, what its time is, and that.
fn stage(stage: Stage) -> (&'static str, &'static str, i64) {
    match stage {
        Stage::Next { signs_at } => ("next", "signs_at", signs_at),
        Stage::Active { since } => ("active", "since", since),
        Stage::Retired { since } => ("retired", "since", since),
    }
}

fn in_lines(records: &[KeyRecord], now: i64) -> String {
    if records.is_empty() {
        return "there are no keys: the server makes the first one when it starts".to_owned();
    }
    let line = |key: &KeyRecord| {
        let (state, name, time) = stage(key.stage);
        let what = if name == "since" { name } else { "signs" };
        let relative = calendar::relative((time - now) as f64);
        let utc = calendar::utc(time as f64).unwrap_or_else(|| time.to_string());
        let (kid, algorithm) = (&key.kid, key.algorithm.name());
        format!("{kid}  {algorithm:<7}  {state:<7}  {what} {utc} ({relative})")
    };
    records.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn rotated(records: &[KeyRecord], now: i64) -> String {
    let next = records.iter().find_map(|key| match key.stage {
        Stage::Next { signs_at } => Some((&key.kid, signs_at)),
        _ => None,
    });
    let active = records.iter().find(|key| matches!(key.stage, Stage::Active { .. }));
    match (next, active) {
        (Some((kid, at)), _) => {
            format!("{kid} signs {}", calendar::relative((at - now) as f64))
        }
        (None, Some(key)) => format!("{} signs now", key.kid),
        (None, None) => "no key signs".to_owned(),
    }
}

fn revoked(kid: &str, directory: &KeyDirectory) -> String {
    let age = directory.max_age.as_secs();
    format!(
        "{kid} is revoked: this server refuses what it has signed. Others that verify may know the \
         key for another {age}s"
    )
}

#[expect(clippy::needless_pass_by_value, reason = "results give it away")]
fn failed(error: KeysError) -> Failure {
    Failure::of(FailureKind::Failed, &error)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use appserver_auth::Algorithm;

    use super::*;

    fn policy(path: PathBuf) -> KeyDirectory {
        KeyDirectory {
            algorithm: Algorithm::EdDSA,
            retire_after: Duration::from_hours(48),
            ..KeyDirectory::new(path)
        }
    }

    #[test]
    fn keys_are_listed_with_their_times_and_without_their_halves() {
        let home = tempfile::tempdir().unwrap();
        let policy = policy(home.path().join("keys"));
        assert!(in_lines(&[], 0).contains("no keys"));
        KeyStore::open(&policy).unwrap();
        KeyStore::rotate(&policy).unwrap();
        let records = KeyStore::records(&policy).unwrap();
        let made = records[0].made;
        let Stage::Next { signs_at } = records
            .iter()
            .map(|key| key.stage)
            .min_by_key(|stage| !matches!(stage, Stage::Next { .. }))
            .unwrap()
        else {
            panic!()
        };

        let lines = in_lines(&records, made);
        assert_eq!(lines.lines().count(), 2);
        let next = lines.lines().find(|line| line.contains("  next  ")).unwrap();
        assert!(next.contains("  EdDSA    next     signs 20") && next.contains("(in "), "{next}");
        assert!(lines.contains("  active   since 20"), "{lines}");
        assert!(rotated(&records, signs_at - 5).ends_with(" signs in 5s"));

        let listed: Value = serde_json::from_str(&in_json(&records)).unwrap();
        for key in listed.as_array().unwrap() {
            let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            names.retain(|name| !["since", "signs_at"].contains(name));
            names.sort_unstable();
            assert_eq!(names, ["algorithm", "kid", "made", "state"]);
            assert_eq!(key["algorithm"], "EdDSA");
        }
    }
}
