//! What the application is told of a token, nobody else can tell it.

use appserver_auth::config::{Config, Forward};
use serde_json::{Value, json};

use super::{bearer, config, everywhere, request, token};
use crate::client::Answer;
use crate::server::{Setup, TestServer};
use crate::websocket::client::{TEXT, open_with, read_frame};

/// Claims become these fields.
fn telling(fields: &[(&str, &str)]) -> Config {
    let named = |(name, claim): &(&str, &str)| ((*name).to_owned(), (*claim).to_owned());
    let claim_headers = fields.iter().map(named).collect();
    Config { forward: Forward { token: true, claim_headers, ..Forward::default() }, ..config() }
}

fn start() -> TestServer {
    Setup::new().guarded(telling(&[("x-user-id", "user_id"), ("x_role", "role")])).start()
}

/// The values that the application sees of a field.
fn values<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let lines = answer.text().lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(field, _)| *field == name).map(|(_, value)| value).collect()
}

const SPELLINGS: [&str; 12] = [
    "X-User-Id",
    "x-user-id",
    "X-USER-ID",
    "x_user_id",
    "X_User-Id",
    "X-User_Id",
    "X_USER_ID",
    "X-Role",
    "x-role",
    "X_Role",
    "x_role",
    "X_ROLE",
];

#[test]
fn no_spelling_of_a_name_that_is_ours_gets_through() {
    let server = start();
    let forged: String = SPELLINGS
        .iter()
        .flat_map(|name| [format!("{name}: evil\r\n"), format!("{name}: 7\r\n")])
        .collect();
    let forged = forged + "Connection: keep-alive, X-User-Id, x_role\r\n";
    let mut client = server.client();
    let claims = json!({ "role": "ops" });
    for (path, fields, told) in [
        ("/seen", bearer(&token::with("7", &claims)), true),
        ("/open/seen", String::new(), false),
        ("/open/seen", bearer(&token::with("7", &claims)), false),
        ("/maybe/seen", String::new(), false),
    ] {
        for all in [forged.clone() + &fields, fields.clone() + &forged] {
            let answer = client.send(request(&format!("GET {path}"), &all)).read();
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(!answer.text().contains("evil"), "{answer:?}");
            let told = |value| if told { vec![value] } else { vec![] };
            assert_eq!(values(&answer, "x-user-id"), told("7"));
            assert_eq!(values(&answer, "x_role"), told("ops"));
            assert!(values(&answer, "x-role").is_empty());
        }
    }
}

/// What an application sees of a request that opens a WebSocket.
fn seen_of_websocket(server: &TestServer, path: &str, fields: &str) -> String {
    let (mut client, _) = open_with(server, path, fields);
    let (kind, description) = read_frame(&mut client);
    assert_eq!(kind, TEXT);
    String::from_utf8(description).unwrap()
}

#[test]
fn preflights_and_websockets_are_no_way_around() {
    let server = start();
    let mut client = server.client();
    let preflight = "Origin: https://b.example\r\nAccess-Control-Request-Method: PUT\r\n";
    let answer =
        client.send(request("OPTIONS /seen", &format!("{preflight}X-User-Id: evil\r\n"))).read();
    assert_eq!(answer.status, 200);
    assert!(values(&answer, "x-user-id").is_empty(), "{answer:?}");
    assert!(answer.text().ends_with("\nunchecked\n"), "{answer:?}");
    let forged: String = SPELLINGS.iter().map(|name| format!("{name}: evil\r\n")).collect();
    let seen = seen_of_websocket(&server, "/open/ws/seen", &forged);
    assert!(!seen.contains("evil") && !seen.contains("x-user-id") && !seen.contains("role"));
    let token = token::with("7", &json!({ "role": "ops" }));
    let seen = seen_of_websocket(&server, "/ws/seen", &(forged + &bearer(&token)));
    assert!(seen.contains("\nx-user-id: 7\n") && seen.contains("\nx_role: ops\n"), "{seen}");
    assert!(!seen.contains("evil") && seen.ends_with("\nverified 7\n"), "{seen}");
}

#[test]
fn who_has_not_looked_says_so() {
    let server = start();
    let mut client = server.client();
    let token = bearer(&token::of("7"));
    for (path, fields, is_unchecked) in [
        ("/open/seen", "", true),
        ("/open/seen", token.as_str(), true),
        ("/maybe/seen", "", false),
        ("/maybe/seen", token.as_str(), false),
        ("/seen", token.as_str(), false),
    ] {
        let answer = client.send(request(&format!("GET {path}"), fields)).read();
        assert_eq!(answer.text().contains("\nunchecked\n"), is_unchecked, "{path} {answer:?}");
    }
}

#[test]
fn trailers_tell_nothing() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.guarded(telling(&[("x-user-id", "user_id")])).start();
        let mut client = server.client();
        let chunked = "Transfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n";
        let body = "5\r\nhello\r\n0\r\nX-User-Id: evil\r\nx_user_id: evil\r\n\r\n";
        client.send(request("POST /open/echo", chunked)).send(body);
        assert_eq!(client.read().text(), "hello");
        client.send(request("POST /open/seen", chunked)).send(body);
        assert!(!client.read().text().contains("evil"));
    }
}

#[test]
fn names_that_look_like_ours_make_nobody_of_anybody() {
    let server = start();
    let mut client = server.client();
    let fields = "Appserver.Auth: 1\r\nwsgi.auth: 1\r\nHTTP_APPSERVER_AUTH: 1\r\nAppserver-Auth: 1\r\n\
                  REMOTE_USER: evil\r\nRemote-User: evil\r\nAUTH_TYPE: Bearer\r\n";
    for path in ["/open/seen", "/maybe/seen"] {
        let answer = client.send(request(&format!("GET {path}"), fields)).read();
        assert!(answer.status == 200 && !answer.text().contains("verified"), "{answer:?}");
        assert!(!answer.text().contains('_'), "{answer:?}");
    }
    assert_eq!(client.send(request("GET /seen", fields)).read().status, 401);
}

/// What becomes of a claim as a field.
fn told(server: &TestServer, claim: &Value) -> Option<String> {
    let token = token::with("7", &json!({ "role": claim }));
    let fields = bearer(&token) + "X-Role: evil\r\n";
    let answer = server.client().send(request("GET /seen", &fields)).read();
    assert_eq!(answer.status, 200, "{claim} {answer:?}");
    assert!(
        answer.text().ends_with("verified 7\n") && !answer.text().contains("evil"),
        "{answer:?}"
    );
    let values = values(&answer, "x-role");
    assert!(values.len() <= 1);
    values.first().map(|value| (*value).to_owned())
}

#[test]
fn a_claim_is_told_whole_or_not_at_all() {
    let server = Setup::new().guarded(telling(&[("x-role", "role")])).start();
    for (claim, expected) in [
        (json!("ops"), "ops"),
        (json!("a b, c; d=\"e\""), "a b, c; d=\\\"e\\\""),
        (json!(7), "7"),
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
        (json!(-1), "-1"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(true), "true"),
        (json!(false), "false"),
    ] {
        assert_eq!(told(&server, &claim).as_deref(), Some(expected));
    }
    let long = "x".repeat(4000);
    assert_eq!(told(&server, &json!(long)), Some(long));
    for claim in [
        json!("a\r\nX-Role: evil2"),
        json!("a\nb"),
        json!("a\rb"),
        json!("a\u{0}b"),
        json!("a\u{7f}"),
        json!("é"),
        json!("\u{feff}ops"),
        json!(" ops"),
        json!("ops "),
        json!(1.5),
        json!(7.0),
        json!(1e300),
        json!(18_446_744_073_709_551_616.0),
        json!(["ops"]),
        json!({ "ops": 1 }),
        json!(null),
    ] {
        assert_eq!(told(&server, &claim), None, "{claim}");
    }
}

#[test]
fn the_field_of_a_verified_token_can_be_kept_from_the_application() {
    let mut hiding = everywhere();
    hiding.forward.token = false;
    let server = Setup::new().guarded(hiding).start();
    let mut client = server.client();
    let good = token::of("7");
    let mut seen = |path: &str, fields: &str| {
        let answer = client.send(request(&format!("GET {path}"), fields)).read();
        assert_eq!(answer.status, 200, "{answer:?}");
        values(&answer, "authorization").len()
    };
    assert_eq!(seen("/seen", &bearer(&good)), 0);
    assert_eq!(
        seen("/maybe/seen", &bearer(&good).to_lowercase().replace(&good.to_lowercase(), &good)),
        0
    );
    assert_eq!(seen("/maybe/seen", "Authorization: Basic dTpw\r\n"), 1);
    assert_eq!(seen("/open/seen", &bearer(&good)), 1);
    let digest = format!("Authorization: Digest u=1\r\nCookie: access={good}\r\n");
    assert_eq!(seen("/seen", &digest), 1);
    let both = format!("Authorization: Basic dTpw\r\nCookie: access={good}\r\n");
    assert_eq!(seen("/seen", &both), 1);
    let server = super::start();
    let answer = server.client().send(request("GET /seen", &bearer(&good))).read();
    assert_eq!(values(&answer, "authorization"), [format!("Bearer {good}")]);
}
