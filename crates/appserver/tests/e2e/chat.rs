//! `examples/fastapi-chat`, used by scripts, by WebSocket clients, and by people with browsers.

use appserver_testkit::{Builder, Client, Server};
use serde_json::json;

use super::chromium::{Chromium, Window};
use super::site::{Setup, answered, ask, everywhere, newest};
use super::wire::Wire;

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// The chat as its folder says: found by itself, in one worker. Whoever still follows something does
/// not hold up the end for long.
fn chat(setup: &Setup) -> Builder {
    setup.example("fastapi-chat", "").without_target().args(["--graceful-timeout", "500ms"])
}

#[test]
fn the_pages_and_the_api_answer() {
    everywhere(1, |setup| {
        let server = chat(setup).start();
        the_page_comes_with_its_files(&server);
        scripts_talk(&server);
        events_follow(&server);
        server.stop();
    });
}

fn the_page_comes_with_its_files(server: &Server) {
    let page = server.get("/").assert_status(200);
    assert!(page.text().contains("page/chat.js"), "{}", page.text());
    let script = server.get("/page/chat.js").assert_status(200);
    let length = script.header("content-length").unwrap().parse();
    assert_eq!(length, Ok(script.body.len()));
    let tag = script.header("etag").unwrap();
    ask(server, "GET", "/page/chat.js", &[("If-None-Match", tag)], b"").assert_status(304);
    let part = ask(server, "GET", "/page/chat.js", &[("Range", "bytes=3-12")], b"");
    assert_eq!(part.assert_status(206).body, script.body[3..13]);
    server.get("/page/../main.py").assert_status(404);
    server.get("/docs").assert_status(200);
}

fn scripts_talk(server: &Server) {
    let health = server.get("/health").assert_status(200).json();
    assert_eq!((&health["status"], &health["here"]), (&json!("ok"), &json!([])));
    let line = json!({"name": "script", "text": "d\u{e9}j\u{e0} vu"});
    let made = ask(server, "POST", "/api/messages", JSON, line.to_string().as_bytes());
    let made = made.assert_status(201).json();
    assert_eq!((&made["id"], &made["text"]), (&json!(1), &line["text"]));
    assert_eq!(server.get("/api/messages").json(), json!([made]));
    assert_eq!(server.get("/api/messages?after=1").json(), json!([]));
    server.get("/api/messages?after=x").assert_status(422);
    ask(server, "POST", "/api/messages", JSON, b"{}").assert_status(422);
    ask(server, "DELETE", "/api/messages", &[], b"").assert_status(405);
}

/// The stream gives what was missed at once, and what is said while it is open.
fn events_follow(server: &Server) {
    let mut events = server.client();
    events.send_request("GET", "/api/events", &[("Last-Event-ID", "0")], b"").unwrap();
    let head = read_until(server, &mut events, "vu");
    assert!(head.contains("text/event-stream"), "{head}");
    let line = json!({"name": "script", "text": "just now"}).to_string();
    ask(server, "POST", "/api/messages", JSON, line.as_bytes()).assert_status(201);
    read_until(server, &mut events, "just now");
}

/// Reads byte by byte, because what follows may take for ever. JSON here is ASCII.
fn read_until(server: &Server, client: &mut Client, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        text.push(char::from(answered_byte(server, client)));
    }
    text
}

fn answered_byte(server: &Server, client: &mut Client) -> u8 {
    match client.take(1) {
        Ok(bytes) => bytes[0],
        Err(error) => panic!("{error}; the server said:\n{}", server.log().text()),
    }
}

#[test]
fn websockets_hear_each_other() {
    everywhere(1, |setup| {
        let server = chat(setup).start();
        let mut ann = Wire::open(&server, "/ws?name=ann", &[]);
        assert_eq!(ann.next_json()["here"], json!(["ann"]));
        let mut bob = Wire::open(&server, "/ws?name=bob", &[]);
        assert_eq!(bob.next_json()["here"], json!(["ann", "bob"]));
        assert_eq!(ann.next_json()["type"], "joined");
        bob.send_json(&json!({"text": "\u{1f44b} ann"}));
        for one in [&ann, &bob] {
            assert_eq!(one.next_json()["text"], "\u{1f44b} ann");
        }
        bob.send("no json");
        assert_eq!(bob.next_json()["type"], "error");
        bob.send("close 4000");
        assert_eq!(bob.closed(), 4000);
        assert_eq!(ann.next_json(), json!({"type": "left", "name": "bob", "here": ["ann"]}));
        ann.send("bytes 00ff");
        assert_eq!(ann.closed(), 1003);
        // Refused before the app accepts: an HTTP answer.
        assert_eq!(Wire::refused(&server, "/ws?name=", &[]), 403);
        assert_eq!(Wire::refused(&server, "/nowhere", &[]), 403);
        server.stop();
    });
}

#[test]
fn a_reload_sends_websockets_to_the_new_worker() {
    let server = chat(&newest(1)).start();
    let ann = Wire::open(&server, "/ws?name=ann", &[]);
    let room = ann.next_json()["room"].clone();
    server.reload().unwrap();
    assert_eq!(ann.closed(), 1012);
    let ann = Wire::open(&server, "/ws?name=ann", &[]);
    assert_ne!(ann.next_json()["room"], room);
    server.signal(appserver_testkit::Signal::SIGTERM);
    assert_eq!(ann.closed(), 1012);
    server.end().assert_code(0);
}

fn come_in<'a>(browser: &'a Chromium, server: &Server, name: &str) -> Window<'a> {
    let window = browser.open(server, "/");
    window.submit("#entrance input", name);
    window.wait_for_text("#status", &format!("connected as {name}"));
    window
}

#[test]
fn two_browser_windows_talk() {
    let server = chat(&newest(1)).start();
    let browser = Chromium::start();
    let ann = come_in(&browser, &server, "ann");
    ann.submit("#desk input", "first");
    ann.wait_for_text("#messages", "first");
    let bob = come_in(&browser, &server, "bob");
    bob.wait_for_text("#messages", "first");
    ann.wait_for_text("#messages", "bob came in");
    ann.wait_for_text("#here", "annbob");
    bob.submit("#desk input", "hello <b>ann</b> & \u{e9}");
    ann.wait_for_text("#messages", "hello <b>ann</b> & \u{e9}");
    bob.close();
    ann.wait_for_text("#messages", "bob went away");
    ann.wait_for("document.querySelectorAll('#here li').length === 1");
    server.stop();
}

#[test]
fn browser_windows_come_back_by_themselves() {
    let server = chat(&newest(1)).start();
    let browser = Chromium::start();
    let ann = come_in(&browser, &server, "ann");
    let bob = come_in(&browser, &server, "bob");
    bob.submit("#desk input", "before");
    ann.wait_for_text("#messages", "before");

    server.reload().unwrap();
    for window in [&ann, &bob] {
        window.wait_for_text("#messages", "connection lost (code 1012)");
        window.wait_for_text("#here", "annbob");
        window.wait_for_text("#status", "connected as");
    }
    // The new room counts from 1 again, and must not look like the old one.
    bob.submit("#desk input", "after the reload");
    ann.wait_for_text("#messages", "after the reload");

    server.kill(server.worker_pids()[0]);
    for window in [&ann, &bob] {
        window.wait_for_text("#messages", "connection lost (code 1006)");
        window.wait_for_text("#status", "connected as");
    }
    ann.submit("#desk input", "after the kill");
    bob.wait_for_text("#messages", "after the kill");
    assert!(bob.text().contains("before"), "{}", bob.text());
    let health = answered(&server, server.client().get("/health")).json();
    assert_eq!(health["here"], json!(["ann", "bob"]));
    server.stop();
}
