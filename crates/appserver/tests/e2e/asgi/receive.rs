//! `receive`: the body as it comes, and the end of the client.

use appserver_testkit::Server;
use serde_json::{Value, json};

use super::{await_note, everywhere, read_until, serve, serve_with};
use crate::e2e::site::{Setup, answered, ask, body};

everywhere! {
    a_body_that_is_empty_is_one_message,
    bodies_arrive_whole,
    a_chunked_body_is_like_any_other,
    pieces_do_not_wait_for_each_other,
    a_body_that_is_not_read_does_no_harm,
    a_client_that_expects_to_be_asked_is_asked_once_it_is_read,
    a_client_that_leaves_is_a_message,
    after_the_response_there_is_only_the_end,
    two_tasks_get_one_piece_each,
    who_gives_up_to_wait_loses_nothing,
    who_is_cancelled_loses_nothing,
    what_nobody_takes_is_not_lost,
    who_asks_in_vain_leaves_nothing_behind,
    a_body_that_is_too_large_is_a_413,
}

fn a_body_that_is_empty_is_one_message(setup: &Setup) {
    let server = serve(setup);
    let wanted = json!([{"type": "http.request", "body": "b:", "more_body": false}]);
    for method in ["GET", "POST", "DELETE"] {
        assert_eq!(ask(&server, method, "/messages", &[], b"").json(), wanted, "{method}");
    }
    let length = [("Content-Length", "0")];
    assert_eq!(ask(&server, "POST", "/messages", &length, b"").json(), wanted);
    let chunked = [("Transfer-Encoding", "chunked")];
    assert_eq!(ask(&server, "POST", "/messages", &chunked, b"0\r\n\r\n").json(), wanted);
    server.stop();
}

fn bodies_arrive_whole(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for size in [1, 300, 5000, 65_536, 1 << 20, 3_000_000] {
        let sent = body(size);
        let echo = answered(&server, client.request("POST", "/whole", &[], &sent));
        assert!(echo.body == sent, "{size} bytes came back changed");
    }
    let small = ask(&server, "POST", "/messages", &[], b"small").json();
    assert_eq!(small, json!([{"type": "http.request", "body": "b:small", "more_body": false}]));
    server.stop();
}

fn a_chunked_body_is_like_any_other(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for size in [1, 5000, 400_000] {
        let mut chunked = Vec::new();
        for chunk in body(size).chunks(777) {
            chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            chunked.extend_from_slice(chunk);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let headers = [("Transfer-Encoding", "chunked")];
        let echo = answered(&server, client.request("POST", "/whole", &headers, &chunked));
        assert!(echo.body == body(size), "{size} bytes came back changed");
    }
    server.stop();
}

/// The client sends its second piece only when it has the echo of the first.
fn pieces_do_not_wait_for_each_other(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n";
    client.send(head).unwrap();
    for piece in ["first", "other", "third"] {
        client.send(piece).unwrap();
        read_until(&mut client, &format!("{piece}\r\n"));
    }
    read_until(&mut client, "0\r\n\r\n");
    server.stop();
}

fn a_body_that_is_not_read_does_no_harm(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let answer = client.request("POST", "/swallow", &[], &body(1000));
    assert_eq!(answered(&server, answer).text(), "not read");
    assert_eq!(answered(&server, client.get("/swallow")).text(), "not read");
    server.stop();
}

/// RFC 9110, section 10.1.1: who answers without the body need not ask for it.
fn a_client_that_expects_to_be_asked_is_asked_once_it_is_read(setup: &Setup) {
    let server = serve(setup);
    let expecting = "HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    let mut client = server.client();
    client.send(format!("POST /echo {expecting}")).unwrap();
    let asked = read_until(&mut client, "\r\n\r\n");
    assert_eq!(asked, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body").unwrap();
    assert_eq!(answered(&server, client.read_response()).text(), "body");

    let mut client = server.client();
    client.send(format!("POST /swallow {expecting}")).unwrap();
    answered(&server, client.read_response()).assert_status(200);
    server.stop();
}

fn a_client_that_leaves_is_a_message(setup: &Setup) {
    let server = serve(setup);
    let wanted = json!(["http.disconnect", "http.disconnect", true, "ClientDisconnected"]);
    let get = "GET /leave?read=1 HTTP/1.1\r\nHost: a\r\n\r\n";
    leaves(&server, get, &wanted);
    server.stop();

    // In the middle of its body.
    let server = serve(setup);
    let post = "POST /leave?read=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
    leaves(&server, post, &wanted);
    server.stop();

    // Nothing of the body was asked for.
    let server = serve(setup);
    let post = "POST /leave?read=0 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
    leaves(&server, post, &wanted);
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "the client's affair is no failure: {text}");
}

fn leaves(server: &Server, request: &str, wanted: &Value) {
    let mut client = server.client();
    client.send(request).unwrap();
    read_until(&mut client, "here\r\n");
    drop(client);
    await_note(server, "leave", wanted);
}

fn after_the_response_there_is_only_the_end(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let end = "http.disconnect";
    for (query, wanted) in
        [("", json!([end, end])), ("?waiting", json!(["http.request", end, end]))]
    {
        let path = format!("/after{query}");
        assert_eq!(answered(&server, client.get(&path)).text(), "complete");
        await_note(&server, "after", &wanted);
    }
    server.stop();
}

fn two_tasks_get_one_piece_each(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    client.send("POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none").unwrap();
    read_until(&mut client, "ready\r\n");
    client.send("two").unwrap();
    read_until(&mut client, "one|two\r\n");
    server.stop();
}

fn who_gives_up_to_wait_loses_nothing(setup: &Setup) {
    says_its_body(setup, "/patient");
}

fn who_is_cancelled_loses_nothing(setup: &Setup) {
    says_its_body(setup, "/cancelled");
}

fn what_nobody_takes_is_not_lost(setup: &Setup) {
    says_its_body(setup, "/unheard");
    let server = serve(setup);
    assert_eq!(ask(&server, "POST", "/unheard", &[], b"body").text(), "readybody");
    server.stop();
}

fn who_asks_in_vain_leaves_nothing_behind(setup: &Setup) {
    let server = serve(setup);
    let left = server.get("/polled").json().as_u64().unwrap();
    assert!(left < 100, "{left} futures are left");
    server.stop();
}

fn says_its_body(setup: &Setup, path: &str) {
    let server = serve(setup);
    let mut client = server.client();
    client.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")).unwrap();
    read_until(&mut client, "ready\r\n");
    client.send("body").unwrap();
    read_until(&mut client, "body\r\n");
    server.stop();
}

/// The application that reads it hears that nobody listens; the limit is the server's affair.
fn a_body_that_is_too_large_is_a_413(setup: &Setup) {
    let server = serve_with(setup, &["--set", "http.limit_request_body=1KiB"]);
    let announced = ask(&server, "POST", "/messages", &[("Content-Length", "1025")], b"");
    assert_eq!(announced.status, 413);
    let mut chunked = b"401\r\n".to_vec();
    chunked.extend_from_slice(&body(1025));
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let headers = [("Transfer-Encoding", "chunked")];
    let mut client = server.client();
    client.send_request("POST", "/messages", &headers, &chunked).unwrap();
    let response = answered(&server, client.read_response());
    assert_eq!(response.status, 413, "{response:?}");
    let just = ask(&server, "POST", "/echo", &[], &body(1024));
    assert_eq!(just.body, body(1024), "the largest allowed");
    server.stop();
}
