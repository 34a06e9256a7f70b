//! What RFC 9112 calls malformed is refused, closes the connection and never reaches the application.

use crate::server::{Setup, TestServer};

/// Sends a stream whole, then byte by byte; both must be refused with this status.
fn assert_refused(server: &TestServer, stream: &[u8], status: u16) {
    for size in [stream.len(), 1] {
        let mut client = server.client();
        for piece in stream.chunks(size) {
            if !client.try_send(piece) {
                break;
            }
        }
        let answer = client.read();
        let text = stream.escape_ascii();
        assert_eq!(answer.status, status, "{text}");
        assert!(answer.closes(), "{text}");
        client.expect_close();
    }
    assert_eq!(server.probe.calls(), 0, "{}", stream.escape_ascii());
}

#[test]
fn one_of_each_class() {
    let server = TestServer::start();
    let streams: [(&[u8], u16); 19] = [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \r1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x001\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400),
        (b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
    ];
    for (stream, status) in streams {
        assert_refused(&server, stream, status);
    }
    assert_eq!(server.report().refused, 2 * streams.len() as u64);
}

#[test]
fn malformed_chunks() {
    let server = TestServer::start();
    let bodies = [
        "x\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "0\r\nContent-Length: 5\r\n\r\n",
        "0\r\nX : 1\r\n\r\n",
        "10000000000000000\r\n",
    ];
    for body in bodies {
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_refused(&server, format!("{head}{body}").as_bytes(), 400);
    }
}

#[test]
fn a_malformed_chunk_is_an_error_to_a_streaming_application() {
    let server = Setup::new().streamed().start();
    let mut client = server.client();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nX\r\n",
    );
    let answer = client.read();
    assert_eq!((answer.status, answer.closes()), (400, true));
    client.expect_close();
}

#[test]
fn requests_before_a_malformed_one_are_answered() {
    let server = TestServer::start();
    let mut client = server.client();
    let good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(format!("{good}{good}GET / HTTP/1.1\r\nHost : a\r\n\r\n{good}"));
    assert_eq!(client.read().status, 200);
    assert_eq!(client.read().status, 200);
    let answer = client.read();
    assert_eq!((answer.status, answer.closes()), (400, true));
    client.expect_close();
    assert_eq!(server.probe.calls(), 2);
}

#[test]
fn a_malformed_request_waits_for_the_one_that_is_being_answered() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.start();
        let mut client = server.client();
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n\r\n");
        server.wait("the call", |server| server.probe.calls() == 1);
        server.probe.release.notify_one();
        assert_eq!(client.read().text(), "released");
        assert_eq!(client.read().status, 400);
        client.expect_close();
    }
}
