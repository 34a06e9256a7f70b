//! Litestar.

use serde_json::json;

use super::{JSON, assert_lines, follow, serve, stop_without_complaints, upload};
use crate::e2e::site::{ask, body, everywhere};
use crate::e2e::wire::Wire;

const APP: &str = "with_litestar:application";

#[test]
fn handlers_answer() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let hello = ask(&server, "GET", "/hello/caf%C3%A9", &[("User-Agent", "ours")], b"");
        assert_eq!(hello.json(), json!({"hello": "caf\u{e9}", "agent": "ours"}));
        let item = json!({"name": "x", "price": 2.5});
        let made = ask(&server, "POST", "/items", JSON, item.to_string().as_bytes());
        assert_eq!(made.assert_status(201).json(), item);
        ask(&server, "POST", "/items", JSON, b"{}").assert_status(400);
        assert_eq!(server.get("/threaded").text(), "from a thread");
        assert_lines(&server.get("/stream"), 1000);
        let kept = upload(&server, "/upload", "data", &body(3_000_000)).assert_status(201);
        assert_eq!(kept.json(), json!({"size": 3_000_000}));
        drop(follow(&server, "/events", "tick\r\n"));
        server.log().wait_for("the feed has ended");
        stop_without_complaints(server);
    });
}

#[test]
fn it_hears_of_its_worker_and_its_failures_are_500s() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        server.log().wait_for("litestar starts");
        server.get("/boom").assert_status(500);
        server.get("/threaded").assert_status(200);
        let text = server.stop().text;
        assert!(text.contains("litestar stops"), "{text}");
    });
}

#[test]
fn websockets_talk() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut wire = Wire::open(&server, "/listener", &[]);
        wire.send("\"one\"");
        assert_eq!(wire.next_json(), json!("ONE"));
        wire.send("close 1000");
        assert_eq!(wire.closed(), 1000);
        let wire = Wire::open(&server, "/socket", &[]);
        assert_eq!(wire.next_json(), json!({"first": true}));
        assert_eq!(wire.closed(), 4002);
        stop_without_complaints(server);
    });
}
