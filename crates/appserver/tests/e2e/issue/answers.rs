//! What answers say besides tokens, and what neither they nor the log ever tell.

use appserver_testkit::Response;
use serde_json::json;

use super::project::{
    BLACKLIST, OBTAIN, Pair, REFRESH, VERIFY, login, logout_all, me, post, project, refresh,
    try_login,
};
use crate::e2e::auth_python::token::SECRET;
use crate::e2e::site::ask;

#[track_caller]
fn assert_kept_private(response: &Response) {
    assert_eq!(response.header("cache-control"), Some("no-store"), "{response:?}");
    assert_eq!(response.header("pragma"), Some("no-cache"), "{response:?}");
    assert_eq!(response.header("access-control-allow-origin"), None, "{response:?}");
}

#[test]
fn answers_are_kept_out_of_caches() {
    let server = project().start();
    let good = try_login(&server, "ann", "ann-password");
    let pair = Pair::of(&good);
    assert_kept_private(&good);
    assert_kept_private(&try_login(&server, "ann", "another"));
    for path in [OBTAIN, REFRESH, VERIFY, BLACKLIST] {
        assert_kept_private(&post(&server, path, &json!({})));
        let origin = [("Origin", "https://elsewhere.example")];
        assert_kept_private(&ask(&server, "GET", path, &origin, b""));
    }
    assert_kept_private(&refresh(&server, &pair.refresh));
    assert_kept_private(&logout_all(&server, &login(&server, "bob").access));
    server.stop();
}

#[test]
fn logs_tell_no_secrets() {
    let server = project().tables("[log]\nlevel = \"trace\"").start();
    let pair = login(&server, "ann");
    let next = Pair::of(&refresh(&server, &pair.refresh));
    try_login(&server, "ann", "a password that is wrong").assert_status(401);
    post(&server, VERIFY, &json!({"token": "a.token.thatiswrong"})).assert_status(401);
    post(&server, BLACKLIST, &json!({"refresh": next.refresh})).assert_status(200);
    refresh(&server, &next.refresh).assert_status(401);
    me(&server, &next.access);
    let said = server.stop().text;
    let mut secrets = vec!["ann-password", "a password that is wrong", "thatiswrong", SECRET];
    let tokens = [&pair.access, &pair.refresh, &next.access, &next.refresh];
    secrets.extend(tokens.iter().filter_map(|token| token.rsplit('.').next()));
    for secret in secrets {
        assert!(!said.contains(secret), "the log tells a secret");
    }
}

#[test]
fn nothing_of_a_token_is_on_the_disk() {
    let server = project().env("ISSUE_WITHOUT_BLACKLIST", "1").start();
    let pair = login(&server, "ann");
    let next = Pair::of(&refresh(&server, &pair.refresh));
    let home = server.home().to_owned();
    let tokens = [&pair.access, &pair.refresh, &next.access, &next.refresh];
    let names: Vec<String> = tokens
        .iter()
        .map(|token| super::project::claims(token)["jti"].as_str().unwrap().to_owned())
        .collect();
    server.signal(appserver_testkit::Signal::SIGTERM);
    server.wait_end();
    let mut files = 0;
    visit(&home, &mut |content| {
        files += 1;
        for text in tokens.iter().filter_map(|token| token.rsplit('.').next()) {
            assert!(!contains(content, text.as_bytes()), "a signature is kept");
        }
        for name in &names {
            assert!(!contains(content, name.as_bytes()), "a jti is kept");
        }
    });
    assert!(files > 2, "nothing was looked at");
    server.end();
}

fn visit(folder: &std::path::Path, look: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, look);
        } else if path.is_file() {
            look(&std::fs::read(&path).unwrap());
        }
    }
}

fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}
