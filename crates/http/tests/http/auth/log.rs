//! What the access log tells: who, or why not, and never a token.

use serde_json::{Value, json};

use super::{bearer, everywhere, request, token};
use crate::server::Setup;

/// The lines that these requests leave behind.
fn logged(setup: Setup, requests: &[String]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("access.log");
    let is_json = requests.first().is_some_and(|first| first.contains("json"));
    let setup = if is_json { setup.log_json_to(&file) } else { setup.log_to(&file) };
    let mut server = setup.guarded(everywhere()).start();
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
    let log = logged(Setup::new(), &requests);
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
    let log = logged(Setup::new(), &requests);
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
        let log = logged(Setup::new(), &requests);
        assert_eq!(log.lines().count(), 4);
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
        assert!(log.contains(&format!("/?{format}&access_token=***&b=c")), "{log}");
        assert!(log.contains("/open?access%5Ftoken=***"), "{log}");
        assert_eq!(log.matches("https://b.example/?x=1&access_token=***#y").count(), 4, "{log}");
    }
}
