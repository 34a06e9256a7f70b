//! What apps do wrong costs their own response, and nothing else.

use appserver_testkit::ClientError;

use crate::e2e::site::{Setup, ask, calls, exchange, in_both_modes};

in_both_modes! {
    a_failure_before_the_head_is_a_500,
    a_failure_is_logged_once_with_the_name_of_its_request,
    a_failure_after_the_head_cuts_the_connection,
    a_body_of_another_length_is_never_passed_off_as_complete,
}

/// Paths, and what the log says of them.
const BEFORE: &[(&str, &str)] = &[
    ("/raise", "RuntimeError: this path always raises"),
    ("/generator?fail=0", "RuntimeError: this generator breaks where it was told to"),
    ("/twice", "start_response was called twice"),
    ("/no-start", "start_response was not called"),
    ("/none", "'NoneType' object is not iterable"),
    ("/str-body", "bytes, not str"),
    ("/bad-status", "'fine'"),
    ("/bad-header", "X-Smuggled"),
    ("/respond?status=100+Continue", "'100 Continue'"),
    ("/respond?status=101+Switching+Protocols", "'101 Switching Protocols'"),
    ("/respond?status=2000+OK", "'2000 OK'"),
    ("/respond?status=", "status must be"),
    ("/respond?status=200+%E2%82%AC", "not Latin-1"),
    ("/respond?header=X%20Y:1", "'X Y'"),
    ("/respond?header=:1", "('', '1')"),
    ("/respond?header=X:%00", "control character"),
    ("/respond?header=X:%E2%82%AC", "not Latin-1"),
    ("/respond?header=Content-Length:abc", "'abc'"),
    ("/respond?header=Content-Length:-1", "'-1'"),
    ("/respond?header=Content-Length:1&header=Content-Length:2", "given twice"),
    ("/sys-exit", "SystemExit: 3"),
    ("/base-exception", "Own: not an Exception"),
];

/// The client learns nothing, the log everything; the process stays and answers.
fn a_failure_before_the_head_is_a_500(setup: &Setup) {
    let server = setup.serve();
    let (_, pid) = calls(&server);
    for (path, reason) in BEFORE {
        let mark = server.log().mark();
        let response = server.get(path);
        assert_eq!(response.status, 500, "{path}");
        assert_eq!(response.text(), "Internal Server Error\n", "{path}");
        server.log().wait_after(mark, reason);
    }
    assert_eq!(calls(&server).1, pid, "the worker was replaced");
    server.stop();
}

fn a_failure_is_logged_once_with_the_name_of_its_request(setup: &Setup) {
    let server = setup.serve();
    let named = [("X-Request-ID", "a-request-of-ours")];
    ask(&server, "GET", "/raise?secret=1", &named, b"").assert_status(500);
    server.log().wait_for("request_id=a-request-of-ours");
    let text = server.stop().text;
    assert_eq!(text.matches("Traceback (most recent call last)").count(), 1, "{text}");
    assert_eq!(text.matches("a-request-of-ours").count(), 1, "{text}");
    assert!(text.contains("method=GET path=\"/raise\""), "{text}");
    assert!(text.contains("in fail"), "the traceback names the function: {text}");
    assert!(!text.contains("secret=1"), "queries may hold secrets: {text}");
}

/// Paths whose bodies have no length, so that only the last chunk says that they are complete.
const AFTER: &[(&str, &str)] = &[
    ("/raise-late", "this path raises after its first chunk"),
    ("/exc-info-late", "too late for another status"),
    ("/tracked-raise", "this iterable breaks after its first chunk"),
    ("/generator?fail=2", "this generator breaks where it was told to"),
    ("/exit-in-stream", "the stream leaves"),
];

fn a_failure_after_the_head_cuts_the_connection(setup: &Setup) {
    let server = setup.serve();
    let (_, pid) = calls(&server);
    for (path, reason) in AFTER {
        let mark = server.log().mark();
        let sent = exchange(&server, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {sent:?}");
        assert!(
            sent.contains("\r\n\r\n6\r\nfirst\n\r\n") || sent.contains("chunk 0\n\r\n"),
            "{sent:?}"
        );
        assert!(!sent.ends_with("0\r\n\r\n"), "{path} seems complete: {sent:?}");
        server.log().wait_after(mark, reason);
    }
    assert_eq!(calls(&server).1, pid, "the worker was replaced");
    server.stop();
}

fn a_body_of_another_length_is_never_passed_off_as_complete(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    match client.get("/too-short") {
        Err(ClientError::Cut(part)) => assert_eq!(part, "12345"),
        other => panic!("/too-short: {other:?}"),
    }
    server.log().wait_for("5 bytes before its Content-Length");

    let mut client = server.client();
    assert_eq!(client.get("/too-long").unwrap().text(), "1234567890");
    server.log().wait_for("longer than its Content-Length");
    match client.get("/") {
        Ok(next) => assert_eq!(next.text(), "hello\n", "surplus bytes became a response"),
        Err(error) => assert!(matches!(error, ClientError::Closed), "{error}"),
    }
    server.stop();
}
