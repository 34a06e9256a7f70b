//! Heads.

use super::{assert_good, assert_refused, judge};

/// A request with this line and these further fields.
fn head(line: &str, fields: &str) -> Vec<u8> {
    format!("{line}\r\nHost: a.example\r\n{fields}\r\n").into_bytes()
}

#[test]
fn good_heads_pass() {
    let heads: [&[u8]; 16] = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"M-SEARCH /x?y=%20&z={|} HTTP/1.1\r\nhost:\ta.example:80 \r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://b.example/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET HTTPS://b.example?q HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: my_host\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: caf\xe9 \xff\ttab\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX:\r\nX:   \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a%41\r\n\r\n",
    ];
    for head in heads {
        assert_good(head, 1);
    }
}

#[test]
fn malformed_request_lines_are_refused() {
    let lines = [
        ("GET  / HTTP/1.1", 400),
        ("GET /  HTTP/1.1", 400),
        (" GET / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("GET\t/ HTTP/1.1", 400),
        ("GET /", 400),
        ("GET", 400),
        ("G(T / HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /a#b HTTP/1.1", 400),
        ("GET /\u{e9} HTTP/1.1", 400),
        ("GET /\x7f HTTP/1.1", 400),
        ("GET /\0 HTTP/1.1", 400),
        ("GET a HTTP/1.1", 400),
        ("GET a.example:80 HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET ftp://a/ HTTP/1.1", 400),
        ("GET http:/// HTTP/1.1", 400),
        ("GET http://u@a/ HTTP/1.1", 400),
        ("CONNECT a.example:80 HTTP/1.1", 501),
        ("GET / http/1.1", 400),
        ("GET / HTTP/11", 400),
        ("GET / HTTP/1.12", 400),
        ("GET / HTTP/1.2", 505),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505),
        ("\u{16}\u{3}\u{1}", 400),
    ];
    for (line, status) in lines {
        assert_refused(&head(line, ""), status);
    }
    assert_refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    assert_refused(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    assert_refused(b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    assert_refused(b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400);
}

#[test]
fn malformed_fields_are_refused() {
    let fields = [
        "X : 1\r\n",
        "X\t: 1\r\n",
        " X: 1\r\n",
        "X: 1\r\n folded\r\n",
        "X: 1\r\n\tfolded\r\n",
        ": 1\r\n",
        "X\r\n",
        "X(: 1\r\n",
        "X\u{e9}: 1\r\n",
        "X: a\0b\r\n",
        "X: a\x01b\r\n",
        "X: a\x7fb\r\n",
        "X: a\rb\r\n",
        "X: a\r\r\n",
        "X: a\nY: b\r\n",
        "X: a\n",
        "\r\r\n",
        "\n",
    ];
    for field in fields {
        assert_refused(&head("GET / HTTP/1.1", field), 400);
    }
}

#[test]
fn hosts_that_two_parsers_could_read_differently_are_refused() {
    for host in [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nhost: b\r\n",
        "Host: a b\r\n",
        "Host: a,b\r\n",
        "Host: u@a\r\n",
        "Host: a/b\r\n",
        "Host: a:b\r\n",
        "Host: a:99999\r\n",
        "Host: a:+1\r\n",
        "Host: [::1\r\n",
        "Host: [x]\r\n",
        "Host: [::1]x\r\n",
        "Host: :80\r\n",
        "Host: a%4\r\n",
        "Host: a%zz\r\n",
        "Host: a?b\r\n",
        "Host: a#b\r\n",
        "Host: a\\b\r\n",
        "Host: caf\u{e9}\r\n",
    ] {
        assert_refused(format!("GET / HTTP/1.1\r\n{host}\r\n").as_bytes(), 400);
    }
    assert_refused(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400);
}

#[test]
fn ambiguous_framing_is_refused() {
    let fields = [
        ("Content-Length: 1\r\nContent-Length: 1\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        ("Content-Length: 1, 1\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: +1\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 0x1\r\n", 400),
        ("Content-Length: 1 1\r\n", 400),
        ("Content-Length: 1_0\r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 400),
        ("Content-Length: 18446744073709551617\r\n", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 400),
        ("Transfer-Encoding: chunked, identity\r\n", 400),
        ("Transfer-Encoding: chunked;q=1\r\n", 400),
        ("Transfer-Encoding: \"chunked\"\r\n", 400),
        ("Transfer-Encoding:\r\n", 400),
        ("Transfer-Encoding: \x0bchunked\r\n", 400),
        ("Transfer-Encoding: gzip\r\n", 501),
        ("Transfer-Encoding: identity\r\n", 501),
        ("Transfer-Encoding: xchunked\r\n", 501),
        ("Expect: 200-ok\r\n", 417),
        ("Expect:\r\n", 417),
    ];
    for (field, status) in fields {
        assert_refused(&head("POST / HTTP/1.1", field), status);
    }
    assert_refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
}

#[test]
fn limits_answer_with_their_status() {
    let long_target = format!("GET /{} HTTP/1.1", "x".repeat(200));
    assert_refused(&head(&long_target, ""), 414);
    assert_refused(format!("GET /{}", "x".repeat(250)).as_bytes(), 414);
    assert_refused(&head("GET / HTTP/1.1", &format!("X: {}\r\n", "x".repeat(300))), 431);
    assert_refused(&head("GET / HTTP/1.1", &format!("X{}", "x".repeat(400))), 431);
    assert_refused(&head("GET / HTTP/1.1", &"X: 1\r\n".repeat(8)), 431);
    let large = format!("X: {}\r\n", "x".repeat(280)).repeat(4);
    assert_refused(&head("GET / HTTP/1.1", &large), 431);
    assert_good(&head("GET / HTTP/1.1", &"X: 1\r\n".repeat(7)), 1);
    let longest = format!("GET /{} HTTP/1.1", "x".repeat(200 - "GET / HTTP/1.1".len()));
    assert_good(&head(&longest, ""), 1);
}

#[test]
fn an_incomplete_head_is_held_back_whole() {
    let stream = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n";
    let outcome = judge(stream);
    assert_eq!((outcome.passed, outcome.heads, outcome.status), (27, 1, None));
}

#[test]
fn what_the_target_check_passes_is_what_the_uri_parser_takes() {
    for byte in 0..=255_u8 {
        for template in [&b"/x?"[..], b"/x"] {
            let target = [template, &[byte]].concat();
            let stream = [b"GET ", &target[..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            if judge(&stream).status.is_none() {
                assert!(http::Uri::try_from(target).is_ok(), "{byte:#x} after {template:?}");
            }
        }
    }
}
