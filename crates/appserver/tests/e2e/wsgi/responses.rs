//! What an app says is what its client gets.

use std::net::TcpListener;

use crate::e2e::site::{Setup, answered, in_both_modes};

in_both_modes! {
    bodies_arrive_whole,
    answers_to_head_have_no_body,
    statuses_without_a_body_have_none,
    the_status_line_is_the_apps,
    headers_are_the_apps,
    a_chunk_does_not_wait_for_the_next,
    exc_info_replaces_what_was_not_sent,
    what_is_known_of_a_request_is_not_known_of_the_next,
}

/// Every way to produce a body, with the body.
const BODIES: &[(&str, &str)] = &[
    ("/", "hello\n"),
    ("/list?chunks=3", "chunk 0\nchunk 1\nchunk 2\n"),
    ("/list?chunks=0", ""),
    ("/stream?chunks=3&size=10", "chunk 0 ..chunk 1 ..chunk 2 .."),
    ("/stream?chunks=0", ""),
    ("/stream-length?chunks=2&size=10", "chunk 0 ..chunk 1 .."),
    ("/lazy", "lazy\n"),
    ("/empty-first", "not empty\n"),
    ("/write", "written\nwritten again\nreturned\n"),
    ("/write-only", "write 0\nwrite 1\nwrite 2\n"),
    ("/tracked?chunks=2", "chunk 0\nchunk 1\n"),
    ("/generator", "chunk 0\nchunk 1\nchunk 2\n"),
];

/// On one connection: each response ends exactly where the next begins.
fn bodies_arrive_whole(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for (path, body) in BODIES {
        let response = answered(&server, client.get(path));
        assert_eq!((response.status, response.text().as_str()), (200, *body), "{path}");
        let is_chunked = response.header("transfer-encoding").is_some();
        assert_ne!(is_chunked, response.header("content-length").is_some(), "{path}");
    }
    let list = answered(&server, client.get("/list?chunks=3"));
    assert_eq!(list.header("content-length"), Some("24"), "what is complete has its length");
    let large = answered(&server, client.get("/stream?chunks=50&size=100000"));
    assert_eq!(large.body.len(), 5_000_000);
    server.stop();
}

fn answers_to_head_have_no_body(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for (path, _) in BODIES.iter().chain([("/endless", ""), ("/raise", "")].iter()) {
        let head = answered(&server, client.request("HEAD", path, &[], b""));
        let wanted = if *path == "/raise" { 500 } else { 200 };
        assert_eq!((head.status, head.body.len()), (wanted, 0), "{path}");
    }
    for (path, length) in [("/", "6"), ("/stream-length?chunks=2&size=10", "20")] {
        let head = answered(&server, client.request("HEAD", path, &[], b""));
        assert_eq!(head.header("content-length"), Some(length), "{path}");
    }
    let get = answered(&server, client.get("/"));
    assert_eq!(get.text(), "hello\n", "no byte of a body was left on the connection");
    server.stop();
}

/// RFC 9110, sections 15.3.5 and 15.4.5; the next response follows at once.
fn statuses_without_a_body_have_none(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for status in ["204+No+Content", "304+Not+Modified"] {
        for rest in ["", "&body=abc", "&body=abc&header=Content-Length:3"] {
            let path = format!("/respond?status={status}{rest}");
            let response = answered(&server, client.get(&path));
            assert_eq!(response.status.to_string(), status[..3], "{path}");
            assert_eq!(response.header("transfer-encoding"), None, "{path}");
            let has_length = response.header("content-length").is_some();
            assert!(response.status == 304 || !has_length, "{path}: {response:?}");
            assert_eq!(answered(&server, client.get("/")).text(), "hello\n", "after {path}");
        }
    }
    server.stop();
}

fn the_status_line_is_the_apps(setup: &Setup) {
    let server = setup.serve();
    let cases = [
        ("200+OK", 200, "OK"),
        ("200+Fine+by+me", 200, "Fine by me"),
        ("299+Odd+One", 299, "Odd One"),
        ("404+Nothing+here", 404, "Nothing here"),
        ("799+Far+out", 799, "Far out"),
        ("404", 404, "Not Found"),
        ("798+", 798, ""),
        ("200+caf%C3%A9", 200, "caf\u{e9}"),
    ];
    for (status, code, reason) in cases {
        let response = server.get(&format!("/respond?status={status}&body=x"));
        assert_eq!((response.status, response.reason.as_str()), (code, reason), "{status}");
        assert_eq!(response.text(), "x", "{status}");
    }
    server.stop();
}

fn headers_are_the_apps(setup: &Setup) {
    let server = setup.serve();
    let cookies = server.get("/twice-cookie");
    assert_eq!(cookies.headers_named("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(cookies.header("x-latin"), Some("caf\u{e9}"), "Latin-1 goes out as it is");

    let own = server.get("/respond?header=Date:never&header=Server:mine&body=x");
    let dates: Vec<_> = own.headers_named("date").collect();
    assert_eq!((dates, own.header("server")), (vec!["never"], Some("mine")));
    assert!(server.get("/").header("date").is_some(), "RFC 9110, section 6.6.1");

    let twice = server.get("/respond?header=Content-Length:1&header=Content-Length:1&body=x");
    assert_eq!(twice.headers_named("content-length").count(), 1);
    let hop = server.get("/hop-header").assert_status(200);
    assert_eq!(hop.header("content-length"), Some("11"), "framing is the server's: {hop:?}");
    assert!(server.get("/respond?header=Connection:close&body=x").closes());
    server.stop();
}

/// PEP 3333, "Buffering and Streaming": the app makes each chunk only after the client has the one
/// before.
fn a_chunk_does_not_wait_for_the_next(setup: &Setup) {
    let server = setup.serve();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let path = format!("/gate?port={}", gate.local_addr().unwrap().port());
    let mut client = server.client();
    client.send(format!("GET {path} HTTP/1.0\r\n\r\n")).unwrap();
    let mut seen = Vec::new();
    for chunk in ["first\n", "second\n", "third\n"] {
        while !seen.ends_with(chunk.as_bytes()) {
            seen.extend(client.take(1).unwrap());
        }
        drop(gate.accept().unwrap());
    }
    assert_eq!(client.read_to_end().unwrap(), b"fourth\n");
    server.stop();
}

fn what_is_known_of_a_request_is_not_known_of_the_next(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for name in ["ann", "bob", "cid"] {
        let response = answered(&server, client.get(&format!("/owner?name={name}")));
        assert_eq!(response.text(), name);
    }
    server.stop();
}

fn exc_info_replaces_what_was_not_sent(setup: &Setup) {
    let server = setup.serve();
    let replaced = server.get("/exc-info").assert_status(500);
    assert_eq!((replaced.reason.as_str(), replaced.text().as_str()), ("Replaced", "replaced\n"));
    let late = server.get("/exc-info-after-write").assert_status(500);
    assert_eq!(late.text(), "Internal Server Error\n", "exc_info was raised again");
    server.log().wait_for("too late for another status");
    server.stop();
}
