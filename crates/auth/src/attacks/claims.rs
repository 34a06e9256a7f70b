//! Claims, each of them signed well.

use std::time::Duration;

use crate::testing::*;
use crate::{Gate, Reason};

fn says(gate: &Gate, payload: &str) -> Option<Reason> {
    verdict(gate, &simple(payload)).err()
}

fn with(gate: &Gate, more: &str) -> Option<Reason> {
    says(gate, &claims(more))
}

#[test]
fn the_moment_of_expiry_is_too_late() {
    let gate = gate(local());
    let exp = |exp: i64| says(&gate, &format!(r#"{{"exp":{exp}}}"#));
    assert_eq!(exp(NOW - 1), Some(Reason::Expired));
    assert_eq!(exp(NOW), Some(Reason::Expired));
    assert_eq!(exp(NOW + 1), None);
}

#[test]
fn an_expiry_is_a_number_in_the_future() {
    let gate = gate(local());
    for exp in ["null", r#""1999999999""#, "1e400", "NaN", "true", "[]", "{}", r#""""#] {
        let refused = says(&gate, &format!(r#"{{"exp":{exp}}}"#));
        assert_eq!(refused, Some(Reason::MalformedClaims), "{exp}");
    }
    for exp in ["-1", "0", "-0", "1e3"] {
        assert_eq!(says(&gate, &format!(r#"{{"exp":{exp}}}"#)), Some(Reason::Expired), "{exp}");
    }
    for exp in ["1.9e9", "9223372036854775808", "18446744073709551616", "1900000000.5"] {
        assert_eq!(says(&gate, &format!(r#"{{"exp":{exp}}}"#)), None, "{exp}");
    }
    assert_eq!(says(&gate, "{}"), Some(Reason::ClaimMissing));
}

#[test]
fn other_times_are_numbers_in_the_past() {
    let gate = gate(local());
    for (name, reason) in [("nbf", Reason::NotYetValid), ("iat", Reason::IssuedInFuture)] {
        let at = |value: &str| with(&gate, &format!(r#""{name}":{value}"#));
        assert_eq!(at(&(NOW + 1).to_string()), Some(reason));
        assert_eq!(at(&(NOW + 31_536_000).to_string()), Some(reason));
        for fine in [NOW.to_string(), (NOW - 1).to_string(), "0".into(), "-5".into(), "1.5".into()]
        {
            assert_eq!(at(&fine), None, "{name} {fine}");
        }
        for wrong in ["null", r#""1""#, "true", "[]", "{}", "1e400"] {
            assert_eq!(at(wrong), Some(Reason::MalformedClaims), "{name} {wrong}");
        }
    }
}

#[test]
fn leeway_moves_the_moment() {
    let mut provider = local();
    provider.leeway = Duration::from_secs(30);
    let gate = gate(provider);
    let exp = |exp: i64| says(&gate, &format!(r#"{{"exp":{exp}}}"#));
    assert_eq!(exp(NOW - 29), None);
    assert_eq!(exp(NOW - 30), Some(Reason::Expired));
    assert_eq!(exp(NOW - 31), Some(Reason::Expired));
    assert_eq!(with(&gate, &format!(r#""nbf":{}"#, NOW + 30)), None);
    assert_eq!(with(&gate, &format!(r#""iat":{}"#, NOW + 31)), Some(Reason::IssuedInFuture));
}

#[test]
fn an_audience_is_one_of_ours() {
    let mut provider = local();
    provider.audiences = vec!["ours".into()];
    let checked = gate(provider);
    let aud = |value: &str| with(&checked, &format!(r#""aud":{value}"#));
    for fine in [r#""ours""#, r#"["ours"]"#, r#"["other","ours"]"#] {
        assert_eq!(aud(fine), None, "{fine}");
    }
    for other in [r#""""#, r#""other""#, r#"["other"]"#, "[]", r#""OURS""#, r#""ours ""#] {
        assert_eq!(aud(other), Some(Reason::Audience), "{other}");
    }
    for wrong in [r#"["ours",5]"#, "5", r#"{"a":1}"#, "null", r#"[["ours"]]"#] {
        assert_eq!(aud(wrong), Some(Reason::MalformedClaims), "{wrong}");
    }
    assert_eq!(with(&checked, ""), Some(Reason::Audience));
    assert_eq!(with(&gate(local()), r#""aud":"anything""#), None, "nobody has asked for one");
}

#[test]
fn an_issuer_is_the_very_same() {
    let mut provider = local();
    provider.issuer = Some("https://a.example".into());
    let gate = gate(provider);
    let iss = |value: &str| with(&gate, &format!(r#""iss":{value}"#));
    assert_eq!(iss(r#""https://a.example""#), None);
    for other in [
        r#""https://b.example""#,
        r#""https://a.example.evil""#,
        r#""https://a.example/""#,
        r#""https://A.example""#,
        r#""""#,
    ] {
        assert_eq!(iss(other), Some(Reason::Issuer), "{other}");
    }
    for wrong in [r#"["https://a.example"]"#, "5", "null"] {
        assert_eq!(iss(wrong), Some(Reason::MalformedClaims), "{wrong}");
    }
    assert_eq!(with(&gate, ""), Some(Reason::Issuer));
}

#[test]
fn keys_are_looked_for_inside_their_provider() {
    use crate::Algorithm;
    use crate::config::Keys;
    let (a, b) = (Ec::new(), Ec::new());
    let of = |name: &str, key: &Ec| {
        let set = format!(r#"{{"keys":[{}]}}"#, key.jwk(&format!(r#","kid":"{name}""#)));
        let mut provider =
            provider(name, &[Algorithm::ES256], Keys::JwkSet(set, "keys.json".into()));
        provider.issuer = Some(format!("https://{name}.example"));
        provider
    };
    let gate = Gate::new(config(vec![of("a", &a), of("b", &b)], Vec::new()))
        .map_err(|e| format!("{e:?}"))
        .unwrap();
    let made = |issuer: &str, kid: &str, key: &Ec| {
        let payload = claims(&format!(r#""iss":"https://{issuer}.example""#));
        token(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), &payload, key.es256())
    };
    assert_eq!(verdict(&gate, &made("a", "a", &a)).unwrap().provider(), "a");
    assert_eq!(verdict(&gate, &made("b", "b", &b)).unwrap().provider(), "b");
    assert!(verdict(&gate, &made("a", "b", &b)).is_err());
    assert!(verdict(&gate, &made("b", "a", &a)).is_err());
    assert!(verdict(&gate, &made("a", "a", &b)).is_err());
}

#[test]
fn only_the_kinds_of_tokens_that_are_meant_open() {
    let mut provider = local();
    provider.token_types = vec!["access".into()];
    let gate = gate(provider);
    assert_eq!(with(&gate, r#""token_type":"access""#), None);
    for other in [r#""refresh""#, r#""sliding""#, r#"["access"]"#, "null", r#""""#] {
        let refused = with(&gate, &format!(r#""token_type":{other}"#));
        assert_eq!(refused, Some(Reason::TokenType), "{other}");
    }
    assert_eq!(with(&gate, ""), Some(Reason::TokenType));
}

#[test]
fn nothing_is_said_twice() {
    let gate = gate(local());
    for payload in [
        r#"{"exp":1999999999,"user_id":"1","user_id":"2"}"#,
        r#"{"exp":1,"exp":1999999999}"#,
        r#"{"exp":1999999999,"user_id":"1","user\u005fid":"2"}"#,
        r#"{"exp":1999999999,"a":{"b":1,"b":1}}"#,
    ] {
        assert_eq!(says(&gate, payload), Some(Reason::MalformedClaims), "{payload}");
    }
}

#[test]
fn claims_are_one_object() {
    let gate = gate(local());
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(2_000), "]".repeat(2_000));
    for payload in [
        "[]",
        "\"x\"",
        "5",
        " ",
        "{}x",
        "{},",
        r#"{"exp":1999999999,}"#,
        "/**/{}",
        &deep,
        "null",
        "\u{feff}{\"exp\":1999999999}",
    ] {
        assert_eq!(says(&gate, payload), Some(Reason::MalformedClaims), "{payload:.20}");
    }
    let header = base64url(r#"{"alg":"HS256"}"#);
    let payload = base64url(b"{\"exp\":1999999999,\"a\":\"\xff\"}");
    let signed = format!("{header}.{payload}");
    let made = format!("{signed}.{}", base64url(hs256(SECRET)(signed.as_bytes())));
    assert_eq!(verdict(&gate, &made).unwrap_err(), Reason::MalformedClaims);
}

#[test]
fn values_come_through_as_they_are() {
    let gate = gate(local());
    let made = simple(&claims(r#""n":9007199254740993,"sub":"a\r\nb\u0000\ufeff\u202e","e":1e2"#));
    let verified = verdict(&gate, &made).unwrap();
    assert_eq!(verified.claims().get("n").unwrap().as_u64(), Some(9_007_199_254_740_993));
    assert_eq!(verified.subject().unwrap(), "a\r\nb\0\u{feff}\u{202e}");
    assert_eq!(with(&gate, r#""sub":5"#), Some(Reason::MalformedClaims));
}

#[test]
fn a_lifetime_can_be_limited() {
    let mut provider = local();
    provider.max_lifetime = Some(Duration::from_secs(3600));
    let gate = gate(provider);
    let exp = |exp: i64| says(&gate, &format!(r#"{{"exp":{exp}}}"#));
    assert_eq!(exp(NOW + 3600), None);
    assert_eq!(exp(NOW + 7200), Some(Reason::Lifetime));
}

#[test]
fn a_required_id_is_a_short_text() {
    let mut provider = local();
    provider.required.push("jti".into());
    let gate = gate(provider);
    let jti = |more: &str| says(&gate, &format!(r#"{{"exp":{}{more}}}"#, NOW + 9));
    assert_eq!(jti(r#","jti":"x""#), None);
    assert_eq!(jti(""), Some(Reason::ClaimMissing));
    assert_eq!(jti(r#","jti":"""#), Some(Reason::ClaimMissing));
    assert_eq!(jti(r#","jti":5"#), Some(Reason::MalformedClaims));
    assert_eq!(jti(&format!(r#","jti":"{}""#, "x".repeat(300))), Some(Reason::MalformedClaims));
}

#[test]
fn subjects_can_be_limited() {
    let mut provider = local();
    provider.subjects = Some("spiffe://here/*".into());
    let gate = gate(provider);
    assert_eq!(with(&gate, r#""sub":"spiffe://here/web""#), None);
    assert_eq!(with(&gate, r#""sub":"spiffe://there/web""#), Some(Reason::Subject));
    assert_eq!(with(&gate, ""), Some(Reason::Subject));
}

#[test]
fn a_logout_token_lets_nobody_in() {
    let gate = gate(local());
    let event = r#""events":{"http://schemas.openid.net/event/backchannel-logout":{}},"sub":"a""#;
    assert_eq!(with(&gate, event), Some(Reason::Type));
    assert_eq!(with(&gate, r#""events":["party"]"#), None, "a claim of somebody's own");
}
