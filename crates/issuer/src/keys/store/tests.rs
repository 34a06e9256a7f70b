//! Directories of keys, in files.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use appserver_auth::Algorithm;
use tempfile::TempDir;

use super::*;
use crate::keys::state::SETTLING;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

struct Place {
    _home: TempDir,
    policy: KeyDirectory,
}

fn place() -> Place {
    let home = tempfile::tempdir().unwrap();
    let directory = KeyDirectory::new(home.path().join("state/keys"));
    let policy = KeyDirectory { retire_after: Duration::from_hours(48), ..directory };
    Place { _home: home, policy }
}

impl Place {
    fn open(&self, now: i64) -> Result<KeyStore, KeysError> {
        KeyStore::open_at(&self.policy, now)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.policy.path.join(name)
    }

    /// The files with private keys.
    fn private(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.policy.path).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".pem")).collect();
        names.sort();
        names
    }

    fn stages(&self) -> Vec<Stage> {
        KeyStore::records(&self.policy).unwrap().into_iter().map(|key| key.stage).collect()
    }
}

fn kid(store: &KeyStore) -> String {
    store.snapshot().signer.kid().unwrap().to_owned()
}

/// The names of the published keys.
fn published(store: &KeyStore) -> Vec<String> {
    let set: Value = serde_json::from_str(&store.snapshot().published.jwks).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_first_use_makes_a_key_that_nobody_else_can_read() {
    let place = place();
    assert!(KeyStore::records(&place.policy).unwrap().is_empty());
    assert!(!place.policy.path.exists(), "looking makes nothing");
    let store = place.open(NOW).unwrap();
    let kid = kid(&store);
    assert_eq!(place.private(), [format!("{kid}.pem")]);
    assert_eq!(published(&store), [kid.as_str()]);
    assert_eq!(place.stages(), [Stage::Active { since: NOW }]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(place.policy.path.clone()), 0o700);
    for name in ["keys.json", "lock", &format!("{kid}.pem")] {
        assert_eq!(mode(place.file(name)), 0o600, "{name}");
    }
    let token = store.snapshot().signer.sign("JWT", &[]).unwrap();
    assert_eq!(token.split('.').count(), 3);
    let again = place.open(NOW + 9).unwrap();
    assert_eq!(again.snapshot().published, store.snapshot().published);
    assert!(store.refresh_at(NOW + 9).unwrap().is_none());
}

#[test]
fn many_at_once_make_one_key() {
    let place = place();
    let kids: HashSet<String> = thread::scope(|scope| {
        let opening: Vec<_> =
            (0..8).map(|_| scope.spawn(|| kid(&place.open(NOW).unwrap()))).collect();
        opening.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(kids.len(), 1);
    assert_eq!(place.private().len(), 1);
}

#[test]
fn a_key_is_published_then_signs_then_verifies_then_goes() {
    let place = place();
    let (one, other) = (place.open(NOW).unwrap(), place.open(NOW).unwrap());
    let first = kid(&one);
    assert!(one.refresh_at(NOW + 89 * DAY - 1).unwrap().is_none());

    let ahead = NOW + 89 * DAY;
    assert!(one.refresh_at(ahead).unwrap().is_some());
    assert!(other.refresh_at(ahead).unwrap().is_some(), "others notice what one has done");
    assert!(other.refresh_at(ahead).unwrap().is_none());
    assert_eq!((kid(&one), published(&one).len()), (first.clone(), 2));
    assert_eq!(published(&one), published(&other));
    assert_eq!(place.private().len(), 2);

    let turn = NOW + 90 * DAY;
    assert!(other.refresh_at(turn).unwrap().is_some());
    assert!(one.refresh_at(turn).unwrap().is_some());
    let second = kid(&one);
    assert_eq!((&kid(&other), second == first), (&second, false));
    assert_eq!(published(&one), [second.as_str(), first.as_str()]);
    assert_eq!(place.private(), [format!("{second}.pem")], "what signs no more is forgotten");

    let end = turn + 2 * DAY + SETTLING;
    assert!(one.refresh_at(end - 1).unwrap().is_none());
    assert!(one.refresh_at(end).unwrap().is_some());
    assert_eq!(published(&one), [second.as_str()]);
}

#[test]
fn what_is_wanted_signs_when_all_know_it() {
    let place = place();
    let running = place.open(NOW).unwrap();
    let first = kid(&running);
    KeyStore::rotate_at(&place.policy, NOW + 10).unwrap();
    assert!(running.refresh_at(NOW + 11).unwrap().is_some());
    assert_eq!((kid(&running), published(&running).len()), (first.clone(), 2));
    assert!(running.refresh_at(NOW + 10 + SETTLING).unwrap().is_some());
    assert_ne!(kid(&running), first);
    assert_eq!(published(&running).len(), 2, "what was signed is still verified");
}

#[test]
fn a_revoked_key_is_gone_at_once() {
    let place = place();
    let running = place.open(NOW).unwrap();
    let first = kid(&running);
    let revoked = KeyStore::revoke_at(&place.policy, &first, NOW + 1).unwrap();
    assert!(running.refresh_at(NOW + 1).unwrap().is_some());
    let second = kid(&running);
    assert_eq!((kid(&revoked), published(&running)), (second.clone(), vec![second.clone()]));
    assert_eq!(place.private(), [format!("{second}.pem")]);
    for wrong in [first.as_str(), "", "../../etc/passwd"] {
        let refused = KeyStore::revoke_at(&place.policy, wrong, NOW + 2).map(|_| ());
        assert!(matches!(refused, Err(KeysError::Unknown { .. })), "{wrong}");
    }
    assert!(running.refresh_at(NOW + 2).unwrap().is_none());
}

#[test]
fn a_revoked_key_is_followed_by_the_next_one() {
    let place = place();
    let running = place.open(NOW).unwrap();
    running.refresh_at(NOW + 89 * DAY).unwrap();
    let (first, next) = (kid(&running), published(&running)[1].clone());
    KeyStore::revoke_at(&place.policy, &first, NOW + 89 * DAY).unwrap();
    running.refresh_at(NOW + 89 * DAY).unwrap();
    assert_eq!((kid(&running), published(&running)), (next.clone(), vec![next]));
}

#[test]
fn another_algorithm_takes_over() {
    let mut place = place();
    let first = kid(&place.open(NOW).unwrap());
    place.policy.algorithm = Algorithm::EdDSA;
    let store = place.open(NOW + 1).unwrap();
    assert_eq!(store.snapshot().signer.algorithm(), Algorithm::EdDSA);
    assert_eq!(published(&store), [kid(&store), first]);
}

/// A command that knows less of the settings than the server does not make other keys of it.
#[test]
fn the_policy_of_the_server_counts() {
    let mut place = place();
    let running = place.open(NOW).unwrap();
    let first = kid(&running);
    place.policy.algorithm = Algorithm::EdDSA;
    place.policy.retire_after = Duration::ZERO;
    KeyStore::rotate_at(&place.policy, NOW).unwrap();
    assert!(running.refresh_at(NOW + SETTLING).unwrap().is_some());
    KeyStore::rotate_at(&place.policy, NOW + DAY).unwrap();
    let records = KeyStore::records(&place.policy).unwrap();
    assert!(records.iter().any(|key| key.kid == first), "it is not dropped before its time");
    let algorithms: HashSet<_> = records.into_iter().map(|key| key.algorithm).collect();
    assert_eq!(algorithms, HashSet::from([Algorithm::ES256]));
}

#[test]
fn what_others_can_read_is_refused_with_the_remedy() {
    let place = place();
    let store = place.open(NOW).unwrap();
    let pem = place.file(&format!("{}.pem", kid(&store)));
    for (path, mode, right) in [
        (pem, 0o640, 0o600),
        (place.file("keys.json"), 0o604, 0o600),
        (place.policy.path.clone(), 0o770, 0o700),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let told = place.open(NOW).map(|_| ()).unwrap_err().to_string();
        assert!(told.contains(&format!("run `chmod {right:o} {}`", path.display())), "{told}");
        fs::set_permissions(&path, Permissions::from_mode(right)).unwrap();
        place.open(NOW).unwrap();
    }
}

#[test]
fn what_is_broken_is_named_and_changes_nothing() {
    let place = place();
    let running = place.open(NOW).unwrap();
    let kid = kid(&running);
    let (list, pem) = (place.file("keys.json"), place.file(&format!("{kid}.pem")));
    let (good_list, good_pem) =
        (fs::read_to_string(&list).unwrap(), fs::read_to_string(&pem).unwrap());
    let other = NewKey::generate(Algorithm::ES256).unwrap();
    for (path, text, told) in [
        (&list, "{", "no list of keys"),
        (&list, r#"{"keys":[{"kid":"../x"}]}"#, "no list of keys"),
        (&list, &good_list.replace(&kid, &"../".repeat(15)[..43]), "no name of a key"),
        (&pem, "", "there is no key in PEM"),
        (&pem, &other.pem, "another key than its name says"),
    ] {
        let good = if path == &list { &good_list } else { &good_pem };
        fs::write(path, text).unwrap();
        let error = place.open(NOW).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains(&*path.to_string_lossy()), "{error}");
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        fs::write(path, good).unwrap();
    }
    fs::remove_file(&pem).unwrap();
    let error = place.open(NOW).map(|_| ()).unwrap_err();
    assert!(matches!(error, KeysError::Read { .. }), "{error}");
    let mended = KeyStore::revoke_at(&place.policy, &kid, NOW).unwrap();
    assert_eq!(published(&mended).len(), 1, "what cannot be read can be revoked");
}

#[test]
fn a_running_server_goes_on_where_the_files_are_broken() {
    let place = place();
    let running = place.open(NOW).unwrap();
    let list = place.file("keys.json");
    let before = fs::read_to_string(&list).unwrap();
    fs::write(&list, "{").unwrap();
    assert!(running.refresh_at(NOW + 1).is_err());
    assert_eq!(running.snapshot().signer.sign("JWT", &[]).unwrap().split('.').count(), 3);
    fs::write(&list, before).unwrap();
    assert!(running.refresh_at(NOW + 2).unwrap().is_none(), "it is as it was");
}

#[test]
fn a_crash_between_two_files_leaves_the_old_keys() {
    let place = place();
    let first = kid(&place.open(NOW).unwrap());
    fs::write(place.file("keys.new"), "half").unwrap();
    fs::write(place.file(&format!("{}.new", "x".repeat(43))), "half").unwrap();
    fs::write(place.file(&format!("{}.pem", "x".repeat(43))), "unlisted").unwrap();
    assert_eq!(kid(&place.open(NOW).unwrap()), first);
    KeyStore::rotate_at(&place.policy, NOW).unwrap();
    let turned = place.open(NOW + SETTLING).unwrap();
    assert_ne!(kid(&turned), first);
}

#[test]
fn nothing_private_is_published_whatever_the_list_says() {
    let place = place();
    let list = place.file("keys.json");
    place.open(NOW).unwrap();
    let text = fs::read_to_string(&list).unwrap();
    let text = text.replacen(r#""kty""#, r#""d": "AAAA", "k": "BBBB", "kty""#, 1);
    fs::write(&list, text).unwrap();
    let jwks = place.open(NOW).unwrap().snapshot().published.jwks;
    let set: Value = serde_json::from_str(&jwks).unwrap();
    let mut names: Vec<_> = set["keys"][0].as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}

#[test]
fn a_directory_that_cannot_be_made_says_what_to_do() {
    let mut place = place();
    fs::write(place.policy.path.parent().unwrap().parent().unwrap().join("file"), "").unwrap();
    place.policy.path = place.policy.path.parent().unwrap().parent().unwrap().join("file/keys");
    let told = place.open(NOW).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("cannot write") && told.contains("auth.jwt.keys.dir"), "{told}");
}
