//! What comes of authentication is told by `ctl status`, over all workers and reloads, and by the log.

use appserver_testkit::{Builder, Server, program};
use serde_json::{Value, json};

use super::auth_python::token::{SECRET, now, of_user, signed};

const SETTINGS: &str = r#"
[auth.jwt]
default = "required"

[auth.jwt.providers.local]
secret = { env = "TEST_SECRET" }

[[auth.jwt.rules]]
path = "/open/"
require = "none"
"#;

/// The status of an answer to a request with this token.
fn asked(server: &Server, path: &str, token: Option<&str>) -> u16 {
    let field = token.map(|token| format!("Bearer {token}"));
    let fields: Vec<(&str, &str)> = field.iter().map(|value| ("Authorization", &**value)).collect();
    let mut client = server.client();
    client.request("GET", path, &fields, b"").expect("an answer").status
}

fn counts(server: &Server) -> Value {
    let output = server.ctl(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    status["auth"]["counts"].clone()
}

#[test]
fn counts_are_those_of_all_workers_and_generations() {
    let builder = Builder::native(program::built("native-axum")).workers(2);
    let server = builder.env("TEST_SECRET", SECRET).file("appserver.toml", SETTINGS).start();
    let good = of_user(&json!("42"), &json!({}));
    let expired = signed("HS256", SECRET, &json!({ "exp": now() - 60 }));
    let counted = |verified: u64| {
        json!([
            { "provider": null, "result": "anonymous", "reason": null, "count": 1 },
            { "provider": "local", "result": "refused", "reason": "expired", "count": 1 },
            { "provider": "local", "result": "refused", "reason": "missing", "count": 2 },
            { "provider": "local", "result": "verified", "reason": null, "count": verified },
        ])
    };
    for (path, token, status) in [
        ("/", Some(&good), 200),
        ("/", Some(&expired), 401),
        ("/", None, 401),
        ("/", None, 401),
        ("/open/", None, 404),
        ("/", Some(&good), 200),
        ("/", Some(&good), 200),
    ] {
        assert_eq!(asked(&server, path, token.map(String::as_str)), status);
    }
    assert_eq!(counts(&server), counted(3));
    assert_eq!(server.reload().map(drop), Ok(()));
    assert_eq!(asked(&server, "/", Some(&good)), 200);
    assert_eq!(counts(&server), counted(4));
    let table = String::from_utf8(server.ctl(&["status"]).stdout).expect("text");
    assert!(table.contains("\n  local  missing               2\n"), "{table}");
    server.stop();
}

#[test]
fn a_refusal_is_told_to_who_looks_for_it_and_never_its_token() {
    let expired = signed("HS256", SECRET, &json!({ "exp": now() - 60 }));
    for (level, lines) in [("debug", 1), ("info", 0)] {
        let builder = Builder::native(program::built("native-axum")).args(["--log-level", level]);
        let server = builder.env("TEST_SECRET", SECRET).file("appserver.toml", SETTINGS).start();
        assert_eq!(asked(&server, "/", Some(&expired)), 401);
        let said = server.stop().text;
        assert_eq!(said.matches("request refused").count(), lines, "{said}");
        assert_eq!(said.matches("reason=\"expired\" provider=\"local\"").count(), lines, "{said}");
        assert!(expired.split('.').all(|part| !said.contains(part)), "{said}");
        assert!(!said.contains(SECRET));
    }
}
