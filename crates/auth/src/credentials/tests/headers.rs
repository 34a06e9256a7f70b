//! `Authorization`, and other fields.

use super::{MAX_TOKEN, Source, find, header, one, places, texts};
use crate::Reason;

fn bearer(value: &str) -> Result<Vec<String>, Reason> {
    texts(find(&places(vec![vec![header()]]), &[("authorization", value)]))
}

#[test]
fn schemes_are_compared_without_case() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "bEaReR a.b.c"] {
        assert_eq!(bearer(value), one("a.b.c"), "{value}");
    }
}

#[test]
fn spaces_and_one_token_follow_the_scheme() {
    assert_eq!(bearer("Bearer  a"), one("a"), "1*SP (RFC 9110 section 11.4)");
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer\ta",
        "Bearer \ta",
        "Bearer a ",
        "Bearer a\t",
        "Bearer a b",
        "Bearer a,b",
        "Bearer a, Bearer b",
        "Bearer,Bearer a",
        "Bearer a\r\n b",
        "Bearer\r\n a",
        "Bearer=a",
        "Bearer \"a\" b",
        "Bearer a\u{e9}",
        "Bearer\u{a0}a",
        "Bearer a\0",
        " Bearer a",
        "Basic dTpw, Bearer a",
        "Digest a=\"b\",bearer a",
        "\u{e9}Bearer a",
    ] {
        assert_eq!(bearer(value), Err(Reason::MalformedCredentials), "{value:?}");
    }
}

#[test]
fn another_scheme_is_no_token() {
    for value in ["", "Basic dTpw", "Bearertoken a", "Bearer2 a", "Bear a", "DPoP a", "Digest a, b"]
    {
        assert_eq!(bearer(value), Ok(Vec::new()), "{value:?}");
    }
}

#[test]
fn several_fields_are_refused() {
    let places = places(vec![vec![header()]]);
    for (one, other) in
        [("Bearer a", "Bearer b"), ("Bearer a", "Bearer a"), ("Basic a", "Bearer b"), ("", "")]
    {
        let fields = [("authorization", one), ("authorization", other)];
        assert_eq!(find(&places, &fields), Err(Reason::MalformedCredentials), "{one} {other}");
    }
}

#[test]
fn length_comes_first() {
    let most = "x".repeat(MAX_TOKEN);
    assert_eq!(bearer(&format!("Bearer {most}")), one(&most));
    for value in [format!("Bearer {most}x"), format!("bearer \0{most}"), format!("Bearer\t{most}.")]
    {
        assert_eq!(bearer(&value), Err(Reason::TooLong), "{value:?}");
    }
    assert_eq!(bearer(&format!("Basic {most}{most}")), Ok(Vec::new()));
}

#[test]
fn a_field_of_its_own_may_have_no_scheme() {
    let source = Source::Header { name: "x-token".into(), scheme: String::new() };
    let places = places(vec![vec![source]]);
    let found = |value: &str| texts(find(&places, &[("x-token", value)]));
    assert_eq!(found("a.b.c"), one("a.b.c"));
    assert_eq!(found(""), Ok(Vec::new()));
    for value in ["a b", "a,b", " a", "a\t", "Bearer a", "\u{e9}"] {
        assert_eq!(found(value), Err(Reason::MalformedCredentials), "{value:?}");
    }
    assert_eq!(found(&"x".repeat(MAX_TOKEN + 1)), Err(Reason::TooLong));
}

#[test]
fn a_field_may_have_one_of_several_schemes() {
    let jwt = Source::Header { name: "authorization".into(), scheme: "JWT".into() };
    let places = places(vec![vec![header(), jwt]]);
    for value in ["Bearer a", "JWT a", "jwt a"] {
        assert_eq!(texts(find(&places, &[("authorization", value)])), one("a"), "{value}");
    }
    let several = [("authorization", "JWT a, Bearer b")];
    assert_eq!(find(&places, &several), Err(Reason::MalformedCredentials));
}
