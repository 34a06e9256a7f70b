//! A native application reads the token from the request's extensions.

use appserver_testkit::{Builder, program};
use serde_json::json;

use super::token::{SECRET, of_user, spoiled};
use super::{SETTINGS, ask_with};

#[test]
fn native_applications_are_told() {
    let builder = Builder::native(program::built("native-axum")).workers(1);
    let server = builder.file("appserver.toml", SETTINGS).env("TEST_SECRET", SECRET).start();
    let token = of_user(&json!("7"), &json!({"sub": "ann"}));
    let mut client = server.client();
    for _ in 0..2 {
        let authorized = [("Authorization", format!("Bearer {token}"))];
        let authorized: Vec<_> =
            authorized.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(client.request("GET", "/me", &authorized, b"").unwrap().text(), "ann");
        assert_eq!(client.get("/me").unwrap().text(), "nobody in particular");
    }
    assert_eq!(ask_with(&server, "/me", &spoiled(&token)).status, 401);
    server.get("/closed/me").assert_status(401);
    server.stop();
}
