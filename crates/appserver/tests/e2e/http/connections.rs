//! Connections: kept, pipelined, half closed, limited.

use appserver_testkit::{Client, ClientError};

use crate::e2e::site::{Setup, answered, body, calls, eventually, exchange, in_both_modes, newest};

in_both_modes! {
    pipelined_requests_are_answered_in_order,
    whoever_reads_nothing_is_cut_off,
}

fn pipelined_requests_are_answered_in_order(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    let mut wire = Vec::new();
    for number in 0..20 {
        let text = format!("number {number}");
        wire.extend_from_slice(
            format!(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
            .as_bytes(),
        );
        wire.extend_from_slice(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        wire.extend_from_slice(b"GET /stream?chunks=3 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    client.send(&wire).unwrap();
    for number in 0..20 {
        let echo = answered(&server, client.read_response());
        assert_eq!(echo.text(), format!("number {number}"));
        answered(&server, client.read_response_to("HEAD")).assert_status(200);
        assert_eq!(answered(&server, client.read_response()).body.len(), 48);
    }
    server.stop();
}

/// The app is told, so that its generator ends, too.
fn whoever_reads_nothing_is_cut_off(setup: &Setup) {
    let server = setup.conformance().args(["--set", "http.write_timeout=500ms"]).start();
    let mut client = server.client();
    client.send_request("GET", "/endless", &[], b"").unwrap();
    client.take(1).unwrap();
    eventually(&server, "/closed", |response| response.json()["endless"] == 1);
    assert!(client.read_response().is_err(), "a cut response is no response");
    server.stop();
}

#[test]
fn a_client_that_expects_is_told_to_continue_once_it_may() {
    let server = newest(1).serve();
    let mut client = server.client();
    let head =
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    for _ in 0..2 {
        client.send(head).unwrap();
        answered(&server, client.read_response()).assert_status(100);
        client.send("abc").unwrap();
        assert_eq!(answered(&server, client.read_response()).text(), "abc");
    }
    client.send(head.replace("100-continue", "something else") + "abc").unwrap();
    answered(&server, client.read_response()).assert_status(417);
    server.stop();
}

#[test]
fn http_1_0_is_spoken() {
    let server = newest(1).serve();
    let text = |bytes: &str| String::from_utf8(exchange(&server, bytes)).unwrap();
    let stream = text("GET /stream?chunks=2&size=4 HTTP/1.0\r\n\r\n");
    assert!(stream.ends_with("\r\n\r\nchunchun"), "unchunked, to the end: {stream:?}");
    let mut client = server.client();
    for _ in 0..2 {
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
        let response = answered(&server, client.read_response());
        assert_eq!(response.header("connection"), Some("keep-alive"));
    }
    server.stop();
}

#[test]
fn a_client_that_has_finished_sending_is_answered() {
    let server = newest(1).serve();
    let mut client = server.client();
    client.send_request("POST", "/echo", &[], &body(500_000)).unwrap();
    client.finish_sending().unwrap();
    assert!(answered(&server, client.read_response()).body == body(500_000));
    assert!(matches!(client.read_response(), Err(ClientError::Closed)));
    server.stop();
}

/// A body that ends early is an error of its sender; the app never sees it as a complete one.
#[test]
fn a_client_that_goes_away_in_its_body_calls_no_app() {
    for threads in [1, 4] {
        let server = newest(threads).serve();
        let before = calls(&server).0;
        let head = "POST /swallow HTTP/1.1\r\nHost: a\r\n";
        for rest in [
            "Content-Length: 10\r\n\r\n",
            "Content-Length: 10\r\n\r\n123456789",
            "Content-Length: 2000000\r\n\r\n123456789",
            "Transfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n",
        ] {
            let mut client = server.client();
            client.send(format!("{head}{rest}")).unwrap();
            client.finish_sending().unwrap();
            answered(&server, client.read_response()).assert_status(400);
            let mut gone = server.client();
            gone.send(format!("{head}{rest}")).unwrap();
            drop(gone);
        }
        assert_eq!(calls(&server).0, before, "the app was called");
        server.stop();
    }
}

/// Over the limit, an idle connection makes room; without one, the next client waits its turn.
#[test]
fn more_connections_than_allowed_take_turns() {
    let server = newest(1).conformance().args(["--worker-connections", "3"]).start();
    let mut clients: Vec<Client> = (0..10).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send_request("GET", "/", &[], b"").unwrap();
    }
    for client in &mut clients {
        assert_eq!(answered(&server, client.read_response()).text(), "hello\n");
    }
    assert!(server.status().connections <= 3, "{:?}", server.status());
    server.stop();
}

/// EMFILE: the worker waits until it has descriptors again, and then serves whoever waited.
#[test]
fn a_worker_out_of_descriptors_recovers() {
    let server = newest(1).conformance().through(&["prlimit", "--nofile=64:64"]).start();
    let mut clients: Vec<Client> = (0..100).map(|_| server.client()).collect();
    server.log().wait_for("cannot accept connections");
    let mut last = clients.pop().unwrap();
    last.send_request("GET", "/", &[], b"").unwrap();
    drop(clients);
    assert_eq!(answered(&server, last.read_response()).text(), "hello\n");
    assert!(server.log().count("cannot accept connections") < 20, "it spins: {:?}", server.log());
    server.stop();
}
