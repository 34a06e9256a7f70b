//! FastAPI: bodies and errors as JSON, views in threads, dependencies, uploads, WebSockets.

use std::thread;

use serde_json::json;

use super::{JSON, serve, stop_without_complaints, upload};
use crate::e2e::site::{ask, body, everywhere};
use crate::e2e::wire::Wire;

const APP: &str = "with_fastapi:application";

#[test]
fn json_is_read_checked_and_written() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let made = ask(&server, "POST", "/items", JSON, b"{\"name\": \"d\xc3\xa9j\xc3\xa0\"}");
        let expected = json!({"name": "d\u{e9}j\u{e0}", "price": 1.5, "tags": []});
        assert_eq!(made.assert_status(201).json(), expected);
        let wrong = ask(&server, "POST", "/items", JSON, b"{\"price\": \"much\"}");
        let wrong = wrong.assert_status(422).json();
        assert_eq!(wrong["detail"].as_array().map(Vec::len), Some(2), "{wrong}");
        ask(&server, "POST", "/items", JSON, b"{").assert_status(422);
        let item = ask(&server, "GET", "/items/7", &[("Token", "abc")], b"");
        assert_eq!(item.json(), json!({"number": 7, "token": "abc"}));
        server.get("/items/x").assert_status(422);
        assert_eq!(server.get("/items/10").assert_status(404).json()["detail"], "there are nine");
        server.get("/openapi.json").assert_status(200);
        stop_without_complaints(server);
    });
}

#[test]
fn views_in_threads_run_together() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        thread::scope(|scope| {
            let asking: Vec<_> = (0..4).map(|_| scope.spawn(|| server.get("/together"))).collect();
            for asked in asking {
                assert_eq!(asked.join().unwrap().json(), json!({"is_main": false}));
            }
        });
        stop_without_complaints(server);
    });
}

#[test]
fn a_dependency_is_closed_when_the_response_is_done_with_it() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let used = server.get("/resource").assert_status(200);
        assert_eq!(used.text(), "resource is used\nand still\n");
        server.log().wait_for("the resource is closed");
        let text = server.log().text();
        let order = ["is open", "uses the resource", "is closed"].map(|it| text.find(it).unwrap());
        assert!(order.is_sorted(), "{text}");
        let mark = server.log().mark();
        server.get("/resource/broken").assert_status(500);
        server.log().wait_after(mark, "the resource is closed");
        server.log().wait_after(mark, "RuntimeError: the view breaks with its resource");
        server.stop();
    });
}

#[test]
fn uploads_arrive_exactly() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        for size in [0, 1, 70_000, 5_000_000] {
            let kept = upload(&server, "/upload", "file", &body(size)).assert_status(200).json();
            assert_eq!((&kept["size"], &kept["name"]), (&json!(size), &json!("notes.txt")));
        }
        stop_without_complaints(server);
    });
}

#[test]
fn each_request_has_a_context_of_its_own() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut client = server.client();
        for name in ["first", "second", "third"] {
            let answer = client.get(&format!("/context?name={name}")).unwrap().json();
            assert_eq!(answer, json!({"before": "nothing", "now": name, "in_thread": name}));
        }
        stop_without_complaints(server);
    });
}

#[test]
fn websockets_have_parameters_and_dependencies() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut wire = Wire::open(&server, "/ws/7", &[]);
        wire.send_json(&json!([1]));
        assert_eq!(wire.next_json(), json!({"room": 7, "with": "resource", "said": [1]}));
        wire.send("close 4100");
        assert_eq!(wire.closed(), 4100);
        server.log().wait_for("left with 4100");
        server.log().wait_for("the resource is closed");
        assert_eq!(Wire::refused(&server, "/ws/x", &[]), 403);
        stop_without_complaints(server);
    });
}
