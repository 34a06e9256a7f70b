//! What is wrong with settings about tokens is told with its place, all at once.

use super::{SECRET, mistakes, with};
use crate::settings::FILE_NAME;

const LOCAL: &str = "auth.jwt.providers.local";

/// Texts below a provider that is right, the mistake that each makes, and its place.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("[[auth.jwt.rules]]\nrequire = \"none\"", "it has no `path`", "auth.jwt.rules.0"),
    (
        "[[auth.jwt.rules]]\npath = \"/\"\nclaims = [{ claim = \"a\" }]",
        "expected one of `equals`, `one_of`, `contains`, `prefix` and `exists`",
        "auth.jwt.rules.0.claims.0",
    ),
    (
        "sources = [{ header = \"A\", cookie = \"b\" }]",
        "expected one of `header`, `cookie` and `query`",
        "auth.jwt.providers.local.sources.0",
    ),
    (
        "sources = [{ header = \"X_User\" }]",
        "found \"X_User\", expected the name of a header field, without _",
        "auth.jwt.providers.local.sources.0.header",
    ),
    (
        "jwks_url = \"https://a.example\"",
        "its keys have several places: secret, jwks_url; keep one",
        LOCAL,
    ),
    (
        "previous_secrets = [{ env = \"NO_SUCH\" }]",
        "the variable NO_SUCH is not set",
        "auth.jwt.providers.local.previous_secrets.0",
    ),
    (
        "previous_secrets = [{ env = \"EMPTY\" }]",
        "the variable EMPTY is empty",
        "auth.jwt.providers.local.previous_secrets.0",
    ),
    (
        "[auth.jwt]\ntrusted_origins = [\"shop.example\"]",
        "found \"shop.example\", expected an origin like \"https://shop.example\"",
        "auth.jwt.trusted_origins",
    ),
    ("[auth.jwt]\nrealm = \"a\\nb\"", "expected ASCII letters, signs and spaces", "auth.jwt.realm"),
    (
        "[auth.jwt.forward]\nclaim_headers = { Host = \"h\" }",
        "this field means something else; choose another name",
        "auth.jwt.forward.claim_headers.Host",
    ),
    (
        "[auth.jwt.forward]\nclaim_headers = { X-A = \"a\", x-a = \"b\" }",
        "the same field is there twice",
        "auth.jwt.forward.claim_headers.x-a",
    ),
    (
        "[auth.jwt]\ncors_origins = [\"https://u:geheim@shop.example\"]",
        "found \"https://***@shop.example\", expected an origin",
        "auth.jwt.cors_origins",
    ),
    (
        "[auth.jwt.forward]\nclaim_headers = { X_A = \"a\" }",
        "found \"X_A\", expected the name of a header field, without _",
        "auth.jwt.forward.claim_headers.X_A",
    ),
    (
        "[auth.jwt]\nfrom_django = true\n[auth.jwt.providers.two]\nalgorithms = [\"ES256\"]",
        "it has no keys: set one of `secret`",
        "auth.jwt.providers.two",
    ),
    (
        "[auth.jwt]\nfrom_django = true\n[auth.jwt.providers.two]\n\
         jwks_url = \"https://a.example\"",
        "it names no `algorithms`",
        "auth.jwt.providers.two",
    ),
    (
        "[auth.jwt]\nfrom_django = true\n[[auth.jwt.rules]]\npath = \"/\"\nrequire = \"djagno\"",
        "rule 1 (/): there is no provider \"djagno\"; is it \"django\"?",
        "auth.jwt.rules.0",
    ),
    (
        "[auth.jwt]\nfrom_django = true\n[auth.jwt.providers.django]\n\
         algorithms = [\"RS256\", \"ES256\"]",
        "RS256 and ES256 are of different families",
        "auth.jwt.providers.django",
    ),
    (
        "[auth.jwt.providers.two]\nalgorithms = [\"ES256\"]",
        "it has no keys: ",
        "auth.jwt.providers.two",
    ),
    (
        "[auth.jwt.providers.two]\npublic_keys = [\"none.pem\"]\nalgorithms = [\"ES256\"]",
        "cannot read none.pem: No such file",
        "auth.jwt.providers.two.public_keys.0",
    ),
    (
        "[auth.jwt.providers.two]\njwks_url = \"http://a.example\"\nalgorithms = [\"ES256\"]",
        "",
        "auth.jwt.providers.two.jwks_url",
    ),
    (
        "[auth.jwt.providers.two]\njwks_url = \"https://a.example\"",
        "it names no `algorithms`",
        "auth.jwt.providers.two",
    ),
    (
        "[auth.jwt.providers.missing]\nsecret = { env = \"JWT_SECRET\" }",
        "\"missing\" has a meaning of its own in rules",
        "auth.jwt.providers.missing",
    ),
    (
        "[auth.jwt.providers.two]\njwks_url = \"https://a.example\"\nalgorithms = [\"ES256\"]\n\
         jwks.min_cache = \"2d\"",
        "2d is more than `max_cache`, 1d",
        "auth.jwt.providers.two.jwks.min_cache",
    ),
    // Those of the gate itself.
    ("algorithms = [\"RS256\"]", "", LOCAL),
    ("[[auth.jwt.rules]]\npath = \"/\"\nrequire = \"lcoal\"", "", "auth.jwt.rules.0"),
];

#[test]
fn mistakes_are_told_with_their_places() {
    for (text, problem, key) in MISTAKES {
        let all = mistakes(&with(text));
        assert_eq!(all.len(), 1, "{text}: {all:#?}");
        assert!(all[0].starts_with(problem), "{text}: {all:#?}");
        assert!(all[0].contains(&format!("for `{key}` in {FILE_NAME}:")), "{text}: {all:#?}");
        assert!(!all[0].contains(SECRET));
    }
}

/// Each rule has its own line, and each condition in it.
#[test]
fn mistakes_inside_lists_have_their_lines() {
    let rules = "[[auth.jwt.rules]]\npath = \"/\"\nclaims = [\n{ claim = \"a\", exists = true },\n\
        { claim = \"b\" },\n]\n[[auth.jwt.rules]]\nrequire = \"none\"\n";
    let all = mistakes(&with(rules));
    assert!(all[0].ends_with("for `auth.jwt.rules.0.claims.1` in appserver.toml:7"), "{all:#?}");
    assert!(all[1].ends_with("for `auth.jwt.rules.1` in appserver.toml:9"), "{all:#?}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let all = mistakes("[auth.jwt.providers.a]\n[auth.jwt.providers.b]\nsecret = { env = \"NO\" }");
    assert_eq!(all.len(), 3, "{all:#?}");
    let rules = mistakes("[[auth.jwt.rules]]\npath = \"/\"");
    assert!(rules[0].starts_with("there is no provider"), "{rules:#?}");
}
