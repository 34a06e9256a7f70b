//! Algorithms: none, others, and keys of one kind used as another.

use crate::config::Keys;
use crate::testing::*;
use crate::{Algorithm, Gate, Reason};

fn header(alg: &str) -> String {
    format!(r#"{{"alg":{alg},"typ":"JWT"}}"#)
}

fn nothing(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

#[test]
fn none_is_never_an_algorithm() {
    let gate = gate(local());
    for alg in [r#""none""#, r#""None""#, r#""NONE""#, r#""nOnE""#, r#""none ""#] {
        let unsigned = token(&header(alg), &claims(""), nothing);
        assert_eq!(verdict(&gate, &unsigned).unwrap_err(), Reason::NotCompact, "{alg}");
        let without = unsigned.trim_end_matches('.').to_owned();
        assert_eq!(verdict(&gate, &without).unwrap_err(), Reason::NotCompact, "{alg}");
        let random = token(&header(alg), &claims(""), |_| vec![7; 32]);
        assert_eq!(verdict(&gate, &random).unwrap_err(), Reason::Algorithm, "{alg}");
        let genuine = token(&header(alg), &claims(""), hs256(SECRET));
        assert_eq!(verdict(&gate, &genuine).unwrap_err(), Reason::Algorithm, "{alg}");
    }
}

#[test]
fn an_algorithm_is_a_known_name() {
    let gate = gate(local());
    let long = format!("\"{}\"", "A".repeat(5_000));
    for alg in
        ["null", r#""""#, "0", r#"["HS256"]"#, r#"{"a":1}"#, &long, r#""hs256""#, r#""HS256 ""#]
    {
        let refused = verdict(&gate, &token(&header(alg), &claims(""), hs256(SECRET)));
        let expected =
            if alg.starts_with('"') { Reason::Algorithm } else { Reason::MalformedHeader };
        assert_eq!(refused.unwrap_err(), expected, "{alg:.20}");
    }
    let missing = token(r#"{"typ":"JWT"}"#, &claims(""), hs256(SECRET));
    assert_eq!(verdict(&gate, &missing).unwrap_err(), Reason::MalformedHeader);
}

#[test]
fn a_public_key_is_no_secret() {
    let rsa = Rsa::new();
    let keys = Keys::Pem(vec![("a.pem".into(), rsa.pem())]);
    let gate = gate(provider("rsa", &[Algorithm::RS256], keys));
    let good = token(&header(r#""RS256""#), &claims(""), rsa.rs256());
    verdict(&gate, &good).expect("the key itself works");
    let text = rsa.pem();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let guesses: Vec<Vec<u8>> = vec![
        text.clone().into(),
        text.trim_end().into(),
        text.replace('\n', "\r\n").into(),
        format!(" {text}").into(),
        rsa.der(),
        body.into(),
        Vec::new(),
    ];
    for guess in guesses {
        let forged = token(&header(r#""HS256""#), &claims(""), hs256(&guess));
        assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Algorithm);
        let forged = token(&header(r#""RS256""#), &claims(""), hs256(&guess));
        assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Signature);
    }
}

#[test]
fn a_secret_is_no_public_key() {
    let rsa = Rsa::new();
    let gate = gate(local());
    let forged = token(&header(r#""RS256""#), &claims(""), rsa.rs256());
    assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Algorithm);
}

#[test]
fn one_key_has_one_algorithm() {
    let rsa = Rsa::new();
    let keys = || Keys::Pem(vec![("a.pem".into(), rsa.pem())]);
    let gate = gate(provider("rsa", &[Algorithm::RS256], keys()));
    let others = [
        token(&header(r#""PS256""#), &claims(""), rsa.ps256()),
        token(&header(r#""RS384""#), &claims(""), rsa.rs384()),
    ];
    for other in others {
        assert_eq!(verdict(&gate, &other).unwrap_err(), Reason::Algorithm);
    }
    let both = provider("rsa", &[Algorithm::RS256, Algorithm::PS256], keys());
    assert!(Gate::new(config(vec![both], Vec::new())).is_err());
}

#[test]
fn a_signature_of_another_algorithm_is_none() {
    let rsa = Rsa::new();
    let keys = Keys::Pem(vec![("a.pem".into(), rsa.pem())]);
    let gate = gate(provider("rsa", &[Algorithm::RS256], keys));
    let forged = token(&header(r#""RS256""#), &claims(""), rsa.ps256());
    assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Signature);
}

#[test]
fn families_do_not_mix_in_a_provider() {
    let secrets = || Keys::Secrets(vec![SECRET.to_vec()]);
    for algorithms in [
        vec![Algorithm::HS256, Algorithm::RS256],
        vec![Algorithm::RS256, Algorithm::ES256],
        vec![Algorithm::RS256],
        vec![],
    ] {
        let mixed = provider("mixed", &algorithms, secrets());
        assert!(Gate::new(config(vec![mixed], Vec::new())).is_err(), "{algorithms:?}");
    }
}

#[test]
fn a_curve_has_its_algorithm() {
    let key = Ec::new();
    let set =
        |more: &str| Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, key.jwk(more)), "keys.json".into());
    let gate = gate(provider("ec", &[Algorithm::ES256], set(r#","kid":"k""#)));
    let named =
        |alg: &str| token(&format!(r#"{{"alg":"{alg}","kid":"k"}}"#), &claims(""), key.es256());
    verdict(&gate, &named("ES256")).expect("its own");
    for other in ["ES384", "ES512", "ES256K", "EdDSA"] {
        assert_eq!(verdict(&gate, &named(other)).unwrap_err(), Reason::Algorithm);
    }
    for wrong in [Algorithm::ES384, Algorithm::ES512] {
        let provider = provider("ec", &[wrong], set(r#","kid":"k""#));
        assert!(Gate::new(config(vec![provider], Vec::new())).is_err());
    }
}

#[test]
fn what_is_encrypted_is_not_read() {
    let gate = gate(local());
    let inner = token(&header(r#""none""#), &claims(""), |_| vec![1]);
    let outer = base64url(r#"{"alg":"dir","enc":"A256GCM","p2c":2147483647,"zip":"DEF"}"#);
    let encrypted =
        format!("{outer}..{}.{}.{}", base64url("nonce"), base64url(inner), base64url("tag"));
    assert_eq!(verdict(&gate, &encrypted).unwrap_err(), Reason::Unsupported);
    let as_signed = token(r#"{"alg":"dir","enc":"A256GCM"}"#, &claims(""), hs256(SECRET));
    assert_eq!(verdict(&gate, &as_signed).unwrap_err(), Reason::Unsupported);
    let pbes = token(r#"{"alg":"HS256","p2c":2147483647}"#, &claims(""), hs256(SECRET));
    assert_eq!(verdict(&gate, &pbes).unwrap_err(), Reason::Unsupported);
}

#[test]
fn an_empty_secret_is_no_secret() {
    for secret in [&b""[..], b" ", b"\n\t ", b"secret", b"0123456789abcdef", b"changeme"] {
        let weak = provider("weak", &[Algorithm::HS256], Keys::Secrets(vec![secret.to_vec()]));
        assert!(Gate::new(config(vec![weak], Vec::new())).is_err(), "{secret:?}");
    }
    let gate = gate(local());
    let forged = token(&header(r#""HS256""#), &claims(""), hs256(b""));
    assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Signature);
}

#[test]
fn json_serializations_are_no_tokens() {
    let gate = gate(local());
    let good = simple(&claims(""));
    let parts: Vec<&str> = good.split('.').collect();
    for json in [
        format!(
            r#"{{"payload":"{}","protected":"{}","signature":"{}"}}"#,
            parts[1], parts[0], parts[2]
        ),
        format!(r#"{{"payload":"{}","signatures":[]}}"#, parts[1]),
        format!(r#"{{"payload":"{}"}}"#, parts[1]),
    ] {
        assert!(verdict(&gate, &json).is_err());
    }
}
