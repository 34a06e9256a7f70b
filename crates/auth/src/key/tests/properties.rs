//! Nothing that is given as a key brings the program down, or is admitted by chance.

use proptest::prelude::*;

use super::*;
use crate::Algorithm::*;
use crate::key::secret::weakness;

fn algorithms() -> impl Strategy<Value = Vec<Algorithm>> {
    proptest::collection::vec(proptest::sample::select(Algorithm::ALL.to_vec()), 0..4)
}

/// A member of a key: of a right type now and then.
fn member() -> impl Strategy<Value = Value> {
    let known = ["RSA", "EC", "OKP", "oct", "sig", "P-256", "Ed25519", "ES256", "RS256", "AQAB"];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..70).prop_map(|bytes| encoded(&bytes).into()),
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(["verify"])),
        Just(Value::Null),
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_key_or_an_error(
        text in any::<String>(),
        der in proptest::collection::vec(any::<u8>(), 0..400),
        label in proptest::sample::select(vec!["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"]),
        algorithms in algorithms(),
    ) {
        prop_assert!(from_pem(&text, &algorithms).is_err());
        prop_assert!(from_pem(&block(label, &der), &algorithms).is_err());
        prop_assert!(KeySet::from_jwk_set(text.as_bytes(), &algorithms, 4).is_err());
        prop_assert!(KeySet::from_jwk_set(&der, &algorithms, 4).is_err());
    }

    #[test]
    fn a_changed_key_is_a_key_or_an_error(
        place in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<proptest::sample::Index>(),
    ) {
        // RFC 8410 section 10.1 has an Ed25519 key; the shortest that there is.
        let mut der = STANDARD.decode("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
            .expect("base64");
        der[place.index(44)] = byte;
        let _ = from_pem(&block("PUBLIC KEY", &der), &[EdDSA, RS256, ES256]);
        let _ = from_pem(&block("PUBLIC KEY", &der[..cut.index(44)]), &[EdDSA]);
        let _ = from_pem(&block("RSA PUBLIC KEY", &der), &[RS256]);
    }

    #[test]
    fn any_members_are_a_key_or_an_error(
        members in proptest::collection::vec((proptest::sample::select(vec![
            "kty", "crv", "alg", "use", "key_ops", "kid", "n", "e", "x", "y", "k", "d",
        ]), member()), 0..8),
        algorithms in algorithms(),
    ) {
        let jwk: Value = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let text = json!({"keys": [jwk]}).to_string();
        if let Ok((set, errors)) = KeySet::from_jwk_set(text.as_bytes(), &algorithms, 4) {
            prop_assert_eq!(set.len() + errors.len(), 1);
        }
    }

    #[test]
    fn random_secrets_are_sound(secret in proptest::collection::vec(any::<u8>(), 64)) {
        prop_assert_eq!(weakness(&secret, HS512), None);
    }
}
