//! Revoking: one token, one session, one user, everybody.

use std::time::Duration;

use appserver_auth::{Denials, Mark};
use appserver_issuer::{Endpoint, Revoke};
use serde_json::json;

use super::bench::{Bench, PASSWORD, call, caller, claims};

#[test]
fn a_user_who_logs_out_everywhere_logs_in_again() {
    let bench = Bench::new(|_| ());
    let (access, refresh) = bench.login();
    let mut logout = call(Endpoint::LogoutAll, &json!({}));
    logout.user = caller(&bench.ann);
    assert_eq!(bench.send(logout).status, 200);
    assert_eq!([bench.verify(&access), bench.refresh(&refresh).status], [400, 401]);
    // A login of the same second waits for the next: its tokens count.
    let (access, refresh) = bench.login();
    assert_eq!([bench.verify(&access), bench.refresh(&refresh).status], [200, 200]);
}

#[test]
fn nobody_is_logged_out_who_has_not_said_who_it_is() {
    let bench = Bench::new(|_| ());
    assert_eq!(bench.post(Endpoint::LogoutAll, &json!({})).status, 401);
}

#[test]
fn a_revoked_access_token_is_known_to_the_gate() {
    let bench = Bench::new(|_| ());
    let (access, refresh) = bench.login();
    let jti = claims(&access)["jti"].as_str().unwrap().to_owned();
    let denied = bench.issuer.denied();
    assert_eq!(denied.before(Mark::of_token(&jti)), None);
    assert_eq!(bench.post(Endpoint::Revoke, &json!({ "token": access })).status, 200);
    assert_eq!(denied.before(Mark::of_token(&jti)), Some(i64::MAX));
    assert_eq!([bench.verify(&access), bench.refresh(&refresh).status], [400, 200]);
}

#[test]
fn revoking_what_is_no_token_is_no_error() {
    let bench = Bench::new(|_| ());
    assert_eq!(bench.post(Endpoint::Revoke, &json!({"token": "garbage"})).status, 200);
    assert_eq!(bench.post(Endpoint::Revoke, &json!({})).status, 400);
}

#[test]
fn a_revoked_refresh_token_ends_its_access_tokens_in_families() {
    let bench = Bench::families(Duration::from_secs(3600));
    let (access, refresh) = bench.login();
    assert_eq!(bench.post(Endpoint::Revoke, &json!({ "token": refresh })).status, 200);
    assert_eq!([bench.verify(&access), bench.refresh(&refresh).status], [400, 401]);
}

#[test]
fn everybody_can_be_logged_out() {
    let bench = Bench::new(|_| ());
    let (access, refresh) = bench.login();
    bench.runtime.block_on(bench.issuer.revoke(Revoke::Everybody)).unwrap();
    assert_eq!([bench.verify(&access), bench.refresh(&refresh).status], [400, 401]);
    let body = json!({"username": "ann", "password": PASSWORD});
    assert_eq!(bench.post(Endpoint::Obtain, &body).status, 200);
}
