//! Starlette: streams both ways, files, background work, middleware, state, WebSockets.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::{assert_lines, follow, serve, stop_without_complaints};
use crate::e2e::site::{ask, body, everywhere, settled};
use crate::e2e::wire::Wire;

const APP: &str = "with_starlette:application";
const TAGGED: &str = "with_starlette:tagged";

#[test]
fn the_state_of_the_lifespan_is_shared_and_that_of_a_request_is_not() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        server.get("/?add=one").assert_status(200);
        assert_eq!(server.get("/?add=two").json()["shared"], json!(["one", "two"]));
        assert_eq!(server.get("/own-state").json(), json!({"has_mine": false}));
        let wire = Wire::open(&server, "/talk?name=ann", &[]);
        assert_eq!(wire.next_json(), json!({"hello": "ann", "shared": ["one", "two"]}));
        drop(wire);
        server.log().wait_for("talk ended by");
        server.signal(appserver_testkit::Signal::SIGTERM);
        server.end().assert_code(0).assert_said("the lifespan has ended");
    });
}

#[test]
fn streams_and_echoes_come_through_each_middleware() {
    everywhere(1, |setup| {
        for app in [APP, TAGGED] {
            let server = serve(setup, app);
            assert_lines(&server.get("/stream?count=1000"), 1000);
            for size in [0, 1, 100_000, 3_000_000] {
                let sent = body(size);
                let echo = ask(&server, "POST", "/echo", &[("X-Tag", "seven")], &sent);
                assert!(echo.body == sent, "{size} bytes");
                assert_eq!(echo.header("x-tagged"), (app == TAGGED).then_some("seven"));
            }
            assert_eq!(ask(&server, "HEAD", "/", &[], b"").body, b"");
            ask(&server, "DELETE", "/echo", &[], b"").assert_status(405);
            stop_without_complaints(server);
        }
    });
}

#[test]
fn failures_are_500s_before_the_head_and_cuts_after_it() {
    everywhere(1, |setup| {
        for app in [APP, TAGGED] {
            let server = serve(setup, app);
            let page = server.get("/boom").assert_status(500);
            assert_eq!(page.text(), "Internal Server Error");
            server.log().wait_for("RuntimeError: this endpoint always fails");
            let broken = server.client().get("/broken-stream");
            // A head that has not gone out yet becomes that of a 500. The middleware itself ends the
            // response before it raises.
            let is_told = broken.map_or(true, |response| response.status == 500);
            assert!(is_told || app == TAGGED, "it looked complete");
            server.log().wait_for("RuntimeError: this stream always breaks");
            server.get("/").assert_status(200);
            server.stop();
        }
    });
}

#[test]
fn files_are_sent_by_their_path() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let content: Vec<u8> = (0..4096).flat_map(|_| 0..=255).collect();
        let whole = server.get("/file").assert_status(200);
        assert_eq!(whole.header("content-length"), Some(content.len().to_string().as_str()));
        assert!(whole.body == content, "{} bytes", whole.body.len());
        server.log().wait_for("file by start pathsend");
        let tag = whole.header("etag").unwrap();
        let part = [("Range", "bytes=255-1023"), ("If-Range", tag)];
        let part = ask(&server, "GET", "/file", &part, b"").assert_status(206);
        assert!(part.body == content[255..1024], "{} bytes", part.body.len());
        let head = ask(&server, "HEAD", "/file", &[], b"").assert_status(200);
        assert_eq!(head.header("content-length"), whole.header("content-length"));
        server.get("/missing-file").assert_status(500);
        // The connection goes on after a file.
        let mut client = server.client();
        for _ in 0..3 {
            assert!(client.get("/file").unwrap().body == content);
        }
        server.stop();
    });
}

/// The answer is complete while the work goes on, also for whoever uses the connection again.
#[test]
fn background_work_keeps_nobody_waiting() {
    everywhere(1, |setup| {
        for app in [APP, TAGGED] {
            let server = serve(setup, app);
            let mut client = server.client();
            assert_eq!(client.get("/later").unwrap().text(), "at once");
            server.log().wait_for("the background work begins");
            assert!(!server.log().contains("the background work is done"));
            assert_eq!(client.get("/open/work").unwrap().text(), "open");
            server.log().wait_for("the background work is done");
            stop_without_complaints(server);
        }
    });
}

#[test]
fn a_follower_that_leaves_ends_its_feed() {
    everywhere(1, |setup| {
        for app in [APP, TAGGED] {
            let server = serve(setup, app);
            drop(follow(&server, "/events", "id: 3\n"));
            server.log().wait_for("the feed has ended");
            stop_without_complaints(server);
        }
    });
}

/// Not behind a `BaseHTTPMiddleware`, which loses the message.
#[test]
fn an_endpoint_that_asks_hears_that_its_client_has_gone() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut client = server.client();
        client.send_request("GET", "/watcher", &[], b"").unwrap();
        server.log().wait_for("the watch begins");
        drop(client);
        server.log().wait_for("the client is gone");
        stop_without_complaints(server);
    });
}

#[test]
fn an_upload_that_is_broken_off_is_noticed() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let mut client = server.client();
        let length = [("Content-Length", "1000")];
        client.send_request("POST", "/broken-upload", &length, b"not all of it").unwrap();
        server.log().wait_for("a piece has come");
        drop(client);
        server.log().wait_for("the upload was broken off");
        stop_without_complaints(server);
    });
}

/// What the endpoint has not asked for stays with the client, and arrives complete when it asks.
#[test]
fn an_upload_waits_for_its_endpoint() {
    const PIECES: usize = 900;
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let before = server.workers()[0].rss;
        let mut client = server.client();
        let length = (PIECES * 100_000).to_string();
        let length = [("Content-Length", length.as_str())];
        client.send_request("POST", "/held-upload", &length, b"").unwrap();
        server.log().wait_for("an upload is held");
        let sent = AtomicUsize::new(0);
        let piece = vec![b'x'; 100_000];
        thread::scope(|scope| {
            let sending = scope.spawn(|| {
                for _ in 0..PIECES {
                    client.send(&piece).unwrap();
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                client.read_response().unwrap()
            });
            let sent = settled(&server, "/sent", || sent.load(Ordering::Relaxed));
            assert!(sent < PIECES, "all was taken");
            let grown = server.workers()[0].rss.saturating_sub(before);
            assert!(grown < 40 << 20, "{grown} bytes more");
            server.get("/open/upload").assert_status(200);
            assert_eq!(sending.join().unwrap().json()["total"], PIECES * 100_000);
        });
        stop_without_complaints(server);
    });
}

#[test]
fn a_stream_waits_for_its_reader() {
    const PIECES: usize = 1000;
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        let before = server.workers()[0].rss;
        let mut client = server.client();
        client.send_request("GET", &format!("/flood?count={PIECES}"), &[], b"").unwrap();
        let look =
            || usize::try_from(server.get("/sent").json()["sent"].as_u64().unwrap()).unwrap();
        let sent = settled(&server, "/sent", look);
        assert!(0 < sent && sent < PIECES - 1, "{sent}");
        let grown = server.workers()[0].rss.saturating_sub(before);
        assert!(grown < 40 << 20, "{grown} bytes more");
        assert_eq!(client.read_response().unwrap().body.len(), PIECES * 100_000);
        stop_without_complaints(server);
    });
}

#[test]
fn websockets_talk_close_and_are_refused() {
    everywhere(1, |setup| {
        for app in [APP, TAGGED] {
            let server = serve(setup, app);
            let mut wire = Wire::open(&server, "/talk", &[]);
            assert_eq!(wire.next_json()["hello"], json!(null));
            wire.send("\"d\u{e9}j\u{e0}\"");
            assert_eq!(wire.next_json(), json!("D\u{c9}J\u{c0}"));
            wire.send("close");
            assert_eq!(wire.closed(), 4001);
            let mut wire = Wire::open(&server, "/talk", &[]);
            wire.send("close 4321");
            assert_eq!(wire.closed(), 4321);
            server.log().wait_for("talk ended by 4321");
            assert_eq!(Wire::refused(&server, "/denied", &[]), 401);
            assert_eq!(Wire::refused(&server, "/refused", &[]), 403);
            assert_eq!(Wire::refused(&server, "/nowhere", &[]), 403);
            stop_without_complaints(server);
        }
    });
}

#[test]
fn a_websocket_that_sends_hears_that_its_client_has_gone() {
    everywhere(1, |setup| {
        let server = serve(setup, APP);
        drop(Wire::open(&server, "/pour", &[]));
        server.log().wait_for("the pouring was stopped by 1006");
        stop_without_complaints(server);
    });
}
