//! Tokens in cookies.

use super::{Csrf, MAX_TOKEN, cookie, find, one, places, texts};
use crate::Reason;

fn found(fields: &[&str]) -> Result<Vec<String>, Reason> {
    let fields: Vec<(&str, &str)> = fields.iter().map(|value| ("cookie", *value)).collect();
    texts(find(&places(vec![vec![cookie(Csrf::None)]]), &fields))
}

#[test]
fn names_are_exact() {
    for fields in [
        &["access=a.b.c"][..],
        &["x=1; access=a.b.c; y=2"],
        &["x=1;access=a.b.c;y"],
        &["  access = \"a.b.c\" "],
        &["x=1", "access=a.b.c"],
        &["access=a.b.c; access=a.b.c"],
        &["access=a.b.c", "access=\"a.b.c\""],
        &["x=\u{e9}; access=a.b.c"],
    ] {
        assert_eq!(found(fields), one("a.b.c"), "{fields:?}");
    }
    for fields in [
        &["Access=a", "ACCESS=a"][..],
        &["access2=a; xaccess=a; x=access=a"],
        &["access"],
        &["access="],
        &["access=\"\""],
        &["__Host-access=a"],
        &["acc%65ss=a"],
    ] {
        assert_eq!(found(fields), Ok(Vec::new()), "{fields:?}");
    }
}

#[test]
fn two_that_differ_are_refused() {
    for fields in [&["access=a; access=b"][..], &["access=a", "access=b"], &["access=a; access="]] {
        assert_eq!(found(fields), Err(Reason::SeveralTokens), "{fields:?}");
    }
}

#[test]
fn values_are_tokens() {
    for value in ["access=a b", "access=a,b", "access=\u{e9}", "access=\"a\"b\" c"] {
        assert_eq!(found(&[value]), Err(Reason::MalformedCredentials), "{value:?}");
    }
    let long = format!("access={}", "x".repeat(MAX_TOKEN + 1));
    assert_eq!(found(&[&long]), Err(Reason::TooLong));
    let json = r#"access={"payload":"e30"}"#;
    assert_eq!(found(&[json]), one(r#"{"payload":"e30"}"#), "left to whoever reads tokens");
}
