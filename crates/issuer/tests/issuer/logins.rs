//! Who gets tokens, and who does not.

use std::time::Duration;

use appserver_issuer::config::{ClaimSource, UserSource};
use appserver_issuer::{CallResult, Endpoint};
use serde_json::{Value, json};

use super::bench::{Bench, PASSWORD, call, claims, field, json as body, text};

#[test]
fn name_and_password_give_a_pair() {
    let bench = Bench::new(|_| ());
    let answer = bench.post(Endpoint::Obtain, &json!({"username": " ann ", "password": PASSWORD}));
    assert_eq!(answer.status, 200);
    assert_eq!(field(&answer, "cache-control"), ["no-store"]);
    assert_eq!(field(&answer, "allow"), ["POST, OPTIONS"]);
    assert_eq!(answer.result, CallResult::Obtained);
    let (access, refresh) = (claims(&text(&answer, "access")), claims(&text(&answer, "refresh")));
    assert_eq!(
        (&access["token_type"], &refresh["token_type"]),
        (&json!("access"), &json!("refresh"))
    );
    assert_eq!(access["user_id"], json!(bench.ann));
    assert_eq!(access["iat"], refresh["iat"]);
    assert_ne!(access["jti"], refresh["jti"]);
    assert_eq!(bench.verify(&text(&answer, "access")), 200);
}

#[test]
fn who_may_not_log_in_is_not_told_why() {
    let bench = Bench::new(|_| ());
    let expected = json!({"detail": "No active account found with the given credentials"});
    for (name, password) in
        [("ann", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("ANN", PASSWORD)]
    {
        let answer = bench.post(Endpoint::Obtain, &json!({"username": name, "password": password}));
        assert_eq!((answer.status, body(&answer)), (401, expected.clone()), "{name}");
        assert_eq!(field(&answer, "www-authenticate"), ["Bearer realm=\"api\""]);
    }
}

#[test]
fn what_is_too_long_is_not_hashed() {
    let bench = Bench::new(|_| ());
    let long = "x".repeat(1 << 20);
    let answer = bench.post(Endpoint::Obtain, &json!({"username": "ann", "password": long}));
    assert_eq!(answer.status, 400);
    let told = json!({"password": ["Ensure this field has no more than 4096 characters."]});
    assert_eq!(body(&answer), told);
}

#[test]
fn methods_and_media_types_are_told() {
    let bench = Bench::new(|_| ());
    let with = |change: &dyn Fn(&mut appserver_issuer::Call)| {
        let mut call = call(Endpoint::Obtain, &json!({}));
        change(&mut call);
        let answer = bench.send(call);
        (answer.status, body(&answer)["detail"].as_str().unwrap_or_default().to_owned())
    };
    let method = with(&|call| call.method = "GET".to_owned());
    assert_eq!(method, (405, "Method \"GET\" not allowed.".to_owned()));
    let accept = with(&|call| call.fields.push(("accept".to_owned(), b"text/html".to_vec())));
    assert_eq!(accept, (406, "Could not satisfy the request Accept header.".to_owned()));
    let plain = with(&|call| call.fields[0].1 = b"text/plain".to_vec());
    assert_eq!(plain, (415, "Unsupported media type \"text/plain\" in request.".to_owned()));
    assert_eq!(with(&|call| call.body = None).0, 413);
    assert_eq!(with(&|call| call.method = "OPTIONS".to_owned()).0, 200);
}

#[test]
fn too_many_tries_have_to_wait_whether_there_is_such_a_user_or_not() {
    for name in ["ann", "nobody"] {
        let bench = Bench::new(|config| {
            config.limits.tiers = vec![(2, Duration::from_secs(600))];
            config.limits.per_user = Some((4, Duration::from_secs(86_400)));
        });
        let attempt = |password: &str| {
            bench.post(Endpoint::Obtain, &json!({"username": name, "password": password}))
        };
        assert_eq!([attempt("a").status, attempt("b").status], [401, 401]);
        let limited = attempt(PASSWORD);
        assert_eq!(limited.status, 429);
        let wait: u64 = field(&limited, "retry-after")[0].parse().unwrap();
        assert!((590..=600).contains(&wait), "{wait}");
    }
}

#[test]
fn an_allowance_is_used_up_by_right_passwords_too() {
    let bench = Bench::new(|config| {
        config.limits.per_address = Some((2, Duration::from_secs(86_400)));
    });
    let attempt =
        || bench.post(Endpoint::Obtain, &json!({"username": "ann", "password": PASSWORD}));
    assert_eq!([attempt().status, attempt().status, attempt().status], [200, 200, 429]);
    let mut other = call(Endpoint::Obtain, &json!({"username": "ann", "password": PASSWORD}));
    other.client = "192.0.2.8".parse().ok();
    assert_eq!(bench.send(other).status, 200);
}

#[test]
fn claims_of_the_user_are_in_both_tokens_and_change_nothing_else() {
    let bench = Bench::new(|config| {
        let template = |text: &str| ClaimSource::Template(text.to_owned());
        config.claims = vec![
            ("email".to_owned(), template("{user.email}")),
            ("token_type".to_owned(), template("admin")),
        ];
        if let UserSource::Table(_, table) = &mut config.users {
            table.columns = vec!["email".to_owned()];
        }
    });
    let (access, refresh) = bench.login();
    for (token, kind) in [(access, "access"), (refresh, "refresh")] {
        let claims = claims(&token);
        assert_eq!(claims["email"], json!("ann@shop.example"));
        assert_eq!(claims["token_type"], json!(kind));
    }
}

#[test]
fn a_password_that_changed_ends_what_was_issued_before() {
    let bench = Bench::new(|config| config.password_claim = Some("hash_password".to_owned()));
    let (_, refresh) = bench.login();
    let hash = claims(&refresh)["hash_password"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 32);
    assert_eq!(hash, hash.to_uppercase());
    assert_eq!(bench.refresh(&refresh).status, 200);
    bench.runtime.block_on(bench.users.set_password("ann", "md5$x$other")).unwrap();
    let answer = bench.refresh(&refresh);
    assert_eq!((answer.status, text(&answer, "code")), (401, "password_changed".to_owned()));
}

#[test]
fn sliding_tokens_slide_and_keep_their_id() {
    let bench = Bench::new(|_| ());
    let answer =
        bench.post(Endpoint::SlidingObtain, &json!({"username": "ann", "password": PASSWORD}));
    let token = text(&answer, "token");
    let answer = bench.post(Endpoint::SlidingRefresh, &json!({ "token": token }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (old, new) = (claims(&token), claims(&text(&answer, "token")));
    assert_eq!((&old["jti"], &old["refresh_exp"]), (&new["jti"], &new["refresh_exp"]));
    let access = bench.login().0;
    let wrong = bench.post(Endpoint::SlidingRefresh, &json!({ "token": access }));
    assert_eq!(body(&wrong), json!({"detail": "Token has wrong type", "code": "token_not_valid"}));
}

#[test]
fn nothing_private_is_published() {
    let bench = Bench::new(|_| ());
    let mut call = call(Endpoint::Jwks, &Value::Null);
    call.method = "GET".to_owned();
    let answer = bench.send(call);
    assert_eq!((answer.status, body(&answer)), (200, json!({"keys": []})));
}
