//! Refreshing as simplejwt does.

use appserver_issuer::Endpoint;
use serde_json::json;

use super::bench::{Bench, claims, json as body, text};

#[test]
fn without_rotation_a_token_is_used_again_and_again() {
    let bench = Bench::new(|_| ());
    let (_, refresh) = bench.login();
    for _ in 0..2 {
        let answer = bench.refresh(&refresh);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(body(&answer).as_object().unwrap().len(), 1);
        assert_eq!(claims(&text(&answer, "access"))["user_id"], json!(bench.ann));
    }
}

#[test]
fn with_rotation_alone_the_old_token_stays() {
    let bench = Bench::new(|config| config.rotation.rotates = true);
    let (_, refresh) = bench.login();
    let (one, other) = (bench.refresh(&refresh), bench.refresh(&refresh));
    assert_ne!(text(&one, "refresh"), text(&other, "refresh"));
    assert_eq!(bench.refresh(&text(&one, "refresh")).status, 200);
}

#[test]
fn with_both_a_token_is_used_once() {
    let bench = Bench::new(|config| {
        config.rotation.rotates = true;
        config.rotation.blacklists = true;
    });
    let (_, refresh) = bench.login();
    let first = bench.refresh(&refresh);
    assert_eq!(first.status, 200);
    let again = bench.refresh(&refresh);
    let told = json!({"detail": "Token is blacklisted", "code": "token_not_valid"});
    assert_eq!((again.status, body(&again)), (401, told));
    // Nothing else ends with it.
    assert_eq!(bench.refresh(&text(&first, "refresh")).status, 200);
    assert_eq!(bench.verify(&refresh), 400);
}

#[test]
fn of_many_uses_at_once_one_counts() {
    let bench = Bench::new(|config| {
        config.rotation.rotates = true;
        config.rotation.blacklists = true;
    });
    let (_, refresh) = bench.login();
    let statuses: Vec<u16> = bench.runtime.block_on(async {
        let mut all = Vec::new();
        for _ in 0..100 {
            let body = json!({ "refresh": refresh });
            all.push(bench.issuer.answer(super::bench::call(Endpoint::Refresh, &body)));
        }
        let all: Vec<_> = all.into_iter().map(tokio::spawn).collect();
        let mut statuses = Vec::new();
        for one in all {
            statuses.push(one.await.unwrap().status);
        }
        statuses
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 99);
}

#[test]
fn a_user_who_is_gone_gets_nothing() {
    let bench = Bench::new(|_| ());
    let (_, refresh) = bench.login();
    bench.runtime.block_on(bench.users.set_active("ann", false)).unwrap();
    let answer = bench.refresh(&refresh);
    let told = json!({"detail": "No active account found for the given token."});
    assert_eq!((answer.status, body(&answer)), (401, told));
}

#[test]
fn a_token_is_blacklisted_once() {
    let bench = Bench::new(|_| ());
    let (access, refresh) = bench.login();
    let blacklist = |token: &str| bench.post(Endpoint::Blacklist, &json!({ "refresh": token }));
    assert_eq!(body(&blacklist(&refresh)), json!({}));
    let told = json!({"detail": "Token is blacklisted", "code": "token_not_valid"});
    assert_eq!(body(&blacklist(&refresh)), told);
    assert_eq!(body(&bench.refresh(&refresh)), told);
    let wrong = blacklist(&access);
    assert_eq!(body(&wrong)["detail"], json!("Token has wrong type"));
    // As simplejwt has it.
    assert_eq!(bench.verify(&access), 200);
}

#[test]
fn what_is_no_token_is_told() {
    let bench = Bench::new(|_| ());
    let (access, _) = bench.login();
    for (token, told) in [
        ("garbage", "Token is invalid"),
        (&"x".repeat(1 << 16), "Token is invalid"),
        (&access, "Token has wrong type"),
    ] {
        let answer = bench.refresh(token);
        assert_eq!((answer.status, text(&answer, "detail")), (401, told.to_owned()));
    }
    let missing = bench.post(Endpoint::Refresh, &json!({}));
    assert_eq!(body(&missing), json!({"refresh": ["This field is required."]}));
}
