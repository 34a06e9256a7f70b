//! Refreshing by families (RFC 9700 section 4.14.2).

use std::time::Duration;

use appserver_issuer::CallResult;
use serde_json::json;

use super::bench::{Bench, claims, json as body, text};

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn tokens_of_one_login_bear_one_session() {
    let bench = Bench::families(LONG);
    let (access, refresh) = bench.login();
    let next = bench.refresh(&refresh);
    let session = claims(&refresh)["sid"].clone();
    assert!(session.is_string());
    for token in [access, text(&next, "access"), text(&next, "refresh")] {
        assert_eq!(claims(&token)["sid"], session);
    }
    assert_ne!(claims(&bench.login().1)["sid"], session);
}

#[test]
fn within_the_grace_the_same_successor_is_given_again() {
    let bench = Bench::families(LONG);
    let (_, refresh) = bench.login();
    let (first, again) = (bench.refresh(&refresh), bench.refresh(&refresh));
    assert_eq!(again.result, CallResult::Replayed);
    assert_eq!(text(&first, "refresh"), text(&again, "refresh"));
    assert_ne!(text(&first, "access"), text(&again, "access"));
}

#[test]
fn the_grace_is_for_the_direct_predecessor_only() {
    let bench = Bench::families(LONG);
    let (_, first) = bench.login();
    let second = text(&bench.refresh(&first), "refresh");
    let third = text(&bench.refresh(&second), "refresh");
    assert_eq!(bench.refresh(&first).status, 401);
    // Somebody has stolen one of them.
    assert_eq!(bench.refresh(&third).status, 401);
}

#[test]
fn using_a_token_twice_ends_the_session_and_its_access_tokens() {
    let bench = Bench::families(Duration::ZERO);
    let (access, refresh) = bench.login();
    let (other_access, other_refresh) = bench.login();
    let next = bench.refresh(&refresh);
    assert_eq!(next.status, 200);
    let reused = bench.refresh(&refresh);
    assert_eq!((reused.status, reused.result), (401, CallResult::Reused));
    let told = json!({"detail": "Token is blacklisted", "code": "token_not_valid"});
    assert_eq!(body(&bench.refresh(&text(&next, "refresh"))), told);
    for token in [access, text(&next, "access")] {
        assert_eq!(bench.verify(&token), 400);
    }
    // The user's other sessions go on.
    assert_eq!(bench.verify(&other_access), 200);
    assert_eq!(bench.refresh(&other_refresh).status, 200);
}

#[test]
fn of_many_uses_at_once_all_get_one_successor() {
    let bench = Bench::families(LONG);
    let (_, refresh) = bench.login();
    let mut tokens: Vec<String> = bench.runtime.block_on(async {
        let call = || {
            let body = json!({ "refresh": refresh });
            super::bench::call(appserver_issuer::Endpoint::Refresh, &body)
        };
        let all: Vec<_> = (0..100).map(|_| tokio::spawn(bench.issuer.answer(call()))).collect();
        let mut tokens = Vec::new();
        for one in all {
            tokens.push(text(&one.await.unwrap(), "refresh"));
        }
        tokens
    });
    assert_eq!(tokens.len(), 100);
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
}

#[test]
fn a_token_that_nobody_recorded_is_refused() {
    let bench = Bench::families(LONG);
    let other = Bench::families(LONG);
    let (_, foreign) = other.login();
    let answer = bench.refresh(&foreign);
    assert_eq!((answer.status, text(&answer, "detail")), (401, "Token is invalid".to_owned()));
}

#[test]
fn a_token_from_before_there_were_sessions_is_refused() {
    let bench = Bench::new(|config| {
        config.rotation.mode = appserver_issuer::config::Mode::Family;
    });
    let (_, refresh) = bench.login();
    assert!(claims(&refresh).get("sid").is_none());
    let answer = bench.refresh(&refresh);
    assert_eq!((answer.status, text(&answer, "detail")), (401, "Token is invalid".to_owned()));
}

#[test]
fn a_session_ends_however_often_it_is_refreshed() {
    let bench = Bench::new(|config| {
        config.rotation.rotates = true;
        config.rotation.session_max_age = Some(Duration::from_secs(1000));
    });
    let (access, refresh) = bench.login();
    let (begun, ends) = (&claims(&refresh)["auth_time"], &claims(&refresh)["exp"]);
    assert_eq!(ends.as_i64().unwrap() - begun.as_i64().unwrap(), 1000);
    assert_eq!(claims(&access)["auth_time"], *begun);
    let next = text(&bench.refresh(&refresh), "refresh");
    assert_eq!((&claims(&next)["auth_time"], &claims(&next)["exp"]), (begun, ends));
}
