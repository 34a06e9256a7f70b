//! Keys from files and from the network: PEM, JWK sets, secrets.
//!
//! The first byte says which, the second which algorithms are listed. What is admitted serves only
//! what is listed, and no key takes a signature that nobody made.

#![no_main]

use appserver_auth::Algorithm;
use appserver_auth::key::KeySet;
use libfuzzer_sys::fuzz_target;

/// The most keys of a set.
const MAX_KEYS: usize = 8;

const LISTS: [&[Algorithm]; 10] = [
    &[Algorithm::HS256],
    &[Algorithm::HS256, Algorithm::HS512],
    &[Algorithm::RS256],
    &[Algorithm::RS256, Algorithm::PS384],
    &[Algorithm::ES256],
    &[Algorithm::ES256, Algorithm::ES384, Algorithm::ES512],
    &[Algorithm::EdDSA],
    &[Algorithm::EdDSA, Algorithm::Ed25519],
    &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
    &[Algorithm::HS256, Algorithm::RS256],
];

fuzz_target!(|data: &[u8]| {
    let [kind, list, text @ ..] = data else { return };
    let listed = LISTS[usize::from(*list) % LISTS.len()];
    let set = match kind % 3 {
        0 => pem(text, listed),
        1 => KeySet::from_jwk_set(text, listed, MAX_KEYS).ok().map(|(set, _)| set),
        _ => KeySet::from_secrets(&[text.to_vec()], listed).ok(),
    };
    if let Some(set) = set {
        check(&set, listed);
    }
});

fn pem(text: &[u8], listed: &[Algorithm]) -> Option<KeySet> {
    let text = std::str::from_utf8(text).ok()?;
    KeySet::from_pem(&[("a.pem".to_owned(), text.to_owned())], listed).ok()
}

fn check(set: &KeySet, listed: &[Algorithm]) {
    assert!(set.len() <= 16);
    for algorithm in Algorithm::ALL.into_iter().filter(|one| !listed.contains(one)) {
        assert_eq!(set.candidates(algorithm, None).count(), 0, "{}", algorithm.name());
        for key in set.iter() {
            assert_eq!(set.candidates(algorithm, key.kid()).count(), 0, "{}", algorithm.name());
        }
    }
    for key in set.iter() {
        assert!(listed.contains(&key.algorithm()));
        for length in [0, 1, 32, 64, 96, 132, 256] {
            assert!(!key.verifies(b"a.b", &vec![0; length]));
        }
    }
}
