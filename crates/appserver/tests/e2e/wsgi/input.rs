//! `wsgi.input` reads like an `io.BytesIO` of the body, in memory and from a file.
//!
//! The app compares: it knows the body that is sent, and makes the same calls on both.

use appserver_testkit::{Client, Server};

use crate::e2e::site::{Setup, answered, ask, body, in_both_modes};

in_both_modes! {
    every_call_returns_what_bytesio_returns,
    random_calls_return_what_bytesio_returns,
    a_chunked_body_is_like_any_other,
    a_body_that_is_not_read_does_no_harm,
    one_body_never_leaks_into_the_next,
}

/// In these tests, bodies above this go to a file.
const IN_MEMORY: usize = 64 * 1024;
const SIZES: &[usize] = &[0, 1, 300, 5000, IN_MEMORY, IN_MEMORY + 1, 400_000];

fn serve(setup: &Setup) -> Server {
    setup.conformance().args(["--set", "http.body_memory=64KiB"]).start()
}

fn compare(server: &Server, client: &mut Client, size: usize, how: &str) {
    let target = format!("/input?size={size}&{how}");
    let answer =
        client.request("POST", &target, &[("Content-Length", &size.to_string())], &body(size));
    assert_eq!(answered(server, answer).text(), "same", "{target}");
}

fn every_call_returns_what_bytesio_returns(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let sequences: &[&[&str]] = &[
        &["read"],
        &["read:-1", "read"],
        &["read:None", "read:5"],
        &["read:0", "read:1", "read:5", "read:1000000", "read"],
        &["readline", "readline:0", "readline:3", "readline:-1", "readline:None", "read"],
        &["readlines", "readlines", "readline"],
        &["readlines:1", "readlines:0", "readlines"],
        &["readlines:700", "readlines:None"],
        &["readlines:-1"],
        &["iter", "iter", "read"],
        &["next", "read:2", "next", "readline", "readlines:10", "iter"],
        &["read:65536", "readline", "next", "read"],
    ];
    for size in SIZES {
        for calls in sequences {
            compare(&server, &mut client, *size, &format!("call={}", calls.join("&call=")));
        }
    }
    server.stop();
}

fn random_calls_return_what_bytesio_returns(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for size in SIZES {
        for seed in 0..12 {
            compare(&server, &mut client, *size, &format!("seed={seed}"));
        }
    }
    server.stop();
}

/// `wsgi.input_terminated`: such a body has no Content-Length, and reading ends by itself.
fn a_chunked_body_is_like_any_other(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for size in SIZES.iter().copied() {
        let mut chunked = Vec::new();
        for chunk in body(size).chunks(777) {
            chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            chunked.extend_from_slice(chunk);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let headers = [("Transfer-Encoding", "chunked")];
        let target = format!("/input?size={size}&call=read:10&call=readline&call=iter");
        let answer = client.request("POST", &target, &headers, &chunked);
        assert_eq!(answered(&server, answer).text(), "same", "{target}");
    }
    let environ = ask(
        &server,
        "POST",
        "/environ",
        &[("Transfer-Encoding", "chunked")],
        b"2\r\nab\r\n0\r\n\r\n",
    );
    let environ = environ.json();
    assert_eq!(environ["wsgi.input_terminated"], true);
    assert!(environ.get("HTTP_TRANSFER_ENCODING").is_none(), "it is not encoded any more");
    server.stop();
}

fn a_body_that_is_not_read_does_no_harm(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for size in [10, 400_000] {
        let answer = client.request("POST", "/swallow", &[], &body(size));
        assert_eq!(answered(&server, answer).text(), "not read");
        assert_eq!(answered(&server, client.get("/")).text(), "hello\n");
    }
    server.stop();
}

fn one_body_never_leaks_into_the_next(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for text in ["first", "", "2nd", "", "the third"] {
        let length = [("Content-Length", text.len().to_string())];
        let length = length.each_ref().map(|(name, value)| (*name, value.as_str()));
        let echo = answered(&server, client.request("POST", "/echo", &length, text.as_bytes()));
        assert_eq!(echo.text(), text);
    }
    server.stop();
}
