//! Sessions (RFC 9700 section 4.14.2): what comes out of one login ends together.

use appserver_testkit::{Server, wait_until};
use serde_json::{Value, json};

use super::project::{Pair, Project, VERIFY, claims, login, me, post, project, refresh};
use crate::e2e::auth_python::token::{SECRET, signed};

fn with_grace(grace: &str) -> Project {
    project().issue(&format!("mode = \"family\"\ngrace = \"{grace}\""))
}

#[track_caller]
fn next(server: &Server, token: &str) -> Pair {
    Pair::of(&refresh(server, token))
}

#[track_caller]
fn assert_refused(server: &Server, token: &str) {
    let told = refresh(server, token).assert_status(401).json();
    assert_eq!(told, json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
}

#[test]
fn tokens_bear_their_session() {
    let server = project().start();
    let (first, other) = (login(&server, "ann"), login(&server, "ann"));
    let second = next(&server, &first.refresh);
    let session = claims(&first.refresh)["sid"].clone();
    assert!(session.as_str().is_some_and(|session| !session.is_empty()), "{session}");
    for token in [&first.access, &second.access, &second.refresh] {
        assert_eq!(claims(token)["sid"], session);
    }
    assert_ne!(claims(&other.refresh)["sid"], session);
    let all = [&first.refresh, &first.access, &second.refresh, &second.access, &other.refresh];
    let mut names: Vec<Value> = all.iter().map(|token| claims(token)["jti"].clone()).collect();
    names.sort_by_key(Value::to_string);
    names.dedup();
    assert_eq!(names.len(), all.len(), "each token has a name of its own");
    server.stop();
}

#[test]
fn a_token_that_is_used_again_ends_its_session() {
    let server = with_grace("0s").start();
    let (first, other, bob) = (login(&server, "ann"), login(&server, "ann"), login(&server, "bob"));
    let second = next(&server, &first.refresh);
    let third = next(&server, &second.refresh);
    assert_refused(&server, &first.refresh);
    assert_refused(&server, &third.refresh);
    for token in [&first.access, &second.access, &third.access] {
        assert_eq!(me(&server, token), 401);
    }
    post(&server, VERIFY, &json!({"token": third.access})).assert_status(400);
    // Other sessions have nothing to do with it.
    for pair in [&other, &bob] {
        assert_eq!(me(&server, &pair.access), 200);
        next(&server, &pair.refresh);
    }
    next(&server, &login(&server, "ann").refresh);
    server.stop();
}

#[test]
fn within_the_grace_the_same_successor_comes_again() {
    let server = with_grace("5m").start();
    let first = login(&server, "ann");
    let second = next(&server, &first.refresh);
    for _ in 0..5 {
        let again = next(&server, &first.refresh);
        assert_eq!(claims(&again.refresh), claims(&second.refresh));
        assert_eq!(me(&server, &again.access), 200);
    }
    next(&server, &second.refresh);
    server.stop();
}

#[test]
fn the_grace_is_for_the_direct_predecessor_only() {
    let server = with_grace("5m").start();
    let first = login(&server, "ann");
    let second = next(&server, &first.refresh);
    let third = next(&server, &second.refresh);
    assert_refused(&server, &first.refresh);
    assert_refused(&server, &third.refresh);
    assert_refused(&server, &second.refresh);
    server.stop();
}

#[test]
fn a_token_that_nobody_recorded_is_refused() {
    let server = project().start();
    let mut known = claims(&login(&server, "ann").refresh);
    known["jti"] = json!("0123456789abcdef0123456789abcdef");
    let forged = signed("HS256", SECRET, &known);
    refresh(&server, &forged).assert_status(401);
    server.stop();
}

#[test]
fn a_session_ends_with_its_age() {
    let server = project().issue("mode = \"family\"\nsession_max_age = \"2s\"").start();
    let pair = login(&server, "ann");
    let mut token = pair.refresh.clone();
    let mut last = 0;
    wait_until("the session is over", || {
        let answer = refresh(&server, &token);
        if answer.status == 200 {
            token = Pair::of(&answer).refresh;
            last = claims(&token)["exp"].as_i64().unwrap();
        }
        answer.status == 401
    });
    let begin = claims(&pair.refresh)["iat"].as_i64().unwrap();
    assert!(last == 0 || last <= begin + 2, "a token outlives its session: {begin} {last}");
    server.stop();
}

#[test]
fn users_who_may_not_log_in_may_not_refresh() {
    let server = project().start();
    let pair = login(&server, "ann");
    server.get("/open/change/?do=deactivate").assert_status(200);
    refresh(&server, &pair.refresh).assert_status(401);
    server.get("/open/change/?do=activate").assert_status(200);
    server.get("/open/change/?do=delete&user=bob").assert_status(200);
    server.stop();
}
