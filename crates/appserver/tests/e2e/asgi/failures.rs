//! What applications do wrong costs their own response, and nothing else.

use appserver_testkit::ClientError;
use serde_json::json;

use super::{await_note, everywhere, read_until, serve, serve_with};
use crate::e2e::site::{Setup, answered, ask};

everywhere! {
    a_failure_before_the_head_is_a_500,
    a_failure_is_logged_once_with_the_name_of_its_request,
    a_failure_after_the_head_cuts_the_connection,
    a_failure_before_the_head_went_out_is_a_500,
    to_return_without_a_response_is_a_500,
    a_task_that_fails_is_logged_and_nothing_else,
    who_is_not_waited_for_is_cancelled_only_if_that_is_set,
}

/// What is raised, with what the log says of it.
fn raised(setup: &Setup) -> Vec<(&'static str, &'static str)> {
    let mut names = vec![
        ("RuntimeError", "RuntimeError: this path always raises"),
        ("SystemExit", "SystemExit: this path always raises"),
        ("KeyboardInterrupt", "KeyboardInterrupt: this path always raises"),
        ("GeneratorExit", "GeneratorExit: this path always raises"),
        ("StopAsyncIteration", "StopAsyncIteration: this path always raises"),
        ("Own", "Own: not an Exception"),
    ];
    if setup.python.version >= (3, 11) {
        names.push(("ExceptionGroup", "ExceptionGroup: several (2 sub-exceptions)"));
        names.push(("BaseExceptionGroup", "BaseExceptionGroup: several (2 sub-exceptions)"));
    }
    names
}

/// The client learns nothing, the log everything; the process stays and answers. In the first step
/// of the task as in a later one.
fn a_failure_before_the_head_is_a_500(setup: &Setup) {
    let server = serve(setup);
    let pid = server.get("/pid").text();
    for (name, reason) in raised(setup) {
        for turn in ["", "&turn=1"] {
            let mark = server.log().mark();
            let response = server.get(&format!("/raise?what={name}{turn}"));
            assert_eq!(response.status, 500, "{name}{turn}");
            assert_eq!(response.text(), "Internal Server Error\n", "{name}{turn}");
            server.log().wait_after(mark, reason);
        }
    }
    for turn in ["", "&turn=1"] {
        let response = server.get(&format!("/raise?what=CancelledError{turn}"));
        assert_eq!(response.status, 500, "CancelledError{turn}");
    }
    assert_eq!(server.get("/pid").text(), pid, "the worker was replaced");
    server.stop();
}

fn a_failure_is_logged_once_with_the_name_of_its_request(setup: &Setup) {
    let server = serve(setup);
    for turn in ["", "&turn=1"] {
        let named = [("X-Request-ID", "a-request-of-ours")];
        let path = format!("/raise?what=RuntimeError{turn}&secret=1");
        ask(&server, "GET", &path, &named, b"").assert_status(500);
    }
    server.log().wait_nth(0, 2, "request_id=a-request-of-ours");
    let text = server.stop().text;
    assert_eq!(text.matches("Traceback (most recent call last)").count(), 2, "{text}");
    assert_eq!(text.matches("a-request-of-ours").count(), 2, "{text}");
    assert!(text.contains("method=GET path=\"/raise\""), "{text}");
    assert!(text.contains("in _raise"), "the traceback names the function: {text}");
    assert!(!text.contains("secret=1"), "queries may hold secrets: {text}");
}

fn a_failure_after_the_head_cuts_the_connection(setup: &Setup) {
    let server = serve(setup);
    let pid = server.get("/pid").text();
    let mut paths = vec![("/return?late=1".to_owned(), "ended before its response was complete")];
    for (name, reason) in raised(setup) {
        paths.push((format!("/raise?late=1&what={name}"), reason));
        paths.push((format!("/raise?late=1&turn=1&what={name}"), reason));
    }
    for (path, reason) in paths {
        let mark = server.log().mark();
        let mut client = server.client();
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        client.send(head).unwrap();
        let seen = read_until(&mut client, "\r\n\r\n6\r\nfirst\n\r\n");
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {seen:?}");
        // It fails when it has the body.
        client.send("x").unwrap();
        assert_eq!(client.read_to_end().unwrap(), b"", "{path}");
        server.log().wait_after(mark, reason);
    }
    assert_eq!(server.get("/pid").text(), pid, "the worker was replaced");
    server.stop();
}

/// Where tasks start at once (CPython 3.12), the client has nothing yet that could be cut: it is
/// told the truth. Elsewhere the connection may have had a turn in between.
fn a_failure_before_the_head_went_out_is_a_500(setup: &Setup) {
    let server = serve(setup);
    for path in ["/return?late=1", "/raise?late=1&what=RuntimeError"] {
        match server.client().get(path) {
            Ok(response) => assert_eq!(response.status, 500, "{path}"),
            Err(ClientError::Closed | ClientError::Cut(_)) if setup.python.version < (3, 12) => {}
            Err(error) => panic!("{path}: {error}"),
        }
    }
    server.stop();
}

fn to_return_without_a_response_is_a_500(setup: &Setup) {
    let server = serve(setup);
    server.get("/return").assert_status(500);
    server.log().wait_for("ended before its response was complete");
    server.stop();
}

fn a_task_that_fails_is_logged_and_nothing_else(setup: &Setup) {
    let server = serve(setup);
    assert_eq!(server.get("/background").assert_status(200).text(), "left behind");
    server.get("/pid").assert_status(200);
    // asyncio tells of it when the task is collected.
    server.log().wait_for("Task exception was never retrieved");
    server.log().wait_for("RuntimeError: nobody waits for this task");
    server.stop();
}

fn who_is_not_waited_for_is_cancelled_only_if_that_is_set(setup: &Setup) {
    let server = serve_with(setup, &["--set", "asgi.cancel_on_disconnect=true"]);
    let mut client = server.client();
    client.send_request("GET", "/forever", &[], b"").unwrap();
    await_note(&server, "forever", &json!(["begun"]));
    drop(client);
    await_note(&server, "forever", &json!(["begun", "cancelled"]));
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");

    let server = serve(setup);
    let mut client = server.client();
    client.send_request("GET", "/leave?read=1", &[], b"").unwrap();
    read_until(&mut client, "here\r\n");
    let mut waiting = server.client();
    waiting.send_request("GET", "/gate?name=a", &[], b"").unwrap();
    drop(client);
    let told = json!(["http.disconnect", "http.disconnect", true, "ClientDisconnected"]);
    await_note(&server, "leave", &told);
    server.get("/open?name=a").assert_status(200);
    assert_eq!(answered(&server, waiting.read_response()).text(), "through");
    server.stop();
}
