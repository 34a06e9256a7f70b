//! What becomes of the application's responses.

use std::io::{Read, Write};

use crate::server::TestServer;

#[test]
fn head_has_the_fields_and_no_body() {
    let server = TestServer::start();
    let mut client = server.client();
    for path in ["/", "/stream", "/short", "/large"] {
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.read_head().status, 200, "{path}");
    }
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.read_head().header("content-length"), Some("5"));
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn unknown_lengths_are_chunked() {
    let answer = TestServer::start().client().get("/stream");
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.text(), "one two");
}

#[test]
fn a_failed_stream_never_looks_complete() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
    let bytes = client.read_to_end();
    assert!(!bytes.ends_with(b"0\r\n\r\n"), "{}", bytes.escape_ascii());
    server.wait("the end", |server| server.report().in_flight == 0);
}

#[test]
fn a_failed_stream_that_only_the_close_would_end_is_reset() {
    let server = TestServer::start();
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET /broken HTTP/1.0\r\n\r\n").unwrap();
    let ended = stream.read_to_end(&mut Vec::new());
    assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn statuses_without_a_body_have_none() {
    let server = TestServer::start();
    let mut client = server.client();
    for status in [204, 304] {
        let answer = client.get(&format!("/{status}"));
        assert_eq!((answer.status, answer.header("content-length")), (status, None));
    }
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn a_length_that_lies_does_not_break_the_framing() {
    let server = TestServer::start();
    for path in ["/short", "/odd-length", "/102"] {
        assert_eq!(server.client().get(path).status, 500, "{path}");
    }
    let mut client = server.client();
    assert_eq!(client.get("/long").text(), "he");
    assert_eq!(client.get("/te").header("transfer-encoding"), None);
    assert_eq!(client.get("/").text(), "hello");
}
