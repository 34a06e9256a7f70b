//! Accepting, refusing and denying (ASGI, "WebSocket connection scope" to "Close").

use appserver_testkit::ClientError;

use super::raw::{Frame, Raw};
use super::serve;
use crate::e2e::site::everywhere;

#[test]
fn the_scope_has_every_key() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let headers = [("X-Twice", "a"), ("x-twice", "b"), ("Sec-WebSocket-Protocol", "one, two")];
        let mut raw = Raw::ask(&server, "/sc%6fpe?x=%20", &headers);
        assert_eq!(raw.response.status, 101);
        let Frame::Text(scope) = raw.next() else { panic!("no text") };
        let scope: serde_json::Value = serde_json::from_str(&scope).unwrap();
        assert_eq!(scope["type"], "websocket");
        assert_eq!(scope["asgi"], serde_json::json!({"version": "3.0", "spec_version": "2.5"}));
        for (key, value) in [
            ("http_version", "1.1"),
            ("scheme", "ws"),
            ("path", "/scope"),
            ("raw_path", "/sc%6fpe"),
            ("query_string", "x=%20"),
            ("root_path", ""),
        ] {
            assert_eq!(scope[key], value, "{key}");
        }
        assert_eq!(scope["subprotocols"], serde_json::json!(["one", "two"]));
        let port = server.address().to_string().rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        assert_eq!(scope["server"], serde_json::json!(["127.0.0.1", port]));
        assert_eq!(scope["client"][0], "127.0.0.1");
        assert!(scope["client"][1].is_u64(), "{scope}");
        let twice = scope["headers"].as_array().unwrap().iter().filter(|it| it[0] == "x-twice");
        assert_eq!(twice.map(|it| it[1].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(scope["extensions"]["websocket.http.response"].is_object(), "{scope}");
        assert!(scope.get("method").is_none(), "{scope}");
        server.stop();
    });
}

#[test]
fn accepting_chooses_a_subprotocol_and_adds_headers() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::ask(&server, "/accept", &[("Sec-WebSocket-Protocol", "one, two")]);
        assert_eq!(raw.response.status, 101);
        let response = &raw.response;
        assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(response.header("sec-websocket-protocol"), Some("two"));
        assert_eq!(response.header("x-first"), Some("1"));
        let cookies: Vec<&str> = response.headers_named("set-cookie").collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(raw.next(), Frame::text("['one', 'two']"));
        let raw = Raw::open(&server, "/accept");
        assert_eq!(raw.response.header("sec-websocket-protocol"), None);
        server.stop();
    });
}

#[test]
fn a_close_before_the_answer_is_a_403() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::ask(&server, "/refuse", &[]);
        assert_eq!(raw.response.status, 403);
        assert_eq!(raw.response.body, b"");
        server.log().wait_for("refused {'type': 'websocket.disconnect', 'code': 1006");
        // HTTP goes on.
        raw.send(b"GET /state HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        server.stop();
    });
}

#[test]
fn a_denial_response_reaches_the_client() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let raw = Raw::ask(&server, "/deny", &[]);
        assert_eq!(raw.response.status, 401);
        assert_eq!(raw.response.header("www-authenticate"), Some("Basic"));
        assert_eq!(raw.response.header("sec-websocket-accept"), None);
        assert_eq!(raw.response.body, b"who are you?");
        server.log().wait_for("denied {'type': 'websocket.disconnect', 'code': 1006");
        server.stop();
    });
}

#[test]
fn a_denial_that_nobody_reads_ends() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut client = server.client();
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        let start = "GET /deny-without-end HTTP/1.1\r\nHost: a";
        let head = format!("{start}\r\n{fields}\r\n{key}\r\n\r\n");
        client.send(head).unwrap();
        assert_eq!(client.take(12).unwrap(), b"HTTP/1.1 401");
        drop(client);
        server.log().wait_for("nobody reads the denial");
        server.stop();
    });
}

#[test]
fn an_application_that_fails_before_its_answer_is_a_500() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let named = [("X-Request-ID", "a-socket-of-ours")];
        let raw = Raw::ask(&server, "/raise-before", &named);
        assert_eq!(
            (raw.response.status, raw.response.text().as_str()),
            (500, "Internal Server Error\n")
        );
        server.log().wait_for("RuntimeError: raised before the answer");
        let raw = Raw::ask(&server, "/return-before", &[]);
        assert_eq!(raw.response.status, 500);
        server.log().wait_for("without answering the handshake");
        let text = server.stop().text;
        assert_eq!(text.matches("a-socket-of-ours").count(), 1, "{text}");
        assert_eq!(text.matches("Traceback (most recent call last)").count(), 1, "{text}");
    });
}

/// What the application gets wrong raises where it is wrong, and costs nothing else.
#[test]
fn mistakes_raise_and_the_socket_goes_on() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let offered = [("Sec-WebSocket-Protocol", "one, bo gus, ,two")];
        let mut raw = Raw::ask(&server, "/mistakes", &offered);
        assert_eq!(raw.next(), Frame::text("[]"));
        assert_eq!(raw.next(), Frame::Close(1000, String::new()));
        raw.finish(1000);
        server.stop();
    });
}

#[test]
fn a_client_that_leaves_before_the_answer_is_no_trouble() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut client = server.client();
        client.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n").unwrap();
        drop(client);
        let mut client = server.client();
        match client.request(
            "GET",
            "/echo",
            &[("Connection", "Upgrade"), ("Upgrade", "websocket")],
            b"",
        ) {
            Ok(response) => assert_eq!(response.status, 426, "no version"),
            Err(ClientError::Closed) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(server.get("/state").status, 200);
        server.stop();
    });
}
