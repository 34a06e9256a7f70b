//! What the access log tells: who, or why not, and never a token.

use appserver_auth::Config;
use serde_json::{Value, json};

use super::{bearer, config, everywhere, request, token};
use crate::server::Setup;

/// The lines that these requests leave behind.
fn logged(requests: &[String]) -> String {
    logged_with(everywhere(), requests)
}

fn logged_with(config: Config, requests: &[String]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("access.log");
    let is_json = requests.first().is_some_and(|first| first.contains("json"));
    let setup = Setup::new();
    let setup = if is_json { setup.log_json_to(&file) } else { setup.log_to(&file) };
    let mut server = setup.guarded(config).start();
    let mut client = server.client();
    for request in requests {
        client.send(request).read();
    }
    drop(client);
    server.drain();
    server.join();
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn json_names_the_subject_or_the_reason() {
    let requests = [
        request("GET /open?json", ""),
        request("GET /maybe", ""),
        request("GET /", &bearer(&token::with("7", &json!({ "sub": "al\"ice b\n" })))),
        request("GET /", &bearer(&token::expired())),
        request("GET /", ""),
    ];
    let log = logged(&requests);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = |line: &Value| {
        ["auth", "provider", "subject"].map(|name| line[name].as_str().unwrap_or("null").to_owned())
    };
    let found: Vec<_> = lines.iter().map(fields).collect();
    assert_eq!(
        found,
        [
            ["open", "null", "null"],
            ["anonymous", "null", "null"],
            ["verified", "local", "al\"ice b\n"],
            ["expired", "local", "null"],
            ["missing", "local", "null"],
        ]
    );
}

#[test]
fn the_combined_format_names_the_user() {
    let requests = [
        request("GET /", &bearer(&token::of("7"))),
        request("GET /", &bearer(&token::of("eve - \"["))),
        request("GET /", &bearer(&token::forged())),
    ];
    let log = logged(&requests);
    let users: Vec<&str> = log.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(users, ["7", "eve\\x20-\\x20\\\"[", "-"]);
}

#[test]
fn a_token_never_gets_into_the_log() {
    for (token, format) in
        [(token::of("7"), "json"), (token::of("7"), "combined"), (token::forged(), "json")]
    {
        let referer = format!("Referer: https://b.example/?x=1&access_token={token}#y\r\n");
        let requests = [
            request(&format!("GET /?{format}&access_token={token}&b=c"), &referer),
            request(&format!("GET /open?access%5Ftoken={token}"), &referer),
            request("GET /maybe", &(referer.clone() + &bearer(&token))),
            request("GET /maybe", &format!("{referer}Cookie: access={token}\r\n")),
        ];
        let log = logged(&requests);
        assert_eq!(log.lines().count(), 4);
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
        assert!(log.contains(&format!("/?{format}&access_token=***&b=c")), "{log}");
        assert!(log.contains("/open?access%5Ftoken=***"), "{log}");
        assert_eq!(log.matches("https://b.example/?x=1&access_token=***#y").count(), 4, "{log}");
    }
}

#[test]
fn a_token_is_hidden_where_nobody_looks_for_one() {
    let token = token::of("7");
    let referer = format!("Referer: https://b.example/{token}?next=%2Fa%3Fid_token%3D{token}\r\n");
    let requests = [
        request(&format!("GET /open?next=/ws%3Faccess_token%3D{token}&b=c"), &referer),
        request(&format!("GET /open?a=1;access_token={token};b=c"), &referer),
        request(&format!("GET /open?jwt={}", token.replace('.', "%2E")), &referer),
    ];
    for config in [everywhere(), config()] {
        let log = logged_with(config, &requests);
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
        assert!(log.contains("/open?next=/ws%3Faccess_token%3D***&b=c"), "{log}");
        assert!(log.contains("/open?a=1;access_token=***;b=c"), "{log}");
        assert!(log.contains("/open?jwt=***"), "{log}");
        let told = "\"https://b.example/***?next=%2Fa%3Fid_token%3D***\"";
        assert_eq!(log.matches(told).count(), 3, "{log}");
    }
}

#[test]
fn a_subject_is_no_longer_than_a_line_can_be() {
    let long = "é".repeat(300);
    let requests = [
        request("GET /?json", &bearer(&token::with("7", &json!({ "sub": long })))),
        request("GET /", &bearer(&token::with("7", &json!({ "sub": "é".repeat(256) })))),
    ];
    let log = logged(&requests);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["subject"].as_str(), Some(&*"é".repeat(256)));
    }
}
