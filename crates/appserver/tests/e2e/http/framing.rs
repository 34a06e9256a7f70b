//! Strict framing, spot-checked in front of a WSGI app whose call counter must not move. The whole
//! table is a test of the crate that does it.

use crate::e2e::site::{answered, calls, newest};

/// After `GET / HTTP/1.1\r\n`.
const FIELDS: &[(&str, &str)] = &[
    ("no Host", "\r\n"),
    ("two Hosts", "Host: a\r\nHost: a\r\n\r\n"),
    ("an impossible Host", "Host: a b\r\n\r\n"),
    (
        "both framings",
        "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a coding before", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("a coding twice", "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", "Host: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"),
    ("a list of lengths", "Host: a\r\nContent-Length: 0, 0\r\n\r\n"),
    ("a signed length", "Host: a\r\nContent-Length: +0\r\n\r\n"),
    ("a space before the colon", "Host : a\r\n\r\n"),
    ("a folded field", "Host: a\r\nX: y\r\n z\r\n\r\n"),
    ("a bare CR", "Host: a\r\nX: y\rz\r\n\r\n"),
    ("a bare LF", "Host: a\nX: y\r\n\r\n"),
    ("a NUL", "Host: a\r\nX: y\0z\r\n\r\n"),
    ("no name", "Host: a\r\n: x\r\n\r\n"),
    ("no colon", "Host: a\r\nX\r\n\r\n"),
    ("a prefixed chunk size", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"),
    ("a long chunk", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
    ("a chunk without CR", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"),
    ("a huge chunk size", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
];

/// Instead of `GET / HTTP/1.1`, with the status that they get (RFC 9112, sections 3 and 6.1).
const LINES: &[(&str, u16)] = &[
    ("GET a:80 HTTP/1.1", 400),
    ("GET * HTTP/1.1", 400),
    ("CONNECT a:80 HTTP/1.1", 501),
    ("GET /\u{e9} HTTP/1.1", 400),
    ("GET  / HTTP/1.1", 400),
    ("GET / HTTP/1.1 ", 400),
    ("GET / HTTP/1.1\r\nTransfer-Encoding: xchunked", 501),
    ("GET / HTTP/2.0", 505),
    ("GET / HTTP/11", 400),
    ("GET /", 400),
    ("G(T / HTTP/1.1", 400),
];

#[test]
fn malformed_requests_never_reach_the_app() {
    for threads in [1, 4] {
        let server = newest(threads).serve();
        let before = calls(&server).0;
        let fields =
            FIELDS.iter().map(|(what, rest)| (*what, format!("GET / HTTP/1.1\r\n{rest}"), 400));
        let lines = LINES
            .iter()
            .map(|(line, status)| (*line, format!("{line}\r\nHost: a\r\n\r\n"), *status));
        for (what, bytes, status) in fields.chain(lines) {
            let mut client = server.client();
            // What follows must not be taken for a request.
            client.send(bytes + "GET /list HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            let response = answered(&server, client.read_response());
            assert_eq!(response.status, status, "{what}");
            assert!(response.closes(), "{what}");
            assert!(client.read_response().is_err(), "{what}: the connection went on");
        }
        assert_eq!(calls(&server).0, before, "the app was called");
        server.stop();
    }
}

/// RFC 9112, section 3.2.2: the target's authority is the host, whatever the field says.
#[test]
fn an_absolute_target_overrides_host() {
    let server = newest(1).serve();
    let mut client = server.client();
    client.send("GET http://b:81/environ?x HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let known = answered(&server, client.read_response()).json();
    let asked = ["HTTP_HOST", "PATH_INFO", "QUERY_STRING"].map(|key| known[key].clone());
    assert_eq!(asked, ["b:81", "/environ", "x"]);
    server.stop();
}
