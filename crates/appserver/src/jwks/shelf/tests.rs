//! What a reload keeps, and what it does not.

use std::collections::BTreeSet;

use super::*;
use crate::jwks::fetch::tests::remote;

fn config(urls: &[&str], from_django: bool) -> Config {
    let mut text = serde_json::json!({
        "realm": "api", "error_body": "Drf", "default": "Optional", "max_token": 8192,
        "bypass_preflight": true, "root_path": "", "trusted_origins": [], "providers": [],
        "rules": [], "cache_entries": 0, "cache_time": {"secs": 0, "nanos": 0},
        "forward": {"token": true, "claim_headers": {}, "remote_user": null, "starlette": false},
        "from_django": from_django,
    });
    for url in urls {
        let keys = Keys::Remote(remote(url));
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

fn found(memories: &[Arc<SharedMemory>], url: &str) -> Store {
    find(memories, &remote(url), &[Algorithm::RS256]).unwrap()
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
    assert!(!Arc::ptr_eq(&third[0], &first[0]), "what was given up is made anew");
    assert!(identities(&first).iter().collect::<BTreeSet<_>>().len() == 2);
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
    let pace = crate::jwks::pace::Pace::new(&remote(B), 0);
    let store = found(&memories, B);
    let lease = store.begin(&pace, 7, 8, false).unwrap();
    assert!(store.publish(lease, b"keys", 9, 10));
    let of_b = report(&django, &memories).remove(1);
    assert_eq!((of_b.fetched_ns, of_b.failures), (Some(9), 0));
    assert_eq!(of_b.counts.iter().map(|(_, count)| count).sum::<u64>(), 1);
}

#[test]
fn any_other_setting_makes_another_set() {
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
        assert_eq!(shelf.serve(Some(&django)).unwrap().len(), 3, "they do not pile up");
    }
}
