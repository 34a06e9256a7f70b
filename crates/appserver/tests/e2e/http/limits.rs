//! Limits and timeouts are settings; each answers with its own status, and the app never knows.

use appserver_testkit::{ClientError, Server};

use crate::e2e::site::{answered, body, calls, exchange, newest};

/// The server with these settings, and how often its app has been called.
fn serve(settings: &[&str]) -> Server {
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    newest(1).conformance().args(settings).start()
}

/// Sends these bytes and asserts the status of the one response, after which the server closes.
#[track_caller]
fn assert_refused(server: &Server, bytes: &[u8], status: u16) {
    let before = calls(server).0;
    let mut client = server.client();
    client.send(bytes).unwrap();
    let response = answered(server, client.read_response());
    assert_eq!(response.status, status, "{response:?}");
    assert!(response.closes(), "{response:?}");
    match client.read_response() {
        Err(ClientError::Closed | ClientError::Reset) => {}
        other => panic!("the connection went on: {other:?}"),
    }
    assert_eq!(calls(server).0, before, "the app was called");
}

fn get(target_length: usize, fields: &str) -> Vec<u8> {
    let target = format!("/{}", "a".repeat(target_length - 1));
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
}

#[test]
fn a_long_request_line_is_a_414() {
    let server = serve(&["http.limit_request_line=200"]);
    let frame = "GET  HTTP/1.1".len();
    assert_refused(&server, &get(201 - frame, ""), 414);
    let longest = get(200 - frame, "Connection: close\r\n");
    assert!(exchange(&server, longest).starts_with(b"HTTP/1.1 404"), "the longest allowed");
    server.stop();
}

#[test]
fn many_or_large_fields_are_a_431() {
    let server = serve(&[
        "http.limit_request_fields=10",
        "http.limit_request_field_size=300",
        "http.limit_request_head=8KiB",
    ]);
    assert_refused(&server, &get(1, &"X: y\r\n".repeat(10)), 431);
    let just = format!("Connection: close\r\n{}", "X: y\r\n".repeat(8));
    assert!(exchange(&server, get(1, &just)).starts_with(b"HTTP/1.1 200"), "ten fields");
    let field = |length: usize| format!("X: {}\r\n", "y".repeat(length - 3));
    assert_refused(&server, &get(1, &field(301)), 431);
    let just = format!("Connection: close\r\n{}", field(300));
    assert!(exchange(&server, get(1, &just)).starts_with(b"HTTP/1.1 200"), "the largest allowed");
    server.stop();

    let server = serve(&["http.limit_request_head=8KiB"]);
    assert_refused(&server, &get(1, &field(4000).repeat(3)), 431);
    server.stop();
}

#[test]
fn a_large_body_is_a_413() {
    let server = serve(&["http.limit_request_body=10KiB"]);
    let announced = b"POST /swallow HTTP/1.1\r\nHost: a\r\nContent-Length: 10241\r\n\r\n";
    assert_refused(&server, announced, 413);
    let mut expecting = announced[..announced.len() - 2].to_vec();
    expecting.extend_from_slice(b"Expect: 100-continue\r\n\r\n");
    assert_refused(&server, &expecting, 413);
    let mut chunked =
        b"POST /swallow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..11 {
        chunked.extend_from_slice(b"400\r\n");
        chunked.extend_from_slice(&body(1024));
        chunked.extend_from_slice(b"\r\n");
    }
    assert_refused(&server, &chunked, 413);
    let mut client = server.client();
    let just = client.request("POST", "/swallow", &[], &body(10_240));
    assert_eq!(answered(&server, just).status, 200, "the largest allowed");
    server.stop();
}

/// No test waits for the default: the settings are short, the statuses say which one it was.
#[test]
fn whoever_stops_in_the_middle_gets_a_408() {
    let server = serve(&["http.header_timeout=500ms", "http.body_timeout=500ms"]);
    for part in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX:"] {
        assert_refused(&server, part.as_bytes(), 408);
    }
    let head = "POST /swallow HTTP/1.1\r\nHost: a\r\n";
    for rest in ["Content-Length: 10\r\n\r\n", "Content-Length: 10\r\n\r\nabc"] {
        assert_refused(&server, format!("{head}{rest}").as_bytes(), 408);
    }
    let chunked = "Transfer-Encoding: chunked\r\n\r\n5\r\nab";
    assert_refused(&server, format!("{head}{chunked}").as_bytes(), 408);
    server.log().wait_for("the header did not arrive in time");
    server.log().wait_for("the body stopped arriving");
    server.stop();
}

/// A connection without a request is closed without a word: there is nothing to answer.
#[test]
fn idle_connections_are_closed() {
    let server = newest(1).conformance().args(["--keepalive", "300ms"]);
    let server = server.args(["--set", "http.header_timeout=400ms"]).start();
    let mut fresh = server.client();
    let mut used = server.client();
    answered(&server, used.get("/")).assert_status(200);
    assert!(matches!(used.read_response(), Err(ClientError::Closed)));
    assert!(matches!(fresh.read_response(), Err(ClientError::Closed)));
    server.stop();

    let server = newest(1).conformance().args(["--keepalive", "off"]).start();
    let mut client = server.client();
    assert!(answered(&server, client.get("/")).closes());
    assert!(matches!(client.read_response(), Err(ClientError::Closed)));
    server.stop();
}

/// No pause is too long yet, but at this rate the whole would take for ever.
#[test]
fn a_body_below_the_least_rate_is_a_408() {
    let server = serve(&["http.body_min_rate=1KiB", "http.body_timeout=10m"]);
    let head = "POST /swallow HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    assert_refused(&server, format!("{head}some of it").as_bytes(), 408);
    server.log().wait_for("the body arrives too slowly");
    server.stop();
}
