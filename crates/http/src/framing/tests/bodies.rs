//! Bodies.

use super::{assert_good, assert_refused, judge};

fn chunked(body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

#[test]
fn good_bodies_end_where_the_next_head_starts() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let bodies = [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "00005\r\nhello\r\n0000\r\n\r\n",
        "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
        "5;a\r\nhello\r\n0;b=c\r\n\r\n",
        "5;a=\"q \\\" ;\"\r\nhello\r\n0\r\n\r\n",
        "0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
        "2\r\n\r\n\r\n0\r\n\r\n",
    ];
    for body in bodies {
        assert_good(&[&chunked(body)[..], get.as_bytes()].concat(), 2);
    }
    let stream = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello{get}");
    assert_good(stream.as_bytes(), 2);
}

#[test]
fn malformed_chunks_are_refused() {
    let bodies = [
        "\r\n",
        "x\r\n",
        "+5\r\nhello\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "5\t\r\nhello\r\n",
        "5_0\r\n",
        "5\nhello\r\n",
        "5\rhello\r\n",
        "5\r\r\nhello\r\n",
        "00000000000000005\r\nhello\r\n",
        "10000000000000000\r\n",
        "5\r\nhello0\r\n",
        "5\r\nhello\n0\r\n",
        "5\r\nhello\r0\r\n",
        "5\r\nhelloX\r\n",
        "5\r\nhello\r\n\r\n",
        ";a\r\nhello\r\n",
        "5;\r\nhello\r\n",
        "5; a\r\nhello\r\n",
        "5;a =b\r\nhello\r\n",
        "5;a=\r\nhello\r\n",
        "5;a=\"\nhello\r\n",
        "5;a=\"b\"c\r\nhello\r\n",
        "5;a\nhello\r\n",
        "5;a\0\r\nhello\r\n",
        "0\n\r\n",
        "0\r\n\n",
        "0\r\nX : 1\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\n folded\r\n\r\n",
        "0\r\nContent-Length: 1\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "0\r\nHost: b\r\n\r\n",
        "0\r\nX: a\0\r\n\r\n",
        "0\r\nX: a\rb\r\n\r\n",
        "0\r\nX: a\n\r\n",
        "0\r\nAuthorization: x\r\n\r\n",
    ];
    for body in bodies {
        let outcome = judge(&chunked(body));
        assert_eq!(outcome.status, Some(400), "{}", body.escape_debug());
        assert!(outcome.is_in_body, "{}", body.escape_debug());
    }
}

#[test]
fn extensions_and_trailers_are_bounded() {
    assert_refused(&chunked(&format!("5;{}\r\n", "a".repeat(5000))), 400);
    assert_refused(&chunked(&"1;aaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n".repeat(200)), 400);
    assert_refused(&chunked(&format!("0\r\n{}\r\n", "X: 1\r\n".repeat(40))), 431);
    assert_refused(&chunked(&format!("0\r\nX: {}\r\n\r\n", "x".repeat(400))), 431);
}

#[test]
fn a_chunked_body_over_the_limit_is_refused() {
    assert_refused(&chunked("1389\r\n"), 413);
    assert_refused(&chunked("ffffffffffffffff\r\n"), 413);
    let chunk = format!("7d0\r\n{}\r\n", "x".repeat(2000));
    assert_refused(&chunked(&chunk.repeat(3)), 413);
    assert_good(&chunked(&format!("{}0\r\n\r\n", chunk.repeat(2))), 1);
}

#[test]
fn an_incomplete_body_is_never_the_end_of_its_message() {
    let stream = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell";
    assert!(judge(stream).is_in_body);
    for body in
        ["", "5", "5\r", "5\r\n", "5\r\nhell", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\n\r"]
    {
        let outcome = judge(&chunked(body));
        assert_eq!((outcome.status, outcome.is_in_body), (None, true), "{}", body.escape_debug());
    }
}
