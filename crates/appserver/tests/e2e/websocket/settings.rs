//! What the settings say about WebSockets.

use appserver_testkit::wait_until;

use super::raw::{Frame, Raw};
use super::serve_with;
use crate::e2e::site::{everywhere, newest};

#[test]
fn a_quiet_client_is_pinged_and_a_silent_one_is_left() {
    let settings = ["websocket.ping_interval=100ms", "websocket.ping_timeout=100ms"];
    let server = serve_with(&newest(1), &settings);
    let mut lively = Raw::open(&server, "/echo");
    for _ in 0..2 {
        assert_eq!(lively.next(), Frame::Ping);
        lively.send_frame(true, 10, b"");
    }
    drop(lively);
    let mut silent = Raw::open(&server, "/echo");
    assert_eq!(silent.next(), Frame::Ping);
    assert_eq!(silent.next(), Frame::Close(1011, "ping timeout".to_owned()));
    silent.assert_over();
    server.log().wait_for("gone 1006 ping timeout");
    server.stop();
}

#[test]
fn a_message_beyond_the_limit_is_a_1009() {
    let server = serve_with(&newest(1), &["websocket.max_message=1KiB"]);
    let mut raw = Raw::open(&server, "/echo");
    raw.send_frame(true, 2, &[b'x'; 1024]);
    assert_eq!(raw.next(), Frame::Binary(vec![b'x'; 1024]));
    raw.send_frame(false, 2, &[b'x'; 1000]);
    raw.send_frame(true, 0, &[b'x'; 25]);
    assert_eq!(raw.next(), Frame::Close(1009, "message too big".to_owned()));
    server.log().wait_for("gone 1006 message too big");
    server.stop();
}

#[test]
fn compression_is_agreed_on_only_if_the_setting_allows_it() {
    let offer = [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")];
    for (setting, agreed) in [("false", false), ("true", true)] {
        let setting = format!("websocket.permessage_deflate={setting}");
        let server = serve_with(&newest(1), &[&setting]);
        let raw = Raw::ask(&server, "/echo", &offer);
        assert_eq!(raw.response.status, 101);
        let extensions = raw.response.header("sec-websocket-extensions");
        let is_agreed = extensions.is_some_and(|it| it.starts_with("permessage-deflate"));
        assert_eq!(is_agreed, agreed, "{extensions:?}");
        drop(raw);
        server.stop();
    }
}

/// A WebSocket takes a place for as long as its application runs.
#[test]
fn websockets_count_against_the_limit_of_concurrency() {
    everywhere(1, |setup| {
        let server = serve_with(setup, &["limit_concurrency=2"]);
        let mut first = Raw::open(&server, "/echo");
        let _second = Raw::open(&server, "/echo");
        let refused = Raw::ask(&server, "/echo", &[]).response;
        assert_eq!(refused.status, 503);
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
        server.get("/state").assert_status(503);
        first.send_close(1000, "");
        assert_eq!(first.next(), Frame::Close(1000, String::new()));
        wait_until("there is room again", || server.get("/state").status == 200);
        server.stop();
    });
}
