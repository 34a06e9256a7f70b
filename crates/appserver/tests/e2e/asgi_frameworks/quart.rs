//! Quart.

use serde_json::json;

use super::{assert_lines, follow, serve, stop_without_complaints, upload};
use crate::e2e::site::{ask, body, everywhere};
use crate::e2e::wire::Wire;

const APP: &str = "with_quart:application";

#[test]
fn views_answer() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let hello = server.get("/hello/caf%C3%A9?a=1").assert_status(200);
        assert_eq!(hello.json(), json!({"hello": "caf\u{e9}", "query": {"a": "1"}}));
        for size in [0, 1, 1_000_000] {
            let sent = body(size);
            assert!(ask(&server, "POST", "/echo", &[], &sent).body == sent, "{size} bytes");
        }
        let kept = upload(&server, "/upload", "file", &body(1_000_000)).assert_status(200);
        assert_eq!(kept.json(), json!({"name": "notes.txt", "size": 1_000_000}));
        assert_eq!(server.get("/threaded").text(), "from a thread");
        assert_lines(&server.get("/stream"), 1000);
        let first = server.get("/count");
        let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let second = ask(&server, "GET", "/count", &[("Cookie", &cookie)], b"");
        assert_eq!(second.json()["count"], 2);
        stop_without_complaints(server);
    });
}

#[test]
fn it_hears_of_its_worker_its_clients_and_its_failures() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        server.log().wait_for("quart starts");
        drop(follow(&server, "/events", "tick\n"));
        server.log().wait_for("the feed has ended");
        server.get("/boom").assert_status(500);
        server.log().wait_for("RuntimeError: this view always fails");
        let text = server.stop().text;
        assert!(text.contains("quart stops"), "{text}");
    });
}

#[test]
fn websockets_talk() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut wire = Wire::open(&server, "/ws", &[]);
        wire.send("\"one\"");
        assert_eq!(wire.next_json(), json!("ONE"));
        wire.send("close");
        assert_eq!(wire.closed(), 4003);
        let mut wire = Wire::open(&server, "/ws", &[]);
        wire.send("close 1000");
        assert_eq!(wire.closed(), 1000);
        server.log().wait_for("the view is cancelled with its client");
        stop_without_complaints(server);
    });
}
