//! Tokens in cookies: who gets them, who may use them, and when they go.

use appserver_issuer::config::Cookies;
use appserver_issuer::{Answer, Endpoint};
use serde_json::json;

use super::bench::{Bench, PASSWORD, call, claims, field, json as body, text};

/// Sends a call of one of our own pages, with a cookie.
fn send(bench: &Bench, endpoint: Endpoint, cookie: &str) -> Answer {
    let mut call = call(endpoint, &json!({}));
    for (name, value) in [("cookie", cookie), ("origin", "https://shop.example")] {
        call.fields.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    bench.send(call)
}

/// A cookie that was set, as it is sent back, and its `Max-Age`.
fn kept(set: &str) -> (&str, i64) {
    let (cookie, attributes) = set.split_once("; Max-Age=").unwrap();
    (cookie, attributes.split_once(';').unwrap().0.parse().unwrap())
}

#[test]
fn tokens_are_in_cookies_that_pages_cannot_read() {
    let bench = Bench::new(|config| config.cookies = Some(Cookies::default()));
    let answer = bench.post(Endpoint::Obtain, &json!({"username": "ann", "password": PASSWORD}));
    assert_eq!(body(&answer), json!({}));
    let set = field(&answer, "set-cookie");
    assert!(set[0].starts_with("access=ey"), "{}", set[0]);
    assert!(set[0].ends_with("; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Strict"));
    assert!(set[1].starts_with("refresh=ey"));
    let refresh = set[1].split([';', '=']).nth(1).unwrap().to_owned();
    let with = |origin: Option<&str>| {
        let mut call = call(Endpoint::Refresh, &json!({}));
        let cookie = format!("refresh={refresh}");
        call.fields.push(("cookie".to_owned(), cookie.into_bytes()));
        let origin = origin.map(|origin| ("origin".to_owned(), origin.as_bytes().to_vec()));
        call.fields.extend(origin);
        bench.send(call)
    };
    assert_eq!(with(None).status, 403);
    assert_eq!(with(Some("https://evil.example")).status, 403);
    assert_eq!(with(Some("null")).status, 403);
    let refreshed = with(Some("https://shop.example"));
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert!(field(&refreshed, "set-cookie")[0].starts_with("access=ey"));
}

#[test]
fn another_site_logs_nobody_in() {
    let bench = Bench::new(|config| config.cookies = Some(Cookies::default()));
    let mut forged = call(Endpoint::Obtain, &json!({"username": "ann", "password": PASSWORD}));
    forged.fields.push(("origin".to_owned(), b"https://evil.example".to_vec()));
    let answer = bench.send(forged);
    assert_eq!(answer.status, 403);
    assert!(field(&answer, "set-cookie").is_empty());
}

#[test]
fn another_site_logs_nobody_in_by_a_refresh_or_out() {
    let bench = Bench::new(|config| {
        config.cookies = Some(Cookies { only_cookies: false, ..Cookies::default() });
    });
    let (_, refresh) = bench.login();
    for (endpoint, body) in [
        (Endpoint::Refresh, json!({ "refresh": refresh })),
        (Endpoint::Blacklist, json!({ "refresh": refresh })),
        (Endpoint::Revoke, json!({"token": "x"})),
    ] {
        for field in ["origin", "referer"] {
            let mut forged = call(endpoint, &body);
            forged.fields.push((field.to_owned(), b"https://evil.example".to_vec()));
            let answer = bench.send(forged);
            assert_eq!(answer.status, 403, "{endpoint:?} {field}");
            assert!(self::field(&answer, "set-cookie").is_empty());
        }
    }
    assert_eq!(bench.refresh(&refresh).status, 200);
}

#[test]
fn a_sliding_token_is_in_the_cookie_that_opens_views() {
    let bench = Bench::new(|config| config.cookies = Some(Cookies::default()));
    let login = json!({"username": "ann", "password": PASSWORD});
    let answer = bench.post(Endpoint::SlidingObtain, &login);
    assert_eq!((answer.status, body(&answer)), (200, json!({})));
    let [set] = field(&answer, "set-cookie")[..] else { panic!("{answer:?}") };
    // It can be refreshed for longer than it opens views.
    let (cookie, age) = kept(set);
    assert_eq!(age, 86_400);
    let token = cookie.strip_prefix("access=").unwrap();
    assert_eq!(claims(token)["token_type"], json!("sliding"));
    let refreshed = send(&bench, Endpoint::SlidingRefresh, cookie);
    assert_eq!((refreshed.status, body(&refreshed)), (200, json!({})));
    let [set] = field(&refreshed, "set-cookie")[..] else { panic!("{refreshed:?}") };
    let newer = claims(kept(set).0.strip_prefix("access=").unwrap());
    assert_eq!(newer["jti"], claims(token)["jti"]);
    let mut forged = call(Endpoint::SlidingRefresh, &json!({}));
    forged.fields.push(("cookie".to_owned(), cookie.as_bytes().to_vec()));
    assert_eq!(bench.send(forged).status, 403);
}

#[test]
fn a_sliding_token_is_told_as_well_where_that_is_wanted() {
    let bench = Bench::new(|config| {
        config.cookies = Some(Cookies { only_cookies: false, ..Cookies::default() });
    });
    let login = json!({"username": "ann", "password": PASSWORD});
    let answer = bench.post(Endpoint::SlidingObtain, &login);
    let token = text(&answer, "token");
    assert!(field(&answer, "set-cookie")[0].starts_with(&format!("access={token};")));
    let answer = bench.post(Endpoint::SlidingRefresh, &json!({ "token": token }));
    assert_eq!(claims(&text(&answer, "token"))["jti"], claims(&token)["jti"]);
}

#[test]
fn whoever_logs_out_keeps_no_cookie_even_if_the_token_has_ended() {
    let bench = Bench::new(|config| config.cookies = Some(Cookies::default()));
    let login = json!({"username": "ann", "password": PASSWORD});
    let answer = bench.post(Endpoint::Obtain, &login);
    let refresh = kept(field(&answer, "set-cookie")[1]).0;
    for (cookie, status) in [(refresh, 200), (refresh, 401), ("refresh=garbage", 401)] {
        let answer = send(&bench, Endpoint::Blacklist, cookie);
        assert_eq!(answer.status, status, "{}", answer.body);
        let set = field(&answer, "set-cookie");
        let ages: Vec<_> = set.iter().map(|set| kept(set)).collect();
        assert_eq!(ages, [("access=", 0), ("refresh=", 0)]);
    }
    // Nobody but a page of our own takes them away.
    let mut forged = call(Endpoint::Blacklist, &json!({ "refresh": "garbage" }));
    forged.fields.push(("origin".to_owned(), b"https://evil.example".to_vec()));
    assert!(field(&bench.send(forged), "set-cookie").is_empty());
}
