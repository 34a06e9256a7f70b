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
    // The challenge names the scheme that is wanted, as simplejwt's does: the server's, too.
    let response = ask(&server, "GET", "/api/token/", &[("X-Access-Token", "JWT wrong")], b"");
    assert!(response.header("www-authenticate").unwrap().starts_with("JWT realm=\"api\", error"));
    let response = server.get("/api/token/").assert_status(401);
    assert_eq!(response.header("www-authenticate"), Some("JWT realm=\"api\""));
    server.stop();
}

#[test]
fn sliding_tokens_open_views_where_they_are_listed() {
    let class = "rest_framework_simplejwt.tokens.SlidingToken";
    let settings = json!({"AUTH_TOKEN_CLASSES": [class]});
    assert_honours(&settings, &[json!({"token_type": "sliding"})], &[json!({})]);
    let server = project(&newest(1), "edge_drf:application", &settings).start();
    let body = super::ask_with(&server, "/api/token/", "wrong").assert_status(401).json();
    let message = json!([{
        "token_class": "SlidingToken", "token_type": "sliding", "message": "Token is invalid",
    }]);
    assert_eq!(body["messages"], message);
    server.stop();
}

#[test]
fn what_cannot_be_used_refuses_to_start() {
    everywhere(1, |setup| {
        for (settings, word) in [
            (json!({"ALGORITHM": "ES256K"}), "ES256K"),
            (json!({"AUTH_TOKEN_CLASSES": []}), "AUTH_TOKEN_CLASSES"),
            (json!({"AUDIENCE": []}), "AUDIENCE"),
            (json!({"TOKEN_TYPE_CLAIM": ""}), "TOKEN_TYPE_CLAIM"),
            (json!({"SIGNING_KEY": "changeme"}), "SIGNING_KEY"),
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
        let settings = json!({"SIGNING_KEY": "django-insecure-x9w2k5v7q0m4z1t8n6r3b9y6c8p3h2j5g1d0f4s7a",
            "CHECK_REVOKE_TOKEN": true});
        let builder = project(&newest(1), "edge_drf:application", &settings).workers(2);
        let server = builder.args([preload]).start();
        assert_eq!(server.log().count("CHECK_REVOKE_TOKEN is not checked by the server"), 1);
        assert_eq!(server.log().count("SIGNING_KEY\"] is weak"), 1);
        assert_eq!(server.log().count("x9w2k5v7q0"), 0);
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

#[test]
fn bytes_are_a_key() {
    everywhere(1, |setup| {
        let hex = "hex:ff00df978b0ac50998e6fd83867ed280a3f3541f70316ad1340a4d6a6f6a2f1e";
        let server = project(setup, "edge_drf:application", &json!({"SIGNING_KEY": hex})).start();
        let token = server.get("/open/token/").json()["token"].as_str().unwrap().to_owned();
        assert_eq!(status(&server, "Authorization", &format!("Bearer {token}")), 200);
        server.stop();
    });
}

/// Clients send their expired tokens along when they ask for others; simplejwt does not look at them.
#[test]
fn tokens_are_given_out_to_whoever_has_an_expired_one() {
    everywhere(1, |setup| {
        for target in ["edge_drf:application", "edge_drf:asgi"] {
            let builder = with_settings(setup, target, "[auth.jwt]\nfrom_django = true\n");
            let database = builder.home().join("edge.sqlite3");
            let builder = builder.env("EDGE_SECRET", SECRET).env("EDGE_DATABASE", database);
            let server = builder.start();
            let expired = signed("HS256", SECRET, &claims(&json!({"exp": now() - 60})));
            let authorization = format!("Bearer {expired}");
            let headers =
                [("Content-Type", "application/json"), ("Authorization", authorization.as_str())];
            let login = json!({"username": "ann", "password": "ann-password"}).to_string();
            let mut pair = json!(null);
            for path in ["/login/", "/old/login/"] {
                pair = ask(&server, "POST", path, &headers, login.as_bytes())
                    .assert_status(200)
                    .json();
            }
            let refresh = json!({"refresh": pair["refresh"]}).to_string();
            let post = |path: &str| ask(&server, "POST", path, &headers, refresh.as_bytes());
            post("/login/plain/refresh/").assert_status(200);
            // What varies is told, and nothing else is open.
            post("/acme/login/").assert_status(401);
            assert_eq!(server.log().count("/<slug:tenant>/login/ look at no token"), 1);
            assert_eq!(status(&server, "Authorization", &authorization), 401);
            server.stop();
        }
    });
}

#[test]
fn a_mount_that_only_django_knows_refuses_to_start() {
    everywhere(1, |setup| {
        let start = |target: &str, more: &str| {
            let text = format!("{FROM_DJANGO}{more}");
            let builder = with_settings(setup, target, &text);
            let database = builder.home().join("edge.sqlite3");
            let builder = builder.env("EDGE_SECRET", SECRET).env("EDGE_DATABASE", database);
            builder.env("EDGE_SCRIPT_NAME", "/shop")
        };
        let ended = start("edge_drf:asgi", "").run();
        ended.assert_code(4).assert_said("FORCE_SCRIPT_NAME").assert_said("http.root_path");
        start("edge_drf:asgi", "[http]\nroot_path = \"/shop\"\n").start().stop();
        // There it is about links only.
        start("edge_drf:application", "").start().stop();
    });
}

/// Two providers: the project, and a partner whose users have ids of their own.
const PARTNER: &str = r#"
[auth.jwt.providers.partner]
algorithms = ["HS512"]
secret = { env = "TEST_SECRET" }
"#;

#[test]
fn users_of_others_are_not_the_projects() {
    everywhere(1, |setup| {
        for target in ["edge_drf:application", "edge_drf:asgi"] {
            let builder = project(setup, target, &json!({}));
            let text = format!("workers = 1\n{FROM_DJANGO}{PARTNER}");
            let server = builder.file("appserver.toml", text).start();
            let claims = claims(&json!({}));
            let (own, other) = (signed("HS256", SECRET, &claims), signed("HS512", SECRET, &claims));
            for path in ["/api/db/", "/api/cached/", "/api/token/", "/api/anyone/", "/plain/"] {
                super::ask_with(&server, path, &own).assert_status(200);
                let response = super::ask_with(&server, path, &other).assert_status(401);
                assert_eq!(response.json()["code"], "token_not_valid", "{path}");
            }
            // The middleware is asked first.
            super::ask_with(&server, "/api/own/", &other).assert_status(401);
            server.stop();
            let text = format!("workers = 1\n{FROM_DJANGO}{PARTNER}");
            let builder = project(setup, target, &json!({})).file("appserver.toml", text);
            let server = builder.env("EDGE_CLASSES_ONLY", "1").start();
            let told = super::ask_with(&server, "/api/own/", &other).assert_status(200).json();
            assert_eq!(told["user"], "partner-1");
            super::ask_with(&server, "/api/own/", &own).assert_status(401);
            server.stop();
        }
    });
}

#[test]
fn with_several_providers_the_project_has_to_say_whose_users_are_its_own() {
    let other = "[auth.jwt.providers.local]\nalgorithms = [\"HS256\"]\nsecret = { env = \"TEST_SECRET\" }\n";
    let text = format!("{PARTNER}{other}");
    let start = |more: &[(&str, &str)]| {
        let builder = with_settings(&newest(1), "edge_drf:application", &text);
        let database = builder.home().join("edge.sqlite3");
        let builder = builder.env("EDGE_SECRET", SECRET).env("EDGE_DATABASE", database);
        more.iter().fold(builder, |builder, (name, value)| builder.env(name, value)).start()
    };
    let tokens = ["HS256", "HS512"].map(|algorithm| signed(algorithm, SECRET, &claims(&json!({}))));
    let statuses = |server: &Server| {
        tokens.each_ref().map(|it| super::ask_with(server, "/api/db/", it).status)
    };
    let server = start(&[]);
    assert_eq!(statuses(&server), [500, 500]);
    server.stop();
    let server = start(&[("EDGE_PROVIDERS", "local")]);
    assert_eq!(statuses(&server), [200, 401]);
    server.stop();
}
