//! The object in the environ and in the scope.

use appserver_testkit::Server;
use serde_json::{Value, json};

use super::token::{SECRET, now, of_user, signed, spoiled};
use super::{SETTINGS, ask_with, bearer, with_settings};
use crate::e2e::site::{Setup, answered, ask, everywhere, in_both_modes};
use crate::e2e::wire::Wire;

in_both_modes! {
    wsgi_applications_are_told,
    nobody_can_make_one,
    identity_ends_with_its_request,
    clients_cannot_say_who_they_are,
    refused_requests_do_not_reach_the_application,
    remote_user_is_set_by_the_server_alone,
    nothing_is_told_without_providers,
    tokens_of_several_providers_are_all_told,
}

fn serve(setup: &Setup) -> Server {
    with_settings(setup, "who:application", SETTINGS).start()
}

fn serve_asgi(setup: &Setup) -> Server {
    with_settings(setup, "who:asgi", SETTINGS).start()
}

/// A token with something of everything.
fn rich() -> String {
    let claims = json!({
        "sub": "ann", "scope": "read write", "roles": ["ops"], "nested": {"list": [1, 2]}, "iss": "here",
        "name": "\u{e9}\u{1f600}",
    });
    of_user(&json!(7), &claims)
}

#[track_caller]
fn assert_told(told: &Value) {
    assert_eq!(told["is_verified"], true, "{told}");
    assert_eq!(told["under_server"], true);
    assert_eq!(told["provider"], "local");
    assert_eq!(told["subject"], "ann");
    assert_eq!(told["user_id"], 7);
    assert_eq!(told["token_type"], "access");
    assert_eq!(told["scopes"], json!(["read", "write"]));
    assert_eq!(told["roles"], json!(["ops"]));
    assert_eq!(told["jti"], "0123");
    assert_eq!(told["expires"].as_f64(), told["claims"]["exp"].as_f64());
    assert_eq!(told["claims"]["name"], "\u{e9}\u{1f600}");
    assert_eq!(told["has_token"], true);
    assert_eq!(told["others"], 0);
    assert_eq!(told["repr"], "<appserver.Verified provider=\"local\" subject=\"ann\">");
}

fn wsgi_applications_are_told(setup: &Setup) {
    let server = serve(setup);
    assert_told(&ask_with(&server, "/closed/who", &rich()).assert_status(200).json());
    let told = server.get("/who").json();
    assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(true), &json!(false)));
    // Where a rule wants none, a token is not looked at, and nothing is said of one.
    let told = ask_with(&server, "/open/who", &rich()).json();
    assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(false), &json!(false)));
    assert_eq!(server.get("/who").json()["has_key"], true);
    let mapping = ask_with(&server, "/mapping", &rich()).json();
    assert_eq!(mapping["item"], 7);
    assert_eq!((&mapping["missing"], &mapping["none"]), (&json!("a default"), &Value::Null));
    assert_eq!(mapping["has"], json!([true, false]));
    for name in ["keys", "as_dict", "kept"] {
        assert_eq!(mapping[name], true, "{name}");
    }
    server.stop();
}

#[test]
fn asgi_applications_are_told() {
    everywhere(1, |setup| {
        let server = serve_asgi(setup);
        assert_told(&ask_with(&server, "/closed/who", &rich()).assert_status(200).json());
        let told = server.get("/who").json();
        assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(true), &json!(false)));
        assert_eq!(told["scope"], json!([]));
        let told = ask_with(&server, "/open/who", &rich()).json();
        assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(false), &json!(false)));
        server.get("/closed/who").assert_status(401);
        server.stop();
    });
}

#[test]
fn websockets_are_told_and_refused_before_they_open() {
    everywhere(1, |setup| {
        let server = serve_asgi(setup);
        let header = format!("Authorization: {}", bearer(&rich()));
        assert_told(&Wire::open(&server, "/closed/who", &[&header]).next_json());
        let told = Wire::open(&server, "/who", &[]).next_json();
        assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(true), &json!(false)));
        assert_eq!(Wire::refused(&server, "/closed/who", &[]), 401);
        let header = format!("Authorization: {}", bearer(&spoiled(&rich())));
        assert_eq!(Wire::refused(&server, "/who", &[&header]), 401);
        // Three calls: the two that opened, and this one.
        assert_eq!(server.get("/who").json()["calls"], 3);
        server.stop();
    });
}

#[test]
fn nobody_can_make_one_in_asgi() {
    everywhere(1, |setup| assert_unforgeable(&serve_asgi(setup)));
}

fn nobody_can_make_one(setup: &Setup) {
    assert_unforgeable(&serve(setup));
}

fn assert_unforgeable(server: &Server) {
    let told = ask_with(server, "/forge", &rich()).assert_status(200).json();
    let outcomes = told["outcomes"].as_object().unwrap();
    assert!(outcomes.len() >= 20, "{told}");
    for (name, outcome) in outcomes {
        let expected: &[&str] = match name.as_str() {
            "set an attribute" | "delete an attribute" | "setstate" => {
                &["AttributeError", "TypeError"]
            }
            // There is nothing to do: no argument is looked at, and nothing is reachable.
            "init" => &["TypeError", "done"],
            "reach in" => &["done"],
            _ => &["TypeError"],
        };
        assert!(expected.contains(&outcome.as_str().unwrap()), "{name}: {outcome}");
    }
    assert_eq!((&told["user_id"], &told["claim"]), (&json!(7), &json!(7)));
}

fn identity_ends_with_its_request(setup: &Setup) {
    for server in [serve(setup), serve_asgi(setup)] {
        let mut client = server.client();
        let mut ask = |path: &str, token: Option<&str>| {
            let value = token.map(bearer);
            let headers: Vec<_> =
                value.iter().map(|value| ("Authorization", value.as_str())).collect();
            answered(&server, client.request("GET", path, &headers, b""))
        };
        // On one connection, and then for the same token again, perhaps out of a cache.
        for _ in 0..3 {
            let token = rich();
            assert_eq!(ask("/who", Some(&token)).json()["subject"], "ann");
            assert_eq!(ask("/who", None).json()["is_verified"], false);
            ask("/who", Some(&spoiled(&token))).assert_status(401);
            assert_eq!(ask("/who", None).json()["is_verified"], false);
            let bob = of_user(&json!("8"), &json!({"sub": "bob"}));
            assert_eq!(ask("/who", Some(&bob)).json()["claims"]["user_id"], "8");
            for _ in 0..2 {
                let list = ask("/scribble", Some(&token)).json();
                assert_eq!(list["list"], json!([1, 2, "scribbled"]), "each request has its own");
            }
        }
        server.stop();
    }
}

fn clients_cannot_say_who_they_are(setup: &Setup) {
    let server = serve(setup);
    let names = [
        "appserver.auth",
        "Appserver.Auth",
        "APPSERVER-AUTH",
        "HTTP_APPSERVER_AUTH",
        "wsgi.auth",
        "Remote-User",
        "REMOTE_USER",
        "REMOTE-USER",
        "Auth-Type",
        "AUTH_TYPE",
        "X-Remote-User",
        "Auth_User",
        "Remote.User",
    ];
    for name in names {
        let response = ask(&server, "GET", "/who", &[(name, "root")], b"");
        // A name may be refused, too.
        if response.status == 200 {
            let told = response.json();
            assert_eq!(told["is_verified"], false, "{name}");
            let environ = told["environ"].as_object().unwrap();
            for key in environ.keys().filter(|key| *key != "HTTP_USER_AGENT") {
                assert!(key.starts_with("HTTP_"), "{name} came as {key}");
            }
        } else {
            assert_eq!(response.status, 400, "{name}");
        }
    }
    server.stop();
}

fn refused_requests_do_not_reach_the_application(setup: &Setup) {
    let server = serve(setup);
    let calls = || server.get("/open/who").json()["calls"].as_u64().unwrap();
    let before = calls();
    for _ in 0..5 {
        server.get("/closed/who").assert_status(401);
        ask_with(&server, "/closed/who", &spoiled(&rich())).assert_status(401);
        ask_with(&server, "/who", "no.token.atall").assert_status(401);
        ask(&server, "POST", "/closed/who", &[], b"a body").assert_status(401);
    }
    assert_eq!(calls(), before + 1);
    server.stop();
}

fn remote_user_is_set_by_the_server_alone(setup: &Setup) {
    let settings = format!("{SETTINGS}\n[auth.jwt.forward]\nremote_user = \"sub\"\n");
    let server = with_settings(setup, "who:application", &settings).start();
    let environ = |sub: Value| {
        let token = of_user(&json!("1"), &json!({"sub": sub}));
        ask_with(&server, "/who", &token).assert_status(200).json()["environ"].clone()
    };
    let told = environ(json!("ann"));
    assert_eq!((&told["REMOTE_USER"], &told["AUTH_TYPE"]), (&json!("ann"), &json!("Bearer")));
    // UTF-8, byte by byte, as everything in an environ.
    assert_eq!(environ(json!("\u{e9}"))["REMOTE_USER"], "\u{c3}\u{a9}");
    assert_eq!(environ(json!("a\r\nb"))["REMOTE_USER"], Value::Null);
    assert_eq!(environ(json!(""))["REMOTE_USER"], Value::Null);
    let told = server.get("/who").json()["environ"].clone();
    assert_eq!((&told["REMOTE_USER"], &told["AUTH_TYPE"]), (&Value::Null, &Value::Null));
    server.stop();
}

fn nothing_is_told_without_providers(setup: &Setup) {
    for target in ["who:application", "who:asgi"] {
        let server = with_settings(setup, target, "").start();
        let told = ask_with(&server, "/closed/who", &rich()).assert_status(200).json();
        assert_eq!((&told["has_key"], &told["is_verified"]), (&json!(false), &json!(false)));
        server.stop();
    }
}

fn tokens_of_several_providers_are_all_told(setup: &Setup) {
    let settings = r#"
[auth.jwt.forward]
token = false

[auth.jwt.providers.first]
algorithms = ["HS256"]
secret = { env = "TEST_SECRET" }
issuer = "first"

[auth.jwt.providers.second]
algorithms = ["HS512"]
secret = { env = "TEST_SECRET" }
sources = [{ cookie = "second", csrf = "none" }]

[[auth.jwt.rules]]
path = "/"
require = { all = ["first", "second"] }
"#;
    let first = of_user(&json!("1"), &json!({"iss": "first"}));
    let second = signed("HS512", SECRET, &json!({"exp": now() + 60, "user_id": "2"}));
    let (authorization, cookie) = (bearer(&first), format!("second={second}"));
    for target in ["who:application", "who:asgi"] {
        let server = with_settings(setup, target, settings).start();
        let both = [("Authorization", authorization.as_str()), ("Cookie", cookie.as_str())];
        let told = ask(&server, "GET", "/who", &both, b"").assert_status(200).json();
        assert_eq!((&told["user_id"], &told["others"]), (&json!("1"), &json!(1)));
        assert_eq!(told["has_token"], false, "it is not forwarded");
        ask(&server, "GET", "/who", &both[..1], b"").assert_status(401);
        server.stop();
    }
}
