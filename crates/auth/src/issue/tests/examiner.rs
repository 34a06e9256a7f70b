//! What the endpoints make of tokens: simplejwt's cases, and those that it answers with an error.

use std::time::Duration;

use serde_json::{Value, json};

use super::{claims, pair, secret};
use crate::Algorithm;
use crate::config::Keys;
use crate::issue::{Examiner, Fault, Format, Kind, NewKey, Signer};
use crate::testing::{NOW, SECRET, provider, simple};

fn format() -> Format {
    Format::new(Algorithm::HS256)
}

fn with(format: &Format) -> Examiner {
    let keys = Keys::Secrets(vec![SECRET.to_vec()]);
    Examiner::new(format, &provider("own", &[Algorithm::HS256], keys)).unwrap()
}

/// A good refresh token with these claims in place of its own; `null` takes one out.
fn refresh(changes: &Value) -> String {
    let mut payload = json!({
        "token_type": "refresh", "exp": NOW + 300, "iat": NOW, "jti": "a1", "user_id": "7",
    });
    for (name, value) in changes.as_object().unwrap() {
        payload[name] = value.clone();
    }
    payload.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    simple(&payload.to_string())
}

fn said(format: &Format, token: &str, kind: Option<Kind>) -> Result<(), Fault> {
    with(format).examine(token, kind, NOW as f64).map(|_| ())
}

fn says(changes: &Value) -> Result<(), Fault> {
    said(&format(), &refresh(changes), Some(Kind::Refresh))
}

#[test]
fn a_good_token_is_what_it_says() {
    let found = with(&format()).examine(&refresh(&json!({})), Some(Kind::Refresh), NOW as f64);
    assert_eq!(found.unwrap()["user_id"], "7");
    for fine in [
        json!({"user_id": 7}),
        json!({"exp": NOW as f64 + 1.5}),
        json!({"iat": NOW as f64 + 0.9}),
        json!({"iat": 0, "nbf": NOW}),
        json!({"aud": "anybody", "iss": "anybody"}),
        json!({"user_id": null, "iat": null}),
    ] {
        assert_eq!(says(&fine), Ok(()), "{fine}");
    }
}

#[test]
fn each_fault_has_its_name() {
    let cases = [
        (json!({"exp": NOW}), Fault::Expired),
        (json!({"exp": NOW as f64 + 0.9}), Fault::Expired),
        (json!({"exp": null}), Fault::NoExp),
        (json!({"jti": null}), Fault::NoId),
        (json!({"token_type": null}), Fault::NoType),
        (json!({"token_type": "access"}), Fault::WrongType),
        (json!({"token_type": 5}), Fault::WrongType),
        (json!({"iat": NOW + 1}), Fault::Invalid),
        (json!({"nbf": NOW + 1}), Fault::Invalid),
        (json!({"jti": 5}), Fault::Invalid),
        (json!({"jti": ""}), Fault::Invalid),
        (json!({"jti": "x".repeat(256)}), Fault::Invalid),
        (json!({"sub": 5}), Fault::Invalid),
        (json!({"exp": "1900000000"}), Fault::Invalid),
        (json!({"exp": (NOW - 5).to_string()}), Fault::Invalid),
        (json!({"aud": 5}), Fault::Invalid),
    ];
    for (changes, fault) in cases {
        assert_eq!(says(&changes), Err(fault), "{changes}");
    }
    for token in ["", "x", "a.b.c", &format!("{}x", refresh(&json!({})))] {
        assert_eq!(said(&format(), token, None), Err(Fault::Invalid), "{token:.9}");
    }
}

/// What is wrong with the signature hides everything else; the end of a token hides what follows.
#[test]
fn the_first_fault_counts() {
    let changes = json!({"exp": 1, "token_type": "access", "jti": null});
    assert_eq!(says(&changes), Err(Fault::Expired));
    assert_eq!(says(&json!({"exp": 1, "iat": NOW + 1})), Err(Fault::Invalid));
    assert_eq!(says(&json!({"exp": null, "jti": null})), Err(Fault::NoExp));
    assert_eq!(says(&json!({"jti": null, "token_type": null})), Err(Fault::NoId));
    let issuer = Format { issuer: Some("me".to_owned()), ..format() };
    let old = refresh(&json!({"exp": 1}));
    assert_eq!(said(&issuer, &old, None), Err(Fault::Expired));
    let (forger, _) = pair(Algorithm::HS384);
    let forged = forger.sign("JWT", &claims(&json!({"exp": 1}))).unwrap();
    assert_eq!(said(&format(), &forged, None), Err(Fault::Invalid));
}

#[test]
fn any_kind_needs_no_type() {
    let token = refresh(&json!({"token_type": null}));
    assert_eq!(said(&format(), &token, None), Ok(()));
    assert_eq!(said(&format(), &refresh(&json!({"jti": null})), None), Err(Fault::NoId));
    let sliding = refresh(&json!({"token_type": "sliding"}));
    assert_eq!(said(&format(), &sliding, Some(Kind::Sliding)), Ok(()));
    assert_eq!(said(&format(), &sliding, Some(Kind::Access)), Err(Fault::WrongType));
}

#[test]
fn claims_have_the_names_of_the_settings() {
    let none = Format { type_claim: None, jti_claim: None, ..format() };
    let bare = refresh(&json!({"jti": null, "token_type": null}));
    assert_eq!(said(&none, &bare, Some(Kind::Refresh)), Ok(()));
    let named =
        Format { type_claim: Some("t".to_owned()), jti_claim: Some("id".to_owned()), ..format() };
    assert_eq!(said(&named, &refresh(&json!({})), Some(Kind::Refresh)), Err(Fault::NoId));
    let own = refresh(&json!({"id": "1", "t": "refresh"}));
    assert_eq!(said(&named, &own, Some(Kind::Refresh)), Ok(()));
    let number = refresh(&json!({"id": 1, "t": "refresh"}));
    assert_eq!(said(&named, &number, Some(Kind::Refresh)), Err(Fault::Invalid));
}

#[test]
fn issuer_and_audience_are_wanted_where_they_are_set() {
    let format = Format {
        issuer: Some("me".to_owned()),
        audience: Some(json!(["shop", "till"])),
        ..format()
    };
    let says = |changes: Value| said(&format, &refresh(&changes), None);
    assert_eq!(says(json!({"iss": "me", "aud": "till"})), Ok(()));
    assert_eq!(says(json!({"iss": "me", "aud": ["x", "shop"]})), Ok(()));
    for wrong in [
        json!({}),
        json!({"iss": "me"}),
        json!({"aud": "shop"}),
        json!({"iss": "ME", "aud": "shop"}),
        json!({"iss": ["me"], "aud": "shop"}),
        json!({"iss": "me", "aud": "sho"}),
        json!({"iss": "me", "aud": []}),
        json!({"iss": "me", "aud": [["shop"]]}),
    ] {
        assert_eq!(says(wrong.clone()), Err(Fault::Invalid), "{wrong}");
    }
}

#[test]
fn clocks_may_differ_by_the_leeway() {
    let format = Format { leeway: Duration::from_secs(10), ..format() };
    let says = |changes: Value| said(&format, &refresh(&changes), None);
    assert_eq!(says(json!({"exp": NOW - 9, "iat": NOW + 10})), Ok(()));
    assert_eq!(says(json!({"exp": NOW - 10})), Err(Fault::Expired));
    assert_eq!(says(json!({"iat": NOW + 11})), Err(Fault::Invalid));
}

#[test]
fn other_types_of_tokens_are_refused() {
    let (signer, _) = pair(Algorithm::HS256);
    let keys = Keys::Secrets(vec![secret()]);
    let provider = provider("own", &[Algorithm::HS256], keys);
    let examined = |typ: &str, format: &Format| {
        let token = signer.sign(typ, &claims(&json!({"exp": NOW + 1, "jti": "a"}))).unwrap();
        Examiner::new(format, &provider).unwrap().examine(&token, None, NOW as f64).map(|_| ())
    };
    assert_eq!(examined("JWT", &format()), Ok(()));
    assert_eq!(examined("at+jwt", &format()), Err(Fault::Invalid));
    assert_eq!(examined("secevent+jwt", &format()), Err(Fault::Invalid));
    let own = Format { access_type: "at+jwt".to_owned(), ..format() };
    assert_eq!(examined("at+jwt", &own), Ok(()));
    assert_eq!(examined("JWT", &own), Ok(()));
}

#[test]
fn keys_change_while_it_is_used() {
    let keys = [Algorithm::ES256; 2].map(|algorithm| NewKey::generate(algorithm).unwrap());
    let tokens = keys.each_ref().map(|key| {
        let signer = Signer::from_pem(Algorithm::ES256, &key.pem, Some(&key.kid)).unwrap();
        signer.sign("JWT", &claims(&json!({"exp": NOW + 1, "jti": "a"}))).unwrap()
    });
    let none = provider("own", &[Algorithm::ES256], Keys::Local(String::new()));
    let examiner = Examiner::new(&format(), &none).unwrap();
    let passes = || tokens.each_ref().map(|it| examiner.examine(it, None, NOW as f64).is_ok());
    let set = |keys: &[&NewKey]| {
        let keys: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
        json!({"keys": keys}).to_string()
    };
    let [first, second] = &keys;
    assert_eq!(passes(), [false, false]);
    examiner.replace_keys(&set(&[first])).unwrap();
    assert_eq!(passes(), [true, false]);
    examiner.replace_keys(&set(&[first, second])).unwrap();
    assert_eq!(passes(), [true, true]);
    assert!(examiner.replace_keys("{}").is_err());
    assert_eq!(passes(), [true, true], "what is no set changes nothing");
    examiner.replace_keys(&set(&[second])).unwrap();
    assert_eq!(passes(), [false, true]);
}

#[test]
fn threads_may_share_it() {
    fn shared<T: Send + Sync>() {}
    shared::<Examiner>();
    shared::<Signer>();
}
