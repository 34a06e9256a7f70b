//! Header parameters. What each means alone is tested beside the header; here it is signed well.

use crate::config::Keys;
use crate::testing::*;
use crate::{Algorithm, Reason};

fn signed(header: &str) -> String {
    token(header, &claims(""), hs256(SECRET))
}

#[test]
fn a_kid_leads_nowhere() {
    let gate = gate(local());
    for kid in ["../../../../dev/null", "/etc/passwd", "http://127.0.0.1:1/", "' OR 1=1--", "|id"] {
        let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
        verdict(&gate, &signed(&header)).expect("a secret has no kid, so any will do");
        let empty = token(&header, &claims(""), hs256(b""));
        assert_eq!(verdict(&gate, &empty).unwrap_err(), Reason::Signature, "{kid}");
    }
}

#[test]
fn embedded_keys_are_nobodys() {
    let (ours, theirs) = (Ec::new(), Ec::new());
    let set =
        Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, ours.jwk(r#","kid":"k""#)), "keys.json".into());
    let gate = gate(provider("ec", &[Algorithm::ES256], set));
    let jwk = theirs.jwk(r#","kid":"k""#);
    for more in [
        format!(r#""jwk":{jwk}"#),
        r#""x5c":["MIIB"]"#.to_owned(),
        r#""jku":"http://169.254.169.254/latest""#.to_owned(),
        r#""x5u":"file:///etc/passwd""#.to_owned(),
    ] {
        let header = format!(r#"{{"alg":"ES256","kid":"k",{more}}}"#);
        let forged = token(&header, &claims(""), theirs.es256());
        assert_eq!(verdict(&gate, &forged).unwrap_err(), Reason::Signature, "{more}");
    }
    let other = token(r#"{"alg":"ES256","kid":"j"}"#, &claims(""), ours.es256());
    assert_eq!(verdict(&gate, &other).unwrap_err(), Reason::UnknownKey);
}

#[test]
fn critical_extensions_are_refused_signed_or_not() {
    let gate = gate(local());
    for crit in [r#"["exp"]"#, r#"["b64"]"#, r#"["nope"]"#, "[]", r#""b64""#, "[1]", r#"["alg"]"#] {
        let header = format!(r#"{{"alg":"HS256","crit":{crit},"nope":1}}"#);
        assert_eq!(verdict(&gate, &signed(&header)).unwrap_err(), Reason::Critical, "{crit}");
    }
    let unencoded = signed(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#);
    assert_eq!(verdict(&gate, &unencoded).unwrap_err(), Reason::Critical);
    let zipped = signed(r#"{"alg":"HS256","zip":"DEF"}"#);
    assert_eq!(verdict(&gate, &zipped).unwrap_err(), Reason::Unsupported);
    let nested = signed(r#"{"alg":"HS256","cty":"JWT"}"#);
    assert_eq!(verdict(&gate, &nested).unwrap_err(), Reason::Unsupported);
}

#[test]
fn types_keep_kinds_of_tokens_apart() {
    let mut provider = local();
    provider.types = vec!["at+jwt".into()];
    let gate = gate(provider);
    let typed = |typ: &str| signed(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#));
    for fine in ["at+jwt", "AT+JWT", "application/at+jwt", "application/AT+jwt"] {
        verdict(&gate, &typed(fine)).expect(fine);
    }
    for wrong in ["JWT", "dpop+jwt", "logout+jwt", "secevent+jwt", "at+jwt ", "text/at+jwt", ""] {
        assert_eq!(verdict(&gate, &typed(wrong)).unwrap_err(), Reason::Type, "{wrong}");
    }
    assert_eq!(verdict(&gate, &signed(r#"{"alg":"HS256"}"#)).unwrap_err(), Reason::Type);
}

#[test]
fn duplicates_in_the_header_are_refused() {
    let gate = gate(local());
    for header in [
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"a"}"#,
        r#"{"alg":"HS256","\u0061lg":"HS256"}"#,
        "[]",
        "{}{}",
    ] {
        assert_eq!(
            verdict(&gate, &signed(header)).unwrap_err(),
            Reason::MalformedHeader,
            "{header}"
        );
    }
}
