//! Django as ASGI: views in the loop and in threads, streams, files, signals, clients that leave.

use serde_json::json;

use super::{assert_lines, follow, serve, stop_without_complaints, upload};
use crate::e2e::site::{ask, body, everywhere};

const APP: &str = "with_django:application";

#[test]
fn views_run_in_the_loop_and_in_threads() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let in_the_loop = ask(&server, "GET", "/loop/", &[("Host", "shop.example")], b"");
        let in_the_loop = in_the_loop.assert_status(200).json();
        assert_eq!(
            (&in_the_loop["is_main"], &in_the_loop["path"]),
            (&json!(true), &json!("/loop/"))
        );
        assert_eq!(in_the_loop["host"], "shop.example");
        assert_eq!(server.get("/thread/").json()["is_main"], false);
        assert_eq!(server.get("/loop").assert_status(301).header("location"), Some("/loop/"));
        assert_lines(&server.get("/lines/"), 500);
        let lines = server.get("/sync-lines/").assert_status(200);
        assert_eq!(lines.text().lines().last(), Some("line 499"));
        server.get("/nothing/").assert_status(404);
        server.stop();
    });
}

#[test]
fn files_come_and_go() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let content: Vec<u8> = (0..1000).flat_map(|_| 0..=255).collect();
        let file = server.get("/file/").assert_status(200);
        assert_eq!(file.header("content-length"), Some(content.len().to_string().as_str()));
        assert!(file.body == content);
        for size in [1, 70_000, 5_000_000] {
            let sent = body(size);
            let sum: u64 = sent.iter().map(|byte| u64::from(*byte)).sum();
            let kept = upload(&server, "/upload/", "file", &sent).assert_status(200).json();
            assert_eq!(kept, json!({"name": "notes.txt", "size": size, "sum": sum}));
            assert!(ask(&server, "POST", "/body/", &[], &sent).body == sent, "{size} bytes");
        }
        server.stop();
    });
}

#[test]
fn signals_say_when_a_request_begins_and_ends() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        for count in 1..=3 {
            server.get(["/loop/", "/thread/", "/lines/"][count - 1]).assert_status(200);
            server.log().wait_nth(0, count, "request finished");
            assert_eq!(server.log().count("request started"), count);
        }
        server.get("/boom/").assert_status(500);
        server.log().wait_for("RuntimeError: this view always fails");
        server.log().wait_nth(0, 4, "request finished");
        server.stop();
    });
}

#[test]
fn a_client_that_leaves_cancels_its_view() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut client = server.client();
        client.send_request("GET", "/patient/", &[], b"").unwrap();
        server.log().wait_for("the view waits");
        drop(client);
        server.log().wait_for("the view is cancelled");
        server.log().wait_for("request finished");
        drop(follow(&server, "/feed/", "tick\n"));
        server.log().wait_for("the feed has ended");
        stop_without_complaints(server);
    });
}
