//! Tables that the operator names, and tables one after the other.

use super::{FILE_NAME, Setup, from, load, mistakes, setup};
use crate::settings::{SettingsError, value::Duration};

const FILE: &str = "\
[auth.jwt]
realm = \"shop\"

[auth.jwt.forward]
claim_headers = { X-User-Id = \"user_id\" }

[auth.jwt.providers.local]
secret = { env = \"JWT_SECRET\" }
previous_secrets = [{ file = \"old\" }]
leeway = \"5s\"
sources = [{ header = \"Authorization\" }, { cookie = \"access\", csrf = \"double-submit\" }]

[auth.jwt.providers.corp]
discovery = \"https://idp.example\"
algorithms = [\"ES256\"]
jwks.timeout = \"1s\"

[[auth.jwt.rules]]
path = \"/open/\"
require = \"none\"

[[auth.jwt.rules]]
path = \"/admin/\"
methods = [\"GET\", \"POST\"]
require = { all = [\"local\", { any = [\"corp\", \"missing\"] }] }
scopes = { any = [\"admin\"] }
claims = [{ claim = \"tier\", equals = 3 }, { claim = \"a.b\", exists = false }]
";

#[test]
fn tables_with_names_and_in_lists_are_read() {
    let loaded = load(&setup(FILE, &[], &[]).sources).unwrap();
    let jwt = &loaded.settings.auth.jwt;
    assert_eq!(jwt.providers.keys().collect::<Vec<_>>(), ["corp", "local"]);
    assert_eq!(jwt.providers["local"].leeway, Duration::from_secs(5));
    assert_eq!(jwt.providers["local"].sources.len(), 2);
    assert_eq!(jwt.providers["corp"].jwks.timeout, Duration::from_secs(1));
    // What is not written has its default, at each depth.
    assert_eq!(jwt.providers["corp"].jwks.max_keys, 64);
    assert_eq!(jwt.providers["local"].sources[1].csrf_header, "X-CSRFToken");
    assert_eq!(jwt.rules.len(), 2);
    assert_eq!(jwt.rules[1].claims[0].equals.as_ref().unwrap().0, 3);
    let json = serde_json::to_string(&loaded.settings).unwrap();
    let again: crate::settings::Settings = serde_json::from_str(&json).unwrap();
    assert_eq!(again, loaded.settings);
}

#[test]
fn what_is_shown_of_them_is_a_settings_file() {
    let setup = setup(FILE, &[], &[]);
    let loaded = load(&setup.sources).unwrap();
    let again = super::setup(&loaded.show(false), &[], &[]);
    assert_eq!(load(&again.sources).unwrap().settings, loaded.settings);
    assert_eq!(from(&setup, "auth.jwt.providers.local.leeway"), "appserver.toml:10");
    assert_eq!(from(&setup, "auth.jwt.providers.local.user_claim"), "default");
    assert_eq!(from(&setup, "auth.jwt.forward.claim_headers.X-User-Id"), "appserver.toml:5");
    let text = loaded.show(false);
    assert!(text.contains("claim_headers.X-User-Id = \"user_id\""), "{text}");
    assert!(text.contains("local.user_claim = \"user_id\"  # default"), "{text}");
    assert!(text.contains("local.secret = { env = \"JWT_SECRET\" }"), "{text}");
}

#[test]
fn variables_and_flags_lead_into_named_tables() {
    let setup = setup(
        FILE,
        &[
            ("APPSERVER_AUTH__JWT__REALM", "vars"),
            ("APPSERVER_AUTH__JWT__PROVIDERS__LOCAL__AUDIENCES", "a,b"),
        ],
        &[("auth.jwt.providers.corp.jwks.max_keys", "--set", "7")],
    );
    let jwt = load(&setup.sources).unwrap().settings.auth.jwt;
    assert_eq!(jwt.realm, "vars");
    assert_eq!(*jwt.providers["local"].audiences, ["a", "b"]);
    assert_eq!(jwt.providers["corp"].jwks.max_keys, 7);
    assert_eq!(from(&setup, "auth.jwt.providers.corp.jwks.max_keys"), "flag --set");
}

/// Each mistake with the file, at the place that `@` stands for.
#[test]
fn mistakes_inside_are_told_with_their_places() {
    let head = "[auth.jwt.providers.local]\n";
    let cases = [
        (
            "leway = \"1s\"",
            "unknown setting (did you mean `auth.jwt.providers.local.leeway`?), for \
             `auth.jwt.providers.local.leway` in @:2",
        ),
        (
            "leeway = \"1h\"",
            "found string \"1h\", expected 0s to 10m, for `auth.jwt.providers.local.leeway` in @:2",
        ),
        ("jwks = 3", "found 3, expected a table, for `auth.jwt.providers.local.jwks` in @:2"),
        (
            "jwks.cooldwon = \"1s\"",
            "unknown setting (did you mean `auth.jwt.providers.local.jwks.cooldown`?), for \
             `auth.jwt.providers.local.jwks.cooldwon` in @:2",
        ),
        (
            "sources = [\n{ cookie = \"a\" },\n{ coookie = \"b\" }]",
            "unknown setting (did you mean `auth.jwt.providers.local.sources.1.cookie`?), for \
             `auth.jwt.providers.local.sources.1.coookie` in @:4",
        ),
        (
            "sources = { cookie = \"a\" }",
            "found a table, expected a list of tables, for `auth.jwt.providers.local.sources` in @:2",
        ),
        (
            "algorithms = [\"HS256\",\n\"HS1\"]",
            "found string \"HS1\", expected one of \"HS256\", \"HS384\", \"HS512\", \"RS256\", \
             \"RS384\", \"RS512\", \"PS256\", \"PS384\", \"PS512\", \"ES256\", \"ES384\", \"ES512\", \
             \"EdDSA\", \"Ed25519\", for `auth.jwt.providers.local.algorithms` in @:3",
        ),
        (
            "[[auth.jwt.rules]]\npath = \"/\"\nscopes = []",
            "found a list, expected { all = [..] } or { any = [..] } of texts, for \
             `auth.jwt.rules.0.scopes` in @:4",
        ),
        (
            "[[auth.jwt.rules]]\npath = \"/\"\n[[auth.jwt.rules]]\nclaims = [{ claim = 3 }]",
            "found 3, expected a text, for `auth.jwt.rules.1.claims.0.claim` in @:5",
        ),
        (
            "[auth.jwt]\nrules = 3",
            "found 3, expected a list of tables, for `auth.jwt.rules` in @:3",
        ),
    ];
    for (text, expected) in cases {
        let all = mistakes(&setup(&format!("{head}{text}\n"), &[], &[]));
        let expected = expected.replace('@', FILE_NAME);
        assert_eq!(all, [expected], "{text}");
    }
}

/// A secret that was written where only its place may be is not repeated.
#[test]
fn an_inline_secret_is_refused_with_the_remedy() {
    let wrong = [
        "secret = \"hush\"",
        "secret = [\"hush\"]",
        "secret = { file = \"a\", env = \"b\" }",
        "previous_secrets = \"hush\"",
        "previous_secrets = [\"hush\"]",
    ];
    for text in wrong {
        let setup: Setup = setup(&format!("[auth.jwt.providers.local]\n{text}\n"), &[], &[]);
        let Err(SettingsError::Mistakes(all)) = load(&setup.sources) else { panic!("{text}") };
        let told = all[0].to_string();
        assert!(told.contains("{ env = \"NAME\" } or { file = \"PATH\" }"), "{told}");
        assert!(!told.contains("hush") && told.ends_with("appserver.toml:2"), "{told}");
    }
    let flag = [("auth.jwt.providers.local.secret", "--set", "hush")];
    let told = mistakes(&setup("", &[], &flag)).join("\n");
    assert!(told.starts_with("a secret is taken from") && !told.contains("hush"), "{told}");
    let variable = [("APPSERVER_AUTH__JWT__PROVIDERS__LOCAL__SECRET", "hush")];
    let told = mistakes(&setup("", &variable, &[])).join("\n");
    assert!(told.contains("{ env = \"NAME\" }") && !told.contains("hush"), "{told}");
}
