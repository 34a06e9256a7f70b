//! Extensions: files by their path, trailers, early hints.

use appserver_testkit::Server;
use serde_json::{Value, json};

use super::{everywhere, read_until, serve};
use crate::e2e::site::{Setup, answered, ask, body, exchange};

everywhere! {
    files_are_sent_by_their_path,
    a_file_that_cannot_be_sent_raises,
    trailers_follow_the_body,
    trailers_that_nobody_wants_are_dropped,
    early_hints_go_out_before_the_response,
}

const START: &str = "http.response.start";
const BODY: &str = "http.response.body";

fn pathsend(path: &str, headers: &Value) -> String {
    let send = json!({"type": "http.response.pathsend", "path": path});
    json!([{"type": START, "status": 200, "headers": headers}, send]).to_string()
}

fn files_are_sent_by_their_path(setup: &Setup) {
    let server = serve(setup);
    let file = server.home().join("a file \u{e9}");
    let path = file.to_str().unwrap();
    let mut client = server.client();
    for size in [0, 1, 300_000] {
        std::fs::write(&file, body(size)).unwrap();
        let length = json!([["b:content-length", format!("b:{size}")]]);
        for headers in [json!([]), length] {
            let script = pathsend(path, &headers);
            let fields = [("X-Script", script.as_str())];
            let head = answered(&server, client.request("HEAD", "/script", &fields, b""));
            let sent = answered(&server, client.request("GET", "/script", &fields, b""));
            assert!(sent.body == body(size), "the file of {size} bytes arrived changed");
            let wanted = Some(size.to_string());
            assert_eq!(sent.header("content-length"), wanted.as_deref());
            let told = head.header("content-length");
            assert!(told == wanted.as_deref() || size == 0 && told.is_none(), "{told:?}");
        }
    }
    server.stop();
}

fn a_file_that_cannot_be_sent_raises(setup: &Setup) {
    let server = serve(setup);
    let home = server.home().to_str().unwrap().to_owned();
    let cases = [
        (format!("{home}/missing"), "FileNotFoundError"),
        (home, "IsADirectoryError"),
        ("b:bytes".to_owned(), "TypeError"),
    ];
    for (path, reason) in cases {
        let mark = server.log().mark();
        let script = pathsend(&path, &json!([]));
        let response = ask(&server, "GET", "/script", &[("X-Script", &script)], b"");
        assert_eq!(response.status, 500, "{path}");
        server.log().wait_after(mark, reason);
    }
    server.stop();
}

fn trailing(headers: &Value, more: &Value) -> Value {
    let mut script = vec![
        json!({"type": START, "status": 200, "trailers": true, "headers": headers}),
        json!({"type": BODY, "body": "b:body"}),
    ];
    script.extend(more.as_array().unwrap().iter().cloned());
    Value::Array(script)
}

fn get(server: &Server, fields: &str, script: &Value) -> String {
    let request = format!(
        "GET /script HTTP/1.1\r\nHost: a\r\nConnection: close{fields}\r\nX-Script: {script}\r\n\r\n"
    );
    String::from_utf8(exchange(server, request)).unwrap()
}

/// RFC 9110, section 6.5, and RFC 9112, section 7.1.2.
fn trailers_follow_the_body(setup: &Setup) {
    let server = serve(setup);
    let trailers = json!([
        {"type": "http.response.trailers", "headers": [["b:x-sum", "b:1"]], "more_trailers": true},
        {"type": "http.response.trailers", "headers": [["b:x-end", "b:2"]]},
    ]);
    let script = trailing(&json!([["b:trailer", "b:x-sum, x-end"]]), &trailers);
    let sent = get(&server, ", TE\r\nTE: trailers", &script);
    assert!(sent.to_ascii_lowercase().contains("\r\ntrailer: x-sum, x-end\r\n"), "{sent}");
    assert!(sent.ends_with("4\r\nbody\r\n0\r\nx-sum: 1\r\nx-end: 2\r\n\r\n"), "{sent}");
    server.stop();
}

/// The body is as complete as with them.
fn trailers_that_nobody_wants_are_dropped(setup: &Setup) {
    let server = serve(setup);
    let trailers = json!([{"type": "http.response.trailers", "headers": [["b:x-sum", "b:1"]]}]);
    let announced = trailing(&json!([["b:trailer", "b:x-sum"]]), &trailers);
    let sent = get(&server, "", &announced);
    assert!(sent.ends_with("4\r\nbody\r\n0\r\n\r\n"), "{sent}");
    let sized = trailing(&json!([["b:content-length", "b:4"]]), &trailers);
    let sent = get(&server, "", &sized);
    assert!(sent.ends_with("\r\n\r\nbody"), "{sent}");
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

/// RFC 8297: interim responses, each complete, as soon as the application sends them.
fn early_hints_go_out_before_the_response(setup: &Setup) {
    let server = serve(setup);
    let script = json!([
        {"type": "http.response.early_hint", "links": ["b:</a.css>; rel=preload", "b:</b.js>; rel=preload"]},
        {"type": "http.response.early_hint", "links": ["b:</c.js>; rel=preload"]},
        {"type": START, "status": 200},
        {"type": BODY, "body": "b:body"},
    ]);
    let mut client = server.client();
    client.send(format!("GET /script HTTP/1.1\r\nHost: a\r\nX-Script: {script}\r\n\r\n")).unwrap();
    let first = read_until(&mut client, "\r\n\r\n").to_ascii_lowercase();
    let links = "link: </a.css>; rel=preload\r\nlink: </b.js>; rel=preload\r\n\r\n";
    assert_eq!(first, format!("http/1.1 103 early hints\r\n{links}"));
    let second = read_until(&mut client, "\r\n\r\n").to_ascii_lowercase();
    assert_eq!(second, "http/1.1 103 early hints\r\nlink: </c.js>; rel=preload\r\n\r\n");
    assert_eq!(answered(&server, client.read_response()).assert_status(200).text(), "body");
    server.stop();
}
