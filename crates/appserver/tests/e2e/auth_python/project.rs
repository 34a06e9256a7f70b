//! What the server makes of a project's own settings, name by name.

use appserver_testkit::{Builder, Server};
use serde_json::{Value, json};

use super::token::{Es256, SECRET, now, signed};
use super::{ask, with_settings};
use crate::e2e::site::Setup;
use crate::e2e::site::{everywhere, newest};

/// Takes everything from the project; `/open/` is for everybody.
pub(super) const FROM_DJANGO: &str = r#"
[auth.jwt]
from_django = true

[[auth.jwt.rules]]
path = "/open/"
require = "none"
"#;

/// The project, with these settings of simplejwt.
pub(super) fn project(setup: &Setup, target: &str, simple_jwt: &Value) -> Builder {
    let builder = with_settings(setup, target, FROM_DJANGO);
    let database = builder.home().join("edge.sqlite3");
    builder
        .env("EDGE_SECRET", SECRET)
        .env("EDGE_DATABASE", database)
        .env("EDGE_SIMPLE_JWT", simple_jwt.to_string())
}

/// The claims that simplejwt's defaults want, and these over them; `null` takes one away.
fn claims(more: &Value) -> Value {
    let mut all =
        json!({"token_type": "access", "exp": now() + 3600, "jti": "0123", "user_id": "1"});
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => all.as_object_mut().unwrap().remove(name),
            value => all.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    all
}

/// The status for a token in this field.
fn status(server: &Server, field: &str, value: &str) -> u16 {
    ask(server, "GET", "/api/token/", &[(field, value)], b"").status
}

/// One server with these settings, the claims that pass, and those that do not.
fn assert_honours(simple_jwt: &Value, passing: &[Value], refused: &[Value]) {
    let server = project(&newest(1), "edge_drf:application", simple_jwt).start();
    let algorithm = simple_jwt["ALGORITHM"].as_str().unwrap_or("HS256");
    let secret = simple_jwt["SIGNING_KEY"].as_str().unwrap_or(SECRET);
    let status = |more: &Value| {
        let token = signed(algorithm, secret, &claims(more));
        status(&server, "Authorization", &format!("Bearer {token}"))
    };
    for more in passing {
        assert_eq!(status(more), 200, "{simple_jwt}: {more}");
    }
    for more in refused {
        assert_eq!(status(more), 401, "{simple_jwt}: {more}");
    }
    server.stop();
}

#[test]
fn defaults_are_simplejwts() {
    let passing = [json!({}), json!({"aud": "anybody", "iss": "anybody"}), json!({"user_id": 1})];
    let refused = [
        json!({"token_type": "refresh"}),
        json!({"token_type": null}),
        json!({"jti": null}),
        json!({"exp": null}),
        json!({"exp": now() - 1}),
        json!({"nbf": now() + 3600}),
    ];
    assert_honours(&json!({}), &passing, &refused);
}

#[test]
fn issuer_and_audience_are_wanted_where_they_are_set() {
    let settings = json!({"ISSUER": "me", "AUDIENCE": ["a", "b"]});
    let passing = [json!({"iss": "me", "aud": "b"}), json!({"iss": "me", "aud": ["c", "a"]})];
    let refused =
        [json!({}), json!({"iss": "me"}), json!({"aud": "a"}), json!({"iss": "you", "aud": "a"})];
    assert_honours(&settings, &passing, &refused);
}

#[test]
fn the_key_the_algorithm_and_the_leeway_are_the_projects() {
    let key = SECRET.chars().rev().collect::<String>();
    let settings = json!({"ALGORITHM": "HS512", "SIGNING_KEY": key, "LEEWAY": 3000});
    let passing = [json!({}), json!({"exp": now() - 100})];
    assert_honours(&settings, &passing, &[json!({"exp": now() - 3100})]);
    // The same key, another algorithm; and Django's key.
    let server = project(&newest(1), "edge_drf:application", &settings).start();
    for (algorithm, secret) in [("HS256", &*key), ("HS512", SECRET)] {
        let token = signed(algorithm, secret, &claims(&json!({})));
        assert_eq!(status(&server, "Authorization", &format!("Bearer {token}")), 401);
    }
    server.stop();
}

#[test]
fn claims_have_the_projects_names() {
    let settings = json!({"USER_ID_CLAIM": "uid", "TOKEN_TYPE_CLAIM": "kind", "JTI_CLAIM": null});
    let own =
        json!({"uid": "1", "kind": "access", "jti": null, "token_type": null, "user_id": null});
    let mut refresh = own.clone();
    refresh["kind"] = json!("refresh");
    // A user by the usual name is none here.
    let mut usual = own.clone();
    usual["uid"] = Value::Null;
    usual["user_id"] = json!("1");
    assert_honours(&settings, &[own], &[refresh, usual, json!({})]);
}

#[test]
fn tokens_are_looked_for_where_the_project_says() {
    let settings =
        json!({"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN", "AUTH_HEADER_TYPES": ["JWT", "Token"]});
    let server = project(&newest(1), "edge_drf:application", &settings).start();
    let token = signed("HS256", SECRET, &claims(&json!({})));
    assert_eq!(status(&server, "X-Access-Token", &format!("JWT {token}")), 200);
    assert_eq!(status(&server, "X-Access-Token", &format!("Token {token}")), 200);
    assert_eq!(status(&server, "Authorization", &format!("Bearer {token}")), 401);
    // The challenge names the scheme that is wanted, as simplejwt's does.
    let response = server.get("/api/token/").assert_status(401);
    assert_eq!(response.header("www-authenticate"), Some("JWT realm=\"api\""));
    server.stop();
}

#[test]
fn sliding_tokens_open_views_where_they_are_listed() {
    let class = "rest_framework_simplejwt.tokens.SlidingToken";
    let settings = json!({"AUTH_TOKEN_CLASSES": [class]});
    assert_honours(&settings, &[json!({"token_type": "sliding"})], &[json!({})]);
}

#[test]
fn what_cannot_be_used_refuses_to_start() {
    everywhere(1, |setup| {
        for (settings, word) in [
            (json!({"ALGORITHM": "ES256K"}), "ES256K"),
            (json!({"ALGORITHM": "RS256"}), "VERIFYING_KEY"),
            (json!({"ALGORITHM": "RS256", "VERIFYING_KEY": "no key"}), "VERIFYING_KEY"),
            (
                json!({"SIGNING_KEY": "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----"}),
                "key",
            ),
        ] {
            let ended = project(setup, "edge_drf:application", &settings).run();
            ended.assert_code(4).assert_said("auth.jwt.from_django").assert_said(word);
        }
    });
}

#[test]
fn an_application_without_a_project_refuses_to_start() {
    let builder = with_settings(&newest(1), "who:application", FROM_DJANGO);
    builder.run().assert_code(4).assert_said("has loaded no Django settings");
}

#[test]
fn what_the_server_does_not_do_is_told_once() {
    for preload in ["--preload=true", "--preload=false"] {
        let settings = json!({"SIGNING_KEY": "django-insecure-0123456789abcdefghijklmnopqrstuv",
            "CHECK_REVOKE_TOKEN": true});
        let builder = project(&newest(1), "edge_drf:application", &settings).workers(2);
        let server = builder.args([preload]).start();
        assert_eq!(server.log().count("CHECK_REVOKE_TOKEN is not checked by the server"), 1);
        assert_eq!(server.log().count("SIGNING_KEY is weak"), 1);
        assert_eq!(server.log().count("0123456789"), 0);
        server.stop();
    }
}

#[test]
fn check_tells_who_may_call_what() {
    everywhere(1, |setup| {
        let builder = project(setup, "edge_drf:application", &json!({"CHECK_REVOKE_TOKEN": true}));
        let ended = builder.command(&["check"]).without_bind().without_runtime_dir().run();
        ended
            .assert_code(0)
            .assert_said("ok: ")
            .assert_said("/open/")
            .assert_said("CHECK_REVOKE_TOKEN");
    });
}

#[test]
fn public_keys_are_the_projects() {
    let key = Es256::make();
    let settings = json!({"ALGORITHM": "ES256", "VERIFYING_KEY": key.pem()});
    let server = project(&newest(1), "edge_drf:application", &settings).start();
    let claims = claims(&json!({}));
    let tokens = [
        (200, key.signed(&claims)),
        (401, Es256::make().signed(&claims)),
        // Neither the public key nor Django's is a secret here.
        (401, signed("HS256", &key.pem(), &claims)),
        (401, signed("HS256", SECRET, &claims)),
    ];
    for (expected, token) in tokens {
        assert_eq!(status(&server, "Authorization", &format!("Bearer {token}")), expected);
    }
    server.stop();
}
