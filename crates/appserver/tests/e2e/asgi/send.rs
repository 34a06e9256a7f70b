//! `send`: what the application says is what its client gets, and nothing that it may not say.

use appserver_testkit::{Client, ClientError, Response, Server};
use serde_json::{Value, json};

use super::{await_note, everywhere, read_until, serve};
use crate::e2e::site::{Setup, answered, ask, eventually, exchange};

everywhere! {
    heads_are_the_apps,
    what_is_complete_has_its_length,
    streams_come_piece_by_piece,
    answers_to_head_have_no_body,
    who_answers_head_with_a_long_body_is_not_kept,
    statuses_without_a_body_have_none,
    an_old_client_gets_the_body_until_the_close,
    mistakes_before_the_body_raise_and_are_a_500,
    mistakes_in_the_body_raise_and_cut_it,
    messages_after_the_end_raise_and_change_nothing,
    who_catches_a_mistake_may_go_on,
    a_client_that_does_not_read_makes_the_app_wait,
    pipelined_requests_are_answered_in_order,
    what_is_known_of_a_request_is_not_known_of_the_next,
}

const START: &str = "http.response.start";
const BODY: &str = "http.response.body";

/// Asks for a script; see the application.
fn ask_script(client: &mut Client, method: &str, script: &Value) -> Result<Response, ClientError> {
    let script = script.to_string();
    client.request(method, "/script", &[("X-Script", &script)], b"")
}

fn run(server: &Server, script: &Value) -> Response {
    answered(server, ask_script(&mut server.client(), "GET", script))
}

/// Everything that comes back, when the client wants the connection closed.
fn raw(server: &Server, version: &str, fields: &str, script: &Value) -> String {
    let request = format!(
        "GET /script HTTP/{version}\r\nHost: a\r\nConnection: close\r\n{fields}X-Script: {script}\r\n\r\n"
    );
    String::from_utf8(exchange(server, request)).unwrap()
}

fn heads_are_the_apps(setup: &Setup) {
    let server = serve(setup);
    let headers = json!([
        ["b:Set-Cookie", "b:a=1"],
        ["b:set-cookie", "b:b=2"],
        ["b:x-latin", "b:caf\u{e9}"],
        ["b:date", "b:never"],
    ]);
    let script = json!([
        {"type": START, "status": 299, "headers": headers},
        {"type": BODY, "body": "b:x"},
    ]);
    let response = run(&server, &script).assert_status(299);
    assert_eq!(response.headers_named("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(response.header("x-latin"), Some("caf\u{e9}"));
    assert_eq!(response.headers_named("date").collect::<Vec<_>>(), ["never"]);

    let bare = json!([{"type": START, "status": 404}, {"type": BODY}]);
    let response = run(&server, &bare).assert_status(404);
    assert_eq!((response.text().as_str(), response.header("content-length")), ("", Some("0")));
    assert!(response.header("date").is_some(), "RFC 9110, section 6.6.1");

    let closing = json!([
        {"type": START, "status": 200, "headers": [["b:connection", "b:close"]]},
        {"type": BODY, "body": "b:x"},
    ]);
    let mut client = server.client();
    assert!(answered(&server, ask_script(&mut client, "GET", &closing)).closes());
    assert!(matches!(client.get("/pid"), Err(ClientError::Closed | ClientError::Reset)));

    let hop = json!([
        {"type": START, "status": 200, "headers": [["b:transfer-encoding", "b:chunked"]]},
        {"type": BODY, "body": "b:framing is the server's"},
    ]);
    assert_eq!(run(&server, &hop).header("content-length"), Some("23"));
    server.stop();
}

fn what_is_complete_has_its_length(setup: &Setup) {
    let server = serve(setup);
    let cases = [
        (json!([{"type": START, "status": 200}, {"type": BODY, "body": "b:all"}]), "all"),
        (json!([{"type": START, "status": 200}, {"type": BODY}]), ""),
    ];
    for (script, body) in cases {
        let response = run(&server, &script);
        let length = body.len().to_string();
        assert_eq!(response.header("content-length"), Some(length.as_str()));
        assert_eq!(response.text(), body);
    }
    server.stop();
}

/// Three pieces, of which one is empty.
fn three(headers: &Value) -> Value {
    json!([
        {"type": START, "status": 200, "headers": headers},
        {"type": BODY, "body": "b:one ", "more_body": true},
        {"type": BODY, "body": "b:", "more_body": true},
        {"type": BODY, "body": "b:two", "more_body": false},
    ])
}

fn streams_come_piece_by_piece(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let unsized_body = answered(&server, ask_script(&mut client, "GET", &three(&json!([]))));
    assert_eq!(unsized_body.header("transfer-encoding"), Some("chunked"));
    assert_eq!(unsized_body.text(), "one two");
    let length = json!([["b:content-length", "b:7"]]);
    let sized = answered(&server, ask_script(&mut client, "GET", &three(&length)));
    assert_eq!(
        (sized.header("transfer-encoding"), sized.header("content-length")),
        (None, Some("7"))
    );
    assert_eq!(sized.text(), "one two");
    // The client has all of it before the app has said so.
    let early = json!([
        {"type": START, "status": 200, "headers": length},
        {"type": BODY, "body": "b:one two", "more_body": true},
        {"type": BODY, "body": "b:", "more_body": true},
        {"type": BODY},
    ]);
    assert_eq!(answered(&server, ask_script(&mut client, "GET", &early)).text(), "one two");
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");

    // The first piece is with the client before the second is sent: another request opens the gate.
    let server = serve(setup);
    let mut client = server.client();
    client.send("POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").unwrap();
    read_until(&mut client, "5\r\nready\r\n");
    client.send("a").unwrap();
    assert_eq!(server.get("/noted?name=none").json(), json!([]));
    client.send("b").unwrap();
    read_until(&mut client, "0\r\n\r\n");
    server.stop();
}

fn answers_to_head_have_no_body(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let whole = json!([{"type": START, "status": 200}, {"type": BODY, "body": "b:not sent"}]);
    let length = json!([["b:content-length", "b:7"]]);
    for script in [&whole, &three(&json!([])), &three(&length)] {
        let head = answered(&server, ask_script(&mut client, "HEAD", script)).assert_status(200);
        assert_eq!(head.body, b"");
    }
    // The length of what GET would give, whatever is sent.
    let lied = json!([
        {"type": START, "status": 200, "headers": [["b:content-length", "b:1000"]]},
        {"type": BODY, "body": "b:short"},
    ]);
    let head = answered(&server, ask_script(&mut client, "HEAD", &lied));
    assert_eq!(head.header("content-length"), Some("1000"));
    answered(&server, client.get("/pid")).assert_status(200);
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

/// Nobody takes the body: a finite one is dropped, an endless one ends by itself.
fn who_answers_head_with_a_long_body_is_not_kept(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for (path, name, wanted) in [
        ("/long?count=10", "long", "sent"),
        ("/listen", "listen", "heard"),
        ("/endless", "endless", "ClientDisconnected"),
    ] {
        let head = answered(&server, client.request("HEAD", path, &[], b"")).assert_status(200);
        assert_eq!(head.body, b"", "{path}");
        await_note(&server, name, &json!([wanted]));
    }
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

/// RFC 9110, sections 15.3.5 and 15.4.5; the next response follows at once.
fn statuses_without_a_body_have_none(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for status in [204, 304] {
        for last in [json!({"type": BODY}), json!({"type": BODY, "body": "b:surplus"})] {
            let script = json!([{"type": START, "status": status}, last]);
            let response = answered(&server, ask_script(&mut client, "GET", &script));
            assert_eq!(response.status, status);
            assert_eq!(response.header("transfer-encoding"), None);
            assert!(status == 304 || response.header("content-length").is_none());
        }
        let mut streamed = three(&json!([]));
        streamed[0]["status"] = json!(status);
        assert_eq!(answered(&server, ask_script(&mut client, "GET", &streamed)).status, status);
        answered(&server, client.get("/pid")).assert_status(200);
    }
    server.stop();
}

fn an_old_client_gets_the_body_until_the_close(setup: &Setup) {
    let server = serve(setup);
    let sent = raw(&server, "1.0", "", &three(&json!([])));
    assert!(sent.ends_with("\r\n\r\none two"), "{sent:?}");
    assert!(!sent.to_ascii_lowercase().contains("transfer-encoding"), "{sent:?}");
    server.stop();
}

/// What is wrong, and a part of what is raised.
fn early_mistakes() -> Vec<(Value, &'static str)> {
    let start = |status: Value, headers: Value| json!([{"type": START, "status": status, "headers": headers}]);
    let header = |name: &str, value: &str| start(json!(200), json!([[name, value]]));
    vec![
        (json!([{"type": BODY, "body": "b:x"}]), "RuntimeError: unexpected message"),
        (json!([{"type": "http.response.trailers"}]), "RuntimeError: unexpected message"),
        (json!([{"type": "http.response.strange"}]), "http.response.strange\" is no message"),
        (json!([{"type": "websocket.accept"}]), "websocket.accept\" is no message"),
        (json!([{"type": "b:http.response.start"}]), "TypeError: the type of a message is a str"),
        (json!([{"status": 200}]), "KeyError: 'type'"),
        (json!([{"type": START}]), "KeyError: 'status'"),
        (
            json!([{"type": START, "status": 200}, {"type": START, "status": 200}]),
            "unexpected message",
        ),
        (start(json!("b:200"), json!([])), "ValueError: the status"),
        (start(json!(100), json!([])), "ValueError: the status"),
        (start(json!(1000), json!([])), "ValueError: the status"),
        (header("x-str", "b:value"), "TypeError: the name of a header consists of bytes, not str"),
        (header("b:x-str", "value"), "TypeError: the value of a header consists of bytes, not str"),
        (header("b:x y", "b:1"), "header name is not a token"),
        (header("b:", "b:1"), "header name is not a token"),
        (header("b:x", "b:a\r\nx-smuggled: 1"), "control character"),
        (header("b:content-length", "b:-1"), "Content-Length is not a number"),
        (start(json!(200), json!([["b:alone"]])), "TypeError: a header is a pair"),
        (start(json!(200), json!(["b:x-no-pair"])), "TypeError: a header is a pair"),
        (start(json!(200), json!(7)), "TypeError"),
        (json!([{"type": START, "status": 200}, {"type": BODY, "body": "text"}]), "bytes, not str"),
        (json!([{"type": START, "status": 200}, {"type": BODY, "body": 7}]), "bytes, not int"),
    ]
}

fn mistakes_before_the_body_raise_and_are_a_500(setup: &Setup) {
    let server = serve(setup);
    for (script, reason) in early_mistakes() {
        let mark = server.log().mark();
        let response = run(&server, &script);
        assert_eq!(response.status, 500, "{script}");
        assert_eq!(response.text(), "Internal Server Error\n", "{script}");
        server.log().wait_after(mark, reason);
    }
    // The head has gone nowhere yet.
    let length = |sent: &str| {
        json!([
            {"type": START, "status": 200, "headers": [["b:content-length", "b:5"]]},
            {"type": BODY, "body": sent},
        ])
    };
    for (sent, reason) in
        [("b:123", "2 bytes before its Content-Length"), ("b:123456", "longer than")]
    {
        let mark = server.log().mark();
        assert_eq!(run(&server, &length(sent)).status, 500, "{sent}");
        server.log().wait_after(mark, reason);
    }
    server.stop();
}

fn mistakes_in_the_body_raise_and_cut_it(setup: &Setup) {
    let server = serve(setup);
    let first = json!({"type": BODY, "body": "b:first", "more_body": true});
    let cases = [
        (json!([]), json!({"type": START, "status": 200}), "unexpected message"),
        (json!([]), json!({"type": BODY, "body": "text"}), "bytes, not str"),
        (json!([]), json!({"type": "http.response.trailers"}), "unexpected message"),
        (
            json!([]),
            json!({"type": "http.response.pathsend", "path": "/etc/hostname"}),
            "unexpected message",
        ),
        (
            json!([["b:content-length", "b:9"]]),
            json!({"type": BODY, "body": "b:1"}),
            "3 bytes before",
        ),
        (
            json!([["b:content-length", "b:9"]]),
            json!({"type": BODY, "body": "b:12345"}),
            "longer than",
        ),
    ];
    for (headers, last, reason) in cases {
        let mark = server.log().mark();
        let start = json!({"type": START, "status": 200, "headers": headers});
        let script = json!([start, first, "receive", last]);
        let mut client = server.client();
        let head = "POST /script HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nX-Script";
        client.send(format!("{head}: {script}\r\n\r\n")).unwrap();
        read_until(&mut client, "first");
        client.send("x").unwrap();
        let rest = client.read_to_end().unwrap();
        assert!(rest.is_empty() || rest == b"\r\n", "{last}: {rest:?}");
        server.log().wait_after(mark, reason);
    }
    server.stop();
}

fn messages_after_the_end_raise_and_change_nothing(setup: &Setup) {
    let server = serve(setup);
    for last in [json!({"type": BODY, "body": "b:x"}), json!({"type": START, "status": 200})] {
        let mark = server.log().mark();
        let script = json!([{"type": START, "status": 200}, {"type": BODY, "body": "b:all"}, last]);
        assert_eq!(run(&server, &script).assert_status(200).text(), "all");
        server.log().wait_after(mark, "unexpected message");
    }
    server.stop();
}

fn who_catches_a_mistake_may_go_on(setup: &Setup) {
    let server = serve(setup);
    let script = json!([
        {"type": BODY, "body": "b:early"},
        {"type": START, "status": 99},
        {"type": START, "status": 201, "headers": [["b:content-length", "b:3"]]},
        {"type": START, "status": 202},
        {"type": BODY, "body": "b:too long"},
        {"type": BODY, "body": "b:on", "more_body": true},
        {"type": BODY, "body": "b:e"},
    ]);
    let script = script.to_string();
    let headers = [("X-Script", script.as_str()), ("X-Catch", "1")];
    let response = ask(&server, "GET", "/script", &headers, b"").assert_status(201);
    assert_eq!(response.text(), "one");
    assert_eq!(server.get("/noted?name=script").json().as_array().unwrap().len(), 4);
    server.stop();
}

/// In bytes: what waits in the server is bounded, and the kernel's buffers are.
fn a_client_that_does_not_read_makes_the_app_wait(setup: &Setup) {
    const MOST: u64 = 32 << 20;
    let server = serve(setup);
    let mut client = server.client();
    client.send_request("GET", "/endless", &[], b"").unwrap();
    read_until(&mut client, "\r\n\r\n");
    // An application that never waits would not let this be answered.
    let taken = |server: &Server| server.get("/noted?name=endless").json()[0].as_u64();
    let before = taken(&server).unwrap_or(0);
    assert!(before < MOST, "{before} bytes were taken from the app");
    client.take(2 * usize::try_from(MOST).unwrap()).unwrap();
    eventually(&server, "/noted?name=endless", |noted| noted.json()[0].as_u64() > Some(MOST));
    drop(client);
    await_note(&server, "endless", &json!(["ClientDisconnected"]));
    server.stop();
}

fn what_is_known_of_a_request_is_not_known_of_the_next(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for name in ["ann", "bob", "cid"] {
        let response = answered(&server, client.get(&format!("/owner?name={name}")));
        assert_eq!(response.text(), format!("{name} {name}"));
    }
    server.stop();
}

fn pipelined_requests_are_answered_in_order(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    let mut requests = String::from("GET /gate?name=first HTTP/1.1\r\nHost: a\r\n\r\n");
    requests.push_str("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecond");
    requests.push_str("GET /swallow HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(requests).unwrap();
    assert_eq!(server.get("/open?name=first").text(), "open");
    for wanted in ["through", "second", "not read"] {
        assert_eq!(answered(&server, client.read_response()).text(), wanted);
    }
    server.stop();
}
