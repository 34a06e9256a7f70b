//! The end of a worker with open WebSockets: they stay as long as they may, and are told before they
//! have to go.

use std::thread;

use appserver_testkit::{Server, Signal};

use super::raw::{Frame, Raw};
use super::sockets;
use crate::e2e::site::newest;

/// Long enough for what is done before the last call.
fn patient() -> Server {
    sockets(&newest(1)).args(["--graceful-timeout=6s"]).start()
}

fn assert_echoes(raw: &mut Raw, text: &str) {
    raw.send_text(text);
    assert_eq!(raw.next(), Frame::text(text));
}

#[track_caller]
fn assert_told_to_come_again(mut raw: Raw) {
    assert_eq!(raw.next(), Frame::Close(1012, String::new()));
    raw.finish(1012);
}

#[test]
fn open_websockets_outlive_the_signal_and_are_told_before_the_deadline() {
    let server = patient();
    let mut open: Vec<Raw> = (0..3).map(|_| Raw::open(&server, "/echo")).collect();
    server.signal(Signal::SIGTERM);
    server.wait_draining(1);
    for raw in &mut open {
        assert_echoes(raw, "still here");
    }
    open.into_iter().for_each(assert_told_to_come_again);
    let ended = server.end();
    let text = &ended.assert_code(0).text;
    assert_eq!(text.matches("gone 1012").count(), 3, "{text}");
    let (last, ends) = (text.rfind("gone 1012"), text.find("lifespan ends"));
    assert!(last < ends, "the lifespan ends last: {text}");
    assert!(!text.contains("Traceback"), "{text}");
}

#[test]
fn a_worker_whose_websockets_have_closed_waits_for_nobody() {
    let server = sockets(&newest(1)).args(["--graceful-timeout=1h"]).start();
    let mut raw = Raw::open(&server, "/echo");
    server.signal(Signal::SIGTERM);
    server.wait_draining(1);
    raw.send_close(1000, "");
    assert_eq!(raw.next(), Frame::Close(1000, String::new()));
    server.end().assert_code(0).assert_said("lifespan ends");
}

#[test]
fn a_client_that_does_not_answer_the_close_is_not_waited_for_longer() {
    let server = sockets(&newest(1)).args(["--graceful-timeout=5s"]).start();
    let mut raw = Raw::open(&server, "/echo");
    server.signal(Signal::SIGTERM);
    assert_eq!(raw.next(), Frame::Close(1012, String::new()));
    let ended = server.end();
    let text = &ended.assert_code(0).assert_said("lifespan ends").text;
    assert!(!text.contains("killed"), "{text}");
}

#[test]
fn a_reload_leaves_open_websockets_with_the_old_code_until_their_deadline() {
    let server = patient();
    let pid = |server: &Server| server.get("/state").json()["pid"].as_u64().unwrap();
    let old = pid(&server);
    let mut open = Raw::open(&server, "/echo");
    thread::scope(|scope| {
        let reload = scope.spawn(|| server.reload());
        server.wait_draining(1);
        assert_ne!(pid(&server), old, "new connections go to the new generation");
        let mut new = Raw::open(&server, "/echo");
        assert_echoes(&mut open, "old");
        assert_echoes(&mut new, "new");
        assert_told_to_come_again(open);
        let outcome = reload.join().unwrap();
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_echoes(&mut new, "still new");
        new.send_close(1000, "");
    });
    server.stop();
}
