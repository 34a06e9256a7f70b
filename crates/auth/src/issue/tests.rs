//! Tokens as they are given out, against the gate, the standards and PyJWT.

mod examiner;
mod keys;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{NewKey, Signer, SignerError};
use crate::config::Keys;
use crate::testing::{NOW, SECRET, gate, local, provider, verdict};
use crate::{Algorithm, Reason};

/// All that are not a lot of work for a test.
const QUICK: [Algorithm; 8] = [
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
    Algorithm::Ed25519,
];

fn secret() -> Vec<u8> {
    [SECRET, b"-uQ7rXw2LbN4sVkE9-Zt5yHc"].concat()
}

/// What signs with an algorithm, and the keys that verify it.
fn pair(algorithm: Algorithm) -> (Signer, Keys) {
    if algorithm.is_symmetric() {
        let secret = secret();
        return (Signer::from_secret(algorithm, &secret).unwrap(), Keys::Secrets(vec![secret]));
    }
    let key = NewKey::generate(algorithm).unwrap();
    let signer = Signer::from_pem(algorithm, &key.pem, Some(&key.kid)).unwrap();
    (signer, Keys::Local(json!({"keys": [key.jwk]}).to_string()))
}

fn claims(claims: &Value) -> Vec<(String, Value)> {
    claims.as_object().unwrap().clone().into_iter().collect()
}

fn good() -> Vec<(String, Value)> {
    claims(&json!({"exp": NOW + 300, "iat": NOW, "jti": "a1", "user_id": "7"}))
}

#[test]
fn a_token_is_pyjwts_byte_by_byte() {
    let ordered = [
        ("token_type", json!("access")),
        ("exp", json!(1_800_000_300)),
        ("iat", json!(1_800_000_000)),
        ("jti", json!("a1")),
        ("user_id", json!("7")),
        ("name", json!("Jürgen 😀")),
        ("x", json!([1, null, {"a": 1.5, "b": true}])),
    ];
    let ordered = ordered.map(|(name, value)| (name.to_owned(), value));
    let signer = Signer::from_secret(Algorithm::HS256, SECRET).unwrap();
    let wanted = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMzAwLCJpYXQiOjE4MDAwMDAwMDAsImp0aSI6ImExIiwidXNlcl9pZCI6IjciLCJuYW1lIjoiSlx1MDBmY3JnZW4gXHVkODNkXHVkZTAwIiwieCI6WzEsbnVsbCx7ImEiOjEuNSwiYiI6dHJ1ZX1dfQ.FsfsPjnFLYwaCBbPTLO_ixygSfJCsVTonLWQQn2smxY";
    assert_eq!(signer.sign("JWT", &ordered).unwrap(), wanted);
}

#[test]
fn a_name_of_the_key_comes_last_in_the_header() {
    use base64::Engine;
    let (signer, _) = pair(Algorithm::EdDSA);
    let token = signer.sign("at+jwt", &good()).unwrap();
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    let kid = signer.kid().unwrap();
    let wanted = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#);
    assert_eq!(String::from_utf8(header).unwrap(), wanted);
}

#[test]
fn what_any_algorithm_signs_passes_the_gate() {
    for algorithm in Algorithm::ALL {
        let (signer, keys) = pair(algorithm);
        let gate = gate(provider("own", &[algorithm], keys));
        let token = signer.sign("JWT", &good()).unwrap();
        let verified = verdict(&gate, &token);
        assert_eq!(verified.unwrap().subject().as_deref(), Some("7"), "{}", algorithm.name());
    }
}

#[test]
fn nobody_elses_token_does() {
    for algorithm in QUICK.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let ((_, keys), (other, _)) = (pair(algorithm), pair(algorithm));
        let gate = gate(provider("own", &[algorithm], keys));
        let token = other.sign("JWT", &good()).unwrap();
        assert_eq!(verdict(&gate, &token).unwrap_err(), Reason::UnknownKey);
    }
}

#[test]
fn what_is_no_secret_does_not_sign() {
    let key = NewKey::generate(Algorithm::ES256).unwrap();
    for secret in [&b""[..], b"   ", &[0; 64], key.pem.as_bytes(), key.jwk.to_string().as_bytes()] {
        assert!(Signer::from_secret(Algorithm::HS256, secret).is_err(), "{}", secret.len());
    }
    assert!(Signer::from_secret(Algorithm::HS256, b"short").is_ok(), "Django may have chosen it");
    let refused = Signer::from_secret(Algorithm::RS256, SECRET).unwrap_err();
    assert_eq!(refused, SignerError("RS256 needs a private key, not a secret".to_owned()));
}

#[test]
fn nothing_of_a_key_is_shown() {
    let key = NewKey::generate(Algorithm::ES256).unwrap();
    let signer = Signer::from_pem(Algorithm::ES256, &key.pem, Some(&key.kid)).unwrap();
    let shown = format!("{signer:?} {key:?}");
    let body: String = key.pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(shown.contains(&key.kid));
    assert!(!shown.contains(&body[..40]), "{shown}");
}

fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-zä€]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    // Names of four letters and more are none of a registered claim.
    let members = proptest::collection::btree_map("[a-zé😀\"\\\\]{4,9}", value, 0..6);
    members.prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_signed_is_verified_as_it_was(more in any_claims(), which in 0..QUICK.len()) {
        let (signer, keys) = pair(QUICK[which]);
        let gate = gate(provider("own", &[QUICK[which]], keys));
        let mut all = good();
        all.extend(more);
        let token = signer.sign("JWT", &all).unwrap();
        let verified = verdict(&gate, &token).unwrap();
        let wanted: Map<String, Value> = all.into_iter().collect();
        prop_assert_eq!(verified.claims().members(), &wanted);
        prop_assert!(token.is_ascii() && verified.claims().text().is_ascii());
    }

    #[test]
    fn what_is_changed_anywhere_is_refused(place in 0_usize..10_000, by in 1_u8..64) {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let signer = Signer::from_secret(Algorithm::HS256, SECRET).unwrap();
        let gate = gate(local());
        let mut token = signer.sign("JWT", &good()).unwrap().into_bytes();
        let place = place % token.len();
        if let Some(digit) = ALPHABET.iter().position(|letter| *letter == token[place]) {
            token[place] = ALPHABET[(digit + usize::from(by)) % 64];
            prop_assert!(verdict(&gate, std::str::from_utf8(&token).unwrap()).is_err());
        }
    }
}
