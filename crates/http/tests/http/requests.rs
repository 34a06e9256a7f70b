//! Well-formed requests, as the application sees them.

use std::io::{Read, Write};

use appserver_http::TrustedProxies;

use crate::server::{Setup, TestServer};

#[test]
fn a_connection_is_kept() {
    let server = TestServer::start();
    let mut client = server.client();
    for _ in 0..3 {
        let answer = client.get("/");
        assert_eq!((answer.status, answer.text(), answer.closes()), (200, "hello", false));
        assert!(answer.header("date").is_some());
    }
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(client.read().closes());
    client.expect_close();
    server.wait("the end of the connection", |server| server.report().connections == 0);
    assert_eq!((server.report().accepted, server.report().in_flight), (1, 0));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start();
    let mut client = server.client();
    let mut stream = String::new();
    for number in 0..40 {
        stream += &format!("GET /seen?{number} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
        stream += "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n";
    }
    client.send(stream);
    for number in 0..40 {
        assert!(client.read().text().starts_with(&format!("GET /seen?{number} HTTP/1.1\n")));
        assert_eq!(client.read().text(), "ab");
        assert_eq!(client.read().text(), "c");
    }
}

#[test]
fn an_answer_does_not_close_the_connection_on_the_next_request() {
    let server = TestServer::start();
    let mut client = server.client();
    let next = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel";
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n\r\n{next}"));
    assert!(!client.read().closes());
    assert_eq!(client.send("lo").read().text(), "hello");
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn http_1_0_closes_unless_asked_not_to() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.read().text(), "hello");
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    let answer = client.read();
    assert_eq!((answer.header("transfer-encoding"), answer.text()), (None, "one two"));
}

#[test]
fn an_absolute_target_overrides_host() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET http://B.example:81/seen?q=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.read();
    assert!(
        answer.text().starts_with("GET /seen?q=1 HTTP/1.1\nhost: B.example:81\n"),
        "{answer:?}"
    );
}

#[test]
fn names_with_underscores_are_dropped() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET /seen HTTP/1.1\r\nHost: a\r\nX_Role: admin\r\nX-Role: user\r\n\r\n");
    let answer = client.read();
    assert!(answer.text().contains("x-role: user\n"), "{answer:?}");
    assert!(!answer.text().contains("admin"), "{answer:?}");
}

#[test]
fn only_trusted_peers_speak_for_others() {
    let request = "GET /seen HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2:80, 127.0.0.1\r\n\
                   X-Forwarded-Proto: http, https\r\nX-Request-ID: abc-1\r\n\r\n";
    let trusting = |config: &mut appserver_http::Config| {
        config.trusted_proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
    };
    let answer = Setup::new().with(trusting).start().client().send(request).read();
    assert!(answer.text().ends_with("scheme https\nid abc-1\nclient 2.2.2.2\n"), "{answer:?}");
    let answer = TestServer::start().client().send(request).read();
    assert!(answer.text().contains("scheme http\n"), "{answer:?}");
    assert!(
        !answer.text().contains("id abc-1") && !answer.text().contains("client "),
        "{answer:?}"
    );
}

#[test]
fn the_access_log_tells_of_every_request() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("access.log");
    let mut server = Setup::new().log_to(&file).start();
    let mut client = server.client();
    client.send("GET /a?b HTTP/1.1\r\nHost: a\r\nUser-Agent: rude/1\r\nReferer: there\r\n\r\n");
    assert_eq!(client.read().status, 200);
    client.send("POST /stream HTTP/1.0\r\n\r\n");
    client.read();
    server.drain();
    server.join();
    let log = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    for part in ["127.0.0.1 ", "\"GET /a?b HTTP/1.1\" 200 5 ", "\"there\"", "\"rude/1\""] {
        assert!(lines[0].contains(part), "{part} in {log}");
    }
    assert!(lines[1].contains("\"POST /stream HTTP/1.0\" 200 7 "), "{log}");
}

#[test]
fn unix_sockets_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let _server = Setup::new().listen_at(&path).start();
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello"), "{answer}");
}

#[test]
fn a_client_that_closed_its_half_is_answered() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").finish_sending();
    server.wait("the call", |server| server.probe.calls() == 1);
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "released");
    client.expect_close();
}

#[test]
fn a_streaming_application_learns_that_its_client_has_gone() {
    let server = Setup::new().streamed().start();
    let mut client = server.client();
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 1);
    drop(client);
    server.wait("the drop", |server| {
        server.probe.dropped.load(std::sync::atomic::Ordering::SeqCst) == 1
    });
    server.wait("the end", |server| server.report().in_flight == 0);
}
