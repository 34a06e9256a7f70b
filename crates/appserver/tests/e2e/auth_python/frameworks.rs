//! Frameworks that look for who a request is from in places of their own.

use serde_json::json;

use super::token::of_user;
use super::{SETTINGS, ask_with, bearer, with_settings};
use crate::e2e::site::everywhere;
use crate::e2e::wire::Wire;

#[test]
fn starlette_requires_what_the_token_grants() {
    everywhere(1, |setup| {
        let settings = format!("{SETTINGS}\n[auth.jwt.forward]\nstarlette_user = true\n");
        let server = with_settings(setup, "who_starlette:application", &settings).start();
        let reader = of_user(&json!("1"), &json!({"sub": "ann", "scope": "read"}));
        let writer = of_user(&json!("2"), &json!({"scope": "read write"}));
        let told = ask_with(&server, "/who", &reader).assert_status(200).json();
        let expected = json!({
            "is_authenticated": true, "name": "ann", "scopes": ["authenticated", "read"],
        });
        assert_eq!(told, expected);
        let told = server.get("/who").assert_status(200).json();
        assert_eq!(told, json!({"is_authenticated": false, "name": "", "scopes": []}));
        assert_eq!(ask_with(&server, "/known", &reader).json()["identity"], "ann");
        server.get("/known").assert_status(403);
        ask_with(&server, "/write", &reader).assert_status(403);
        ask_with(&server, "/write", &writer).assert_status(200);
        // What one request does to its scopes is not for the next one.
        ask_with(&server, "/spoil", &reader).assert_status(200);
        server.get("/spoil").assert_status(200);
        ask_with(&server, "/write", &reader).assert_status(403);
        server.get("/write").assert_status(403);
        let header = format!("Authorization: {}", bearer(&reader));
        assert_eq!(Wire::open(&server, "/talk", &[&header]).next_json(), json!({"name": "ann"}));
        assert_eq!(Wire::refused(&server, "/talk", &[]), 403);
        server.stop();
    });
}
