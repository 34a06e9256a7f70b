//! `users`: the server's own users, kept while it serves; what a change takes away is gone at once.

use std::fs::File;

use appserver_testkit::{Builder, Ended, Server, program, wait_until};
use serde_json::{Value, json};

use super::site::ask;

const SETTINGS: &str = r#"
[auth.jwt.issue]
enabled = true

[auth.jwt.issue.limits]
per_address = "off"
per_user = "off"
tiers = []

[auth.jwt.store]
poll = "100ms"
timeout = "30s"

[[auth.jwt.rules]]
path = "/me"
require = "local"
"#;
const PASSWORD: &str = "correct horse";

fn native() -> Builder {
    Builder::native(program::built("native-axum"))
}

fn server() -> Server {
    native().file("appserver.toml", SETTINGS).start()
}

/// A command about this server's users, with this as its standard input.
fn users(server: &Server, words: &[&str], input: &str) -> Ended {
    let words = [&["users"], words].concat();
    let builder = native();
    let path = builder.home().join("input");
    std::fs::write(&path, input).unwrap();
    builder.in_folder(server.project()).command(&words).stdin(File::open(path).unwrap()).run()
}

fn listed(server: &Server) -> Value {
    let ended = users(server, &["list", "--json"], "");
    serde_json::from_str(&ended.assert_code(0).text).unwrap()
}

/// The access token of a login; none where it is refused.
fn login(server: &Server, name: &str, password: &str) -> Option<String> {
    let body = json!({"username": name, "password": password}).to_string();
    let fields = [("Content-Type", "application/json")];
    let answer = ask(server, "POST", "/api/token/", &fields, body.as_bytes());
    match answer.status {
        200 => Some(answer.json()["access"].as_str().unwrap().to_owned()),
        status => {
            assert_eq!(status, 401, "{}", answer.text());
            None
        }
    }
}

fn me(server: &Server, token: &str) -> u16 {
    ask(server, "GET", "/me", &[("Authorization", &format!("Bearer {token}"))], b"").status
}

#[test]
fn who_was_added_logs_in() {
    let server = server();
    let added = users(&server, &["add", "ada", "--email", "ada@example.org"], PASSWORD);
    added.assert_code(0).assert_said("ada has been added");
    assert!(!added.text.contains(PASSWORD));
    users(&server, &["add", "grace"], "another horse\r\nwhat follows is not read\n").assert_code(0);
    let names: Vec<Value> =
        listed(&server).as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["ada", "grace"]);
    assert_eq!(listed(&server)[0]["email"], "ada@example.org");
    let token = login(&server, "ada", PASSWORD).unwrap();
    assert_eq!(me(&server, &token), 200);
    assert!(login(&server, "grace", "another horse").is_some());
    for (name, password) in [("ada", "another horse"), ("ADA", PASSWORD), ("nobody", PASSWORD)] {
        assert_eq!(login(&server, name, password), None, "{name}");
    }
    server.stop();
}

#[test]
fn a_new_password_ends_what_the_old_one_has_opened() {
    let server = server();
    users(&server, &["add", "ada"], PASSWORD).assert_code(0);
    users(&server, &["add", "grace"], PASSWORD).assert_code(0);
    let old = login(&server, "ada", PASSWORD).unwrap();
    let other = login(&server, "grace", PASSWORD).unwrap();
    users(&server, &["passwd", "ada"], "another horse").assert_code(0).assert_said("logged out");
    wait_until("the old token is refused", || me(&server, &old) == 401);
    assert_eq!(me(&server, &other), 200);
    assert_eq!(login(&server, "ada", PASSWORD), None);
    let new = login(&server, "ada", "another horse").unwrap();
    assert_eq!(me(&server, &new), 200);
    server.stop();
}

#[test]
fn who_is_disabled_is_out_until_enabled() {
    let server = server();
    users(&server, &["add", "ada"], PASSWORD).assert_code(0);
    let token = login(&server, "ada", PASSWORD).unwrap();
    users(&server, &["disable", "ada"], "").assert_code(0);
    assert_eq!(listed(&server)[0]["is_active"], false);
    assert_eq!(login(&server, "ada", PASSWORD), None);
    wait_until("the token is refused", || me(&server, &token) == 401);
    users(&server, &["enable", "ada"], "").assert_code(0);
    assert_eq!(me(&server, &login(&server, "ada", PASSWORD).unwrap()), 200);
    assert_eq!(me(&server, &token), 401, "what was ended stays so");
    server.stop();
}

#[test]
fn what_cannot_be_is_told() {
    let server = server();
    users(&server, &["add", "ada"], PASSWORD).assert_code(0);
    let nobody = "there is no user \"grace\"";
    for (words, input, code, said) in [
        (&["add", "ada"][..], PASSWORD, 1, "there is a user \"ada\" already"),
        (&["add", "grace"], "short", 1, "at least 8 characters"),
        (&["add", "gracehopper"], "GraceHopper", 1, "cannot be the name"),
        (&["add", "grace"], "", 1, "at least 8 characters"),
        (&["add", ""], PASSWORD, 2, "a name cannot be empty"),
        (&["passwd", "grace"], PASSWORD, 1, nobody),
        (&["disable", "grace"], "", 1, nobody),
        (&["enable", "grace"], "", 1, nobody),
    ] {
        let ended = users(&server, words, input);
        ended.assert_code(code).assert_said(said);
        assert!(input.len() < 8 || !ended.text.contains(input), "{}", ended.text);
    }
    assert_eq!(listed(&server).as_array().unwrap().len(), 1);
    server.stop();
}

#[test]
fn users_of_somebody_else_are_left_alone() {
    let table = "[auth.jwt.issue]\nenabled = true\n\
        [auth.jwt.issue.user_table]\ndatabase = \"sqlite:///nowhere/else.sqlite3\"\n";
    let django = "[auth.jwt]\nfrom_django = true\n[auth.jwt.issue]\nenabled = true\n";
    for (settings, said) in [
        ("", "set `auth.jwt.issue.enabled = true`"),
        (table, "the table auth_user, which is not the server's own"),
        (django, "manage.py changepassword"),
    ] {
        let ended = native().file("appserver.toml", settings).command(&["users", "list"]).run();
        ended.assert_code(2).assert_said(said);
    }
}
