//! What is refused never reaches the application, and costs the client as little as possible.

use appserver_auth::{Config, Reason};
use appserver_telemetry::AuthResult;
use serde_json::json;

use super::{bearer, config, everywhere, request, start, token};
use crate::client::Client;
use crate::server::{Setup, TestServer};
use crate::websocket::client::request as handshake;

/// Asserts that the connection serves on.
fn serves_on(client: &mut Client) {
    let answer = client.send(request("GET /seen", &bearer(&token::of("7")))).read();
    assert!(answer.status == 200 && answer.text().contains("verified 7\n"), "{answer:?}");
}

#[test]
fn a_refused_request_never_reaches_the_application() {
    let server = start();
    let (good, bad) = (token::of("7"), token::forged());
    let mut client = server.client();
    for fields in [
        String::new(),
        bearer(&bad),
        bearer(&token::expired()),
        bearer(&good) + &bearer(&good),
        format!("Authorization: Bearer {good}, Bearer {good}\r\n"),
        format!("Authorization: Bearer {good} {good}\r\n"),
        format!("Authorization: Bearer\t{good}\r\n"),
        format!("Authorization: Bearer{good}\r\n"),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization:\r\n".to_owned(),
        "Authorization: Basic dTpw\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", "x".repeat(8000)),
        format!("Cookie: access={good}\r\n"),
        format!("Proxy-Authorization: Bearer {good}\r\nX-Authorization: Bearer {good}\r\n"),
    ] {
        let answer = client.send(request("GET /", &fields)).read();
        assert_eq!(answer.status, 401, "{fields}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer realm=\"api\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.text().starts_with("{\"detail\":"), "{answer:?}");
        assert!(!answer.closes(), "{fields}");
        for secret in [&good, &bad] {
            assert!(!answer.head.contains(&**secret) && !answer.text().contains(&**secret));
        }
    }
    assert_eq!(server.probe.calls(), 0);
    serves_on(&mut client);
}

#[test]
fn a_scheme_is_a_scheme_in_any_case() {
    let server = start();
    let mut client = server.client();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let field = format!("Authorization: {scheme} {}  \r\n", token::of("7"));
        assert_eq!(client.send(request("GET /", &field)).read().status, 200, "{scheme}");
    }
    let folded = format!("Authorization: Bearer\r\n {}\r\n", token::of("7"));
    assert_eq!(client.send(request("GET /", &folded)).read().status, 400);
}

#[test]
fn a_body_is_not_asked_for_before_the_decision() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.guarded(config()).start();
        let expect = "Content-Length: 5\r\nExpect: 100-continue\r\n";
        let mut client = server.client();
        let answer =
            client.send(request("POST /echo", &(bearer(&token::forged()) + expect))).read();
        assert_eq!((answer.status, answer.closes()), (401, true));
        client.expect_close();
        assert_eq!(server.probe.calls(), 0);
        let mut client = server.client();
        client.send(request("POST /echo", &(bearer(&token::of("7")) + expect)));
        assert_eq!(client.read().status, 100);
        assert_eq!(client.send("hello").read().text(), "hello");
    }
}

#[test]
fn a_body_that_nobody_reads_does_not_become_a_request() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.guarded(config()).start();
        let inner = request("GET /open", "");
        let announced = format!("Content-Length: {}\r\n", inner.len());
        let mut client = server.client();
        client.send(request("POST /", &announced)).read();
        client.try_send(&inner);
        client.expect_close();
        let mut client = server.client();
        client.send(request("POST /", "Transfer-Encoding: chunked\r\n"));
        assert_eq!(client.read().status, 401);
        client.try_send("100000\r\n");
        client.expect_close();
        assert_eq!(server.probe.calls(), 0);
        let mut client = server.client();
        client.send(request("POST /", &announced) + &inner + &request("GET /maybe/seen", ""));
        assert_eq!(client.read().status, 401);
        assert!(client.read().text().starts_with("GET /maybe/seen "));
        assert_eq!(server.probe.calls(), 1);
    }
}

#[test]
fn a_large_body_is_refused_by_its_announcement() {
    let server = start();
    let fields = bearer(&token::of("7")) + "Content-Length: 2000000\r\n";
    assert_eq!(server.client().send(request("POST /", &fields)).read().status, 413);
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn every_kind_of_request_is_decided_about() {
    let server = start();
    let mut client = server.client();
    let head = client.send(request("HEAD /", "")).read_head();
    assert_eq!(head.status, 401);
    assert!(head.header("www-authenticate").is_some());
    for line in [
        "PUT /",
        "DELETE /",
        "OPTIONS /",
        "OPTIONS *",
        "TRACE /",
        "PURGE /",
        "GET http://a/",
        "get /",
    ] {
        assert_eq!(client.send(request(line, "")).read().status, 401, "{line}");
    }
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.read().status, 401);
    assert_eq!(server.probe.calls(), 0);
    let mut client = server.client();
    let field = bearer(&token::of("7"));
    client.send(format!("GET /seen HTTP/1.0\r\n{field}\r\n"));
    assert!(client.read().text().contains("verified 7\n"));
    let mut client = server.client();
    let origin = "Origin: https://b.example\r\n";
    assert_eq!(client.send(request("OPTIONS /", origin)).read().status, 401);
    let preflight = format!("{origin}Access-Control-Request-Method: PUT\r\n");
    assert_eq!(client.send(request("OPTIONS /", &preflight)).read().status, 200);
}

#[test]
fn a_websocket_is_decided_about_before_it_opens() {
    let server = start();
    let mut client = server.client();
    for fields in [String::new(), bearer(&token::forged())] {
        let answer = client.send(handshake("/ws/who", &fields)).read();
        assert_eq!((answer.status, answer.closes()), (401, false));
    }
    assert_eq!(server.probe.calls(), 0);
    let who = client.send(handshake("/ws/who", &bearer(&token::of("7")))).read();
    assert_eq!(who.text(), "7");
    let open = client.send(handshake("/open", "")).read();
    assert_eq!(open.status, 101);
}

#[test]
fn identity_never_carries_over() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.guarded(config()).start();
        let mut client = server.client();
        let seen = [
            (bearer(&token::of("7")), "/seen", 200),
            (bearer(&token::forged()), "/seen", 401),
            (String::new(), "/maybe/seen", 200),
            (bearer(&token::of("8")), "/seen", 200),
            (String::new(), "/seen", 401),
            (bearer(&token::of("9")), "/open/seen", 200),
            (bearer(&token::expired()), "/maybe/seen", 401),
        ];
        let mut pipelined = String::new();
        for (fields, path, _) in &seen {
            pipelined += &request(&format!("GET {path}"), fields);
        }
        client.send(&pipelined);
        let answers: Vec<_> = seen.iter().map(|_| client.read()).collect();
        for ((fields, path, status), piped) in seen.iter().zip(answers) {
            let alone = client.send(request(&format!("GET {path}"), fields)).read();
            for answer in [piped, alone] {
                assert_eq!(answer.status, *status, "{path} {answer:?}");
                let expected = ["7", "8"].map(|user| fields.contains(&token::of(user)));
                let told =
                    ["7", "8"].map(|user| answer.text().contains(&format!("verified {user}\n")));
                let is_open = path.starts_with("/open");
                assert!(told == expected || is_open, "{path} {answer:?}");
                assert!(!is_open || !answer.text().contains("verified"), "{answer:?}");
            }
        }
    }
}

#[test]
fn the_path_of_the_application_counts() {
    let server = start();
    let mut client = server.client();
    for line in ["GET http://a/open", "GET /open?a=b", "GET /open/"] {
        assert_eq!(client.send(request(line, "")).read().status, 200, "{line}");
    }
    let calls = server.probe.calls();
    let elsewhere = "X-Original-URL: /open\r\nX-Rewrite-URL: /open\r\nX-Forwarded-Uri: /open\r\n\
                     X-HTTP-Method-Override: OPTIONS\r\nX-Forwarded-For: 127.0.0.1\r\n";
    for line in ["GET /?/open", "GET http://open/", "GET /opens", "GET //x/open"] {
        let answer = client.send(request(line, elsewhere)).read();
        assert!([400, 401].contains(&answer.status), "{line} {answer:?}");
    }
    assert_eq!(server.probe.calls(), calls);
}

#[test]
fn a_busy_application_is_not_asked_about_what_is_refused() {
    let server =
        Setup::new().with(|config| config.limit_concurrency = Some(1)).guarded(config()).start();
    let mut held = server.client();
    held.send(request("GET /hold", &bearer(&token::of("7"))));
    server.wait("the call", |server| server.probe.calls() == 1);
    let mut client = server.client();
    assert_eq!(client.send(request("GET /", "")).read().status, 401);
    assert_eq!(client.send(request("GET /", &bearer(&token::of("7")))).read().status, 503);
    server.probe.release.notify_one();
    assert_eq!(held.read().text(), "released");
    assert_eq!(client.send(request("GET /", &bearer(&token::of("7")))).read().status, 200);
}

#[test]
fn tokens_in_several_places_are_refused_if_they_differ() {
    let server = Setup::new().guarded(everywhere()).start();
    let mut client = server.client();
    let (good, other) = (token::of("7"), token::of("8"));
    let cookie = format!("Cookie: access={other}\r\n");
    let refused = [
        request("GET /", &(bearer(&good) + &cookie)),
        request(&format!("GET /?access_token={other}"), &bearer(&good)),
        request(&format!("GET /?access_token={good}&access_token={other}"), ""),
    ];
    for request in refused {
        assert_eq!(client.send(&request).read().status, 400, "{request}");
    }
    assert_eq!(server.probe.calls(), 0);
    let answer = client.send(request(&format!("GET /?access_token={good}"), "")).read();
    assert_eq!(answer.status, 200);
}

#[test]
fn no_cache_keeps_an_answer_to_a_token_in_the_query() {
    let server = Setup::new().guarded(everywhere()).start();
    let mut client = server.client();
    let (query, field) = (format!("?access_token={}", token::of("7")), bearer(&token::of("7")));
    let mut kept = |path: &str, fields: &str| {
        let answer = client.send(request(&format!("GET {path}"), fields)).read();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("cache-control").map(str::to_owned)
    };
    assert_eq!(kept(&format!("/{query}"), "").as_deref(), Some("no-store"));
    assert_eq!(kept(&format!("/cached{query}"), "").as_deref(), Some("no-store"));
    assert_eq!(kept(&format!("/mine{query}"), "").as_deref(), Some("max-age=9, Private"));
    assert_eq!(kept("/?b=c", &field), None);
    assert_eq!(kept("/cached?b=c", &field).as_deref(), Some("public, max-age=9"));
}

/// What a browser is told of who may read an answer, and its status.
fn readers(server: &TestServer, line: &str, fields: &str) -> (u16, [Option<String>; 4]) {
    let answer = server.client().send(request(line, fields)).read();
    let names = [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "vary",
    ];
    (answer.status, names.map(|name| answer.header(name).map(str::to_owned)))
}

#[test]
fn pages_of_named_origins_may_read_a_refusal() {
    let cors_origins = vec!["https://shop.example".to_owned()];
    let server = Setup::new().guarded(Config { cors_origins, ..config() }).start();
    let named = ["https://shop.example", "true", "WWW-Authenticate", "Origin"];
    let named = named.map(|value| Some(value.to_owned()));
    let nobody = [const { None }; 4];
    let shop = "Origin: https://shop.example\r\n";
    let expired = format!("{shop}{}", bearer(&token::expired()));
    for (line, fields, status, expected) in [
        ("GET /", shop, 401, &named),
        ("POST /", &expired, 401, &named),
        ("GET /open/..%2fx", shop, 400, &named),
        ("GET /", "", 401, &nobody),
        ("GET /", "Origin: https://other.example\r\n", 401, &nobody),
        ("GET /", "Origin: null\r\n", 401, &nobody),
        ("GET /", &format!("{shop}{shop}"), 401, &nobody),
        ("GET /open", shop, 200, &nobody),
    ] {
        let (found, told) = readers(&server, line, fields);
        assert_eq!((found, &told), (status, expected), "{line} {fields}");
    }
    let any = Config { cors_origins: vec!["*".to_owned()], ..config() };
    let server = Setup::new().guarded(any).start();
    let (_, told) = readers(&server, "GET /", shop);
    assert_eq!(told.each_ref().map(Option::as_deref)[..2], [Some("*"), None]);
    let (_, told) = readers(&start(), "GET /", shop);
    assert_eq!(told, nobody);
}

#[test]
fn every_reason_is_counted_apart() {
    let slot = appserver_telemetry::Scoreboard::create(1).unwrap().slot(0);
    let counters = slot.count_auth(["local"]);
    for reason in Reason::ALL {
        counters.decided(Some(0), AuthResult::Refused(reason as usize));
    }
    let counts = slot.read().auth.counts;
    let expected = (0..Reason::ALL.len()).map(AuthResult::Refused);
    assert!(counts.iter().map(|it| it.result).eq(expected), "{counts:?}");
}

/// How often something was counted, by provider and result.
fn counts(server: &TestServer) -> Vec<(Option<String>, AuthResult, u64)> {
    let counts = server.report().auth.counts.into_iter();
    counts.map(|it| (it.provider, it.result, it.count)).collect()
}

#[test]
fn what_comes_of_requests_is_counted() {
    let server = start();
    let mut client = server.client();
    client.send(request("GET /", "")).read();
    client.send(request("GET /open", "")).read();
    for token in [token::of("7"), token::of("8"), token::expired(), token::forged()] {
        client.send(request("GET /", &bearer(&token))).read();
    }
    client.send(request("GET /", &bearer(&token::with("9", &json!({ "nbf": "x" }))))).read();
    let mut found = counts(&server);
    let place = |reason: Reason| AuthResult::Refused(reason as usize);
    let local = Some("local".to_owned());
    let mut expected = vec![
        (None, AuthResult::Anonymous, 1),
        (local.clone(), place(Reason::Missing), 1),
        (local.clone(), AuthResult::Verified, 2),
        (local.clone(), place(Reason::Expired), 1),
        (local.clone(), place(Reason::Signature), 1),
        (local, place(Reason::MalformedClaims), 1),
    ];
    let by_text = |count: &(Option<String>, AuthResult, u64)| format!("{count:?}");
    found.sort_by_key(by_text);
    expected.sort_by_key(by_text);
    assert_eq!(found, expected);
}
