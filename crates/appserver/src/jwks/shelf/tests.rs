//! What a reload keeps, and what it does not.

use std::collections::BTreeSet;

use appserver_auth::config::RemoteUrl;

use super::*;
use crate::jwks::fetch::tests::remote;
use crate::jwks::pace::Pace;

fn config(urls: &[&str], from_django: bool) -> Config {
    config_of(&urls.iter().map(|url| remote(url)).collect::<Vec<_>>(), from_django)
}

fn config_of(remotes: &[Remote], from_django: bool) -> Config {
    let mut text = serde_json::json!({
        "realm": "api", "error_body": "Drf", "default": "Optional", "max_token": 8192,
        "bypass_preflight": true, "root_path": "", "trusted_origins": [], "providers": [],
        "rules": [], "cache_entries": 0, "cache_time": {"secs": 0, "nanos": 0},
        "forward": {"token": true, "claim_headers": {}, "remote_user": null, "starlette": false},
        "from_django": from_django,
    });
    for remote in remotes {
        let RemoteUrl::Set(url) = &remote.url else { unreachable!() };
        let keys = Keys::Remote(remote.clone());
        text["providers"].as_array_mut().unwrap().push(serde_json::json!({
            "name": url, "issuer": null, "audiences": [], "algorithms": [Algorithm::RS256],
            "keys": keys, "types": [], "token_types": [], "token_type_claim": "", "user_claim": "",
            "leeway": {"secs": 0, "nanos": 0}, "required": [], "max_lifetime": null,
            "subjects": null, "sources": [], "scope_claims": [], "role_claims": [],
        }));
    }
    serde_json::from_value(text).unwrap()
}

fn identities(memories: &[Arc<SharedMemory>]) -> Vec<u64> {
    memories.iter().map(identity_of).collect()
}

const A: &str = "https://a.example/keys";
const B: &str = "https://b.example/keys";

/// A cool-down other than the default: other settings for the same address.
fn hasty(url: &str, seconds: u64) -> Remote {
    Remote { cooldown: std::time::Duration::from_secs(seconds), ..remote(url) }
}

/// Puts these keys in, as a worker does that has fetched them at that time.
fn fill(memory: &Arc<SharedMemory>, keys: &[u8], now: u64) {
    let store = Store::new(Arc::clone(memory));
    let lease = store.begin(&Pace::new(&remote(A), 0), now, now + 8, true).unwrap();
    assert!(store.publish(lease, keys, now, u64::MAX / 2));
}

fn keys_in(memory: &Arc<SharedMemory>) -> Option<Vec<u8>> {
    Store::new(Arc::clone(memory)).read().map(|copy| copy.body)
}

fn found(memories: &[Arc<SharedMemory>], url: &str) -> Store {
    found_of(memories, &remote(url))
}

fn found_of(memories: &[Arc<SharedMemory>], remote: &Remote) -> Store {
    find(memories, remote, &[Algorithm::RS256]).unwrap()
}

#[test]
fn without_fetched_keys_there_is_no_memory() {
    assert!(Shelf::default().serve(None).unwrap().is_empty());
    assert!(Shelf::default().serve(Some(&config(&[], false))).unwrap().is_empty());
}

#[test]
fn a_reload_keeps_the_sets_whose_settings_stay() {
    let mut shelf = Shelf::default();
    let first = shelf.serve(Some(&config(&[A, B], false))).unwrap();
    let second = shelf.serve(Some(&config(&[B], false))).unwrap();
    assert!(Arc::ptr_eq(&second[0], &first[1]));
    let third = shelf.serve(Some(&config(&[A, B], false))).unwrap();
    assert!(Arc::ptr_eq(&third[1], &first[1]));
    assert!(Arc::ptr_eq(&third[0], &first[0]), "what was taken out comes back with the next one");
    assert!(identities(&first).iter().collect::<BTreeSet<_>>().len() == 2);
}

#[test]
fn what_no_generation_has_any_more_is_given_up() {
    let mut shelf = Shelf::default();
    let first = Arc::downgrade(&shelf.serve(Some(&config(&[A], false))).unwrap()[0]);
    shelf.serve(Some(&config(&[B], false))).unwrap();
    assert!(first.upgrade().is_some());
    shelf.serve(Some(&config(&[B], false))).unwrap();
    assert!(first.upgrade().is_none());
}

#[test]
fn reloads_that_fail_leave_the_keys_of_who_serves() {
    for from_django in [false, true] {
        let mut shelf = Shelf::default();
        let serving = shelf.serve(Some(&config(&[A], from_django))).unwrap();
        fill(&serving[0], b"keys", 7);
        for seconds in 1..5 {
            let other = config_of(&[hasty(B, seconds)], from_django);
            // Dropped again: this generation never serves.
            shelf.serve(Some(&other)).unwrap();
            shelf.serve(None).unwrap();
        }
        let next = shelf.serve(Some(&config(&[A], from_django))).unwrap();
        assert!(Arc::ptr_eq(&next[0], &serving[0]));
    }
}

#[test]
fn other_settings_begin_with_the_keys_of_before() {
    let mut shelf = Shelf::default();
    let first = shelf.serve(Some(&config(&[A, B], false))).unwrap();
    fill(&first[0], b"keys of a", 7);
    fill(&first[1], b"keys of b", 9);
    let second = shelf.serve(Some(&config_of(&[remote(B), hasty(A, 1)], false))).unwrap();
    assert!(Arc::ptr_eq(&second[0], &first[1]));
    assert!(!Arc::ptr_eq(&second[1], &first[0]));
    assert_eq!(keys_in(&second[1]).unwrap(), b"keys of a");
    // They are fetched anew as soon as there is a worker, and serve until that succeeds.
    let (store, now) = (found_of(&second, &hasty(A, 1)), monotonic_ns());
    let (pace, history) = (Pace::new(&hasty(A, 1), 0), store.history());
    assert!(pace.is_due(&history, now, false));
    assert!(!pace.is_over(&history, now));
    assert_eq!((history.fetched, history.busy_until), (7, 0));
    assert_eq!(store::counts(&second[1]), store::counts(&first[0]));
}

#[test]
fn more_or_less_room_is_other_memory() {
    let mut shelf = Shelf::default();
    let of = |max_bytes| config_of(&[Remote { max_bytes, ..remote(A) }], false);
    let first = shelf.serve(Some(&of(64))).unwrap();
    fill(&first[0], &[7; 64], 7);
    let larger = shelf.serve(Some(&of(128))).unwrap();
    assert_eq!(keys_in(&larger[0]).unwrap(), [7; 64]);
    assert!(keys_in(&shelf.serve(Some(&of(56))).unwrap()[0]).is_none(), "they are too long now");
}

#[test]
fn who_goes_back_has_the_newest_keys() {
    let mut shelf = Shelf::default();
    let first = shelf.serve(Some(&config(&[A], false))).unwrap();
    fill(&first[0], b"old", 7);
    let second = shelf.serve(Some(&config_of(&[hasty(A, 1)], false))).unwrap();
    fill(&second[0], b"new", monotonic_ns());
    let third = shelf.serve(Some(&config(&[A], false))).unwrap();
    assert!(Arc::ptr_eq(&third[0], &first[0]));
    assert_eq!(keys_in(&third[0]).unwrap(), b"new");
    // And nothing older comes back.
    let fourth = shelf.serve(Some(&config(&[A], false))).unwrap();
    assert_eq!(keys_in(&fourth[0]).unwrap(), b"new");
}

/// It may trust other certificates.
#[test]
fn keys_of_another_provider_are_not_taken() {
    let mut shelf = Shelf::default();
    let both = [remote(A), hasty(A, 1)];
    let first = shelf.serve(Some(&config_of(&both, false))).unwrap();
    fill(&first[0], b"keys of the other", 7);
    let second = shelf.serve(Some(&config_of(&[remote(A), hasty(A, 2)], false))).unwrap();
    assert!(Arc::ptr_eq(&second[0], &first[0]));
    assert!(keys_in(&second[1]).is_none());
}

#[test]
fn keys_for_other_algorithms_are_better_than_none() {
    let mut shelf = Shelf::default();
    let of = |algorithm: Algorithm| {
        let mut config = config(&[A], false);
        config.providers[0].algorithms = vec![algorithm];
        config
    };
    let first = shelf.serve(Some(&of(Algorithm::RS256))).unwrap();
    fill(&first[0], b"first", 7);
    let second = shelf.serve(Some(&of(Algorithm::ES256))).unwrap();
    assert_eq!(keys_in(&second[0]).unwrap(), b"first");
    fill(&second[0], b"second", monotonic_ns());
    let third = shelf.serve(Some(&of(Algorithm::RS256))).unwrap();
    assert_eq!(keys_in(&third[0]).unwrap(), b"first", "it has its own");
}

#[test]
fn workers_find_the_memory_of_their_set() {
    let memories = Shelf::default().serve(Some(&config(&[A, B], false))).unwrap();
    assert_eq!(found(&memories, B).identity(), identity_of(&memories[1]));
    // One that is not there is private, and disturbs nobody.
    let own = found(&memories, "https://c.example/keys");
    assert!(!identities(&memories).contains(&own.identity()));
}

#[test]
fn two_providers_with_the_same_set_fetch_it_once() {
    assert_eq!(Shelf::default().serve(Some(&config(&[A, A], false))).unwrap().len(), 1);
}

#[test]
fn a_report_names_the_providers() {
    let django = config(&[A, B], true);
    let memories = Shelf::default().serve(Some(&django)).unwrap();
    let told = |reports: Vec<Report>| -> Vec<Option<String>> {
        reports.into_iter().map(|report| report.provider).collect()
    };
    assert_eq!(told(report(&django, &memories)), [Some(A.to_owned()), Some(B.to_owned())]);
    found(&memories, "https://c.example/keys");
    assert_eq!(told(report(&django, &memories)).last(), Some(&None));
    let pace = Pace::new(&remote(B), 0);
    let store = found(&memories, B);
    let lease = store.begin(&pace, 7, 8, false).unwrap();
    assert!(store.publish(lease, b"keys", 9, 10));
    let of_b = report(&django, &memories).remove(1);
    assert_eq!((of_b.fetched_ns, of_b.failures), (Some(9), 0));
    assert_eq!(of_b.counts.iter().map(|(_, count)| count).sum::<u64>(), 1);
}

#[test]
fn any_other_setting_makes_another_set() {
    let identity = |remote: &Remote, algorithms: &[Algorithm]| name(remote, algorithms).identity;
    let one = identity(&remote(A), &[Algorithm::RS256]);
    let mut other = remote(A);
    other.ca = Some("-----BEGIN CERTIFICATE-----".to_owned());
    assert_ne!(one, identity(&other, &[Algorithm::RS256]));
    assert_ne!(one, identity(&remote(A), &[Algorithm::ES256]));
    assert_ne!(one, identity(&remote(B), &[Algorithm::RS256]));
}

#[test]
fn a_set_that_only_the_project_names_is_shared_and_kept_too() {
    let mut shelf = Shelf::default();
    let django = config(&[A], true);
    let first = shelf.serve(Some(&django)).unwrap();
    assert_eq!(first.len(), 2);
    // Two workers of one generation.
    let claimed = found(&first, B).identity();
    assert_eq!(found(&first, B).identity(), claimed);
    assert_eq!(identity_of(&first[1]), claimed);
    // The next generation has it, and an empty one for another address.
    let second = shelf.serve(Some(&django)).unwrap();
    assert_eq!(identities(&second)[1..], [claimed, 0]);
    found(&second, "https://c.example/keys");
    for _ in 0..3 {
        assert_eq!(shelf.serve(Some(&django)).unwrap().len(), 4, "nothing changes");
    }
    for seconds in 1..9 {
        let served = shelf.serve(Some(&django)).unwrap();
        assert!(served.len() <= 2 + MOST_SPARES, "they do not pile up");
        found_of(&served, &hasty(B, seconds));
    }
}

#[test]
fn other_settings_of_the_project_begin_with_the_keys_of_before() {
    let mut shelf = Shelf::default();
    let django = config(&[], true);
    let first = shelf.serve(Some(&django)).unwrap();
    found(&first, A);
    fill(&first[0], b"keys", 7);
    let second = shelf.serve(Some(&django)).unwrap();
    // Two workers of one generation.
    for _ in 0..2 {
        let store = found_of(&second, &hasty(A, 1));
        assert_eq!(store.read().unwrap().body, b"keys");
        assert_eq!(store.history().busy_until, 0);
    }
    assert_eq!(report(&django, &second).len(), 1, "the one that is in use is told of");
    // The reload has failed; the next one goes back.
    let third = shelf.serve(Some(&django)).unwrap();
    assert_eq!(found(&third, A).identity(), identity_of(&first[0]));
}
