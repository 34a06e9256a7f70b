//! How a WebSocket ends, and what each side is told.

use super::raw::{Frame, Raw};
use super::{serve, serve_with};
use crate::e2e::site::everywhere;

#[test]
fn the_client_gets_the_code_and_the_reason_of_the_application() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let long = "r".repeat(123);
        let cases = [
            ("/close", 1000, ""),
            ("/close?code=3000", 3000, ""),
            ("/close?code=4999&reason=d%C3%A9j%C3%A0", 4999, "d\u{e9}j\u{e0}"),
            (&format!("/close?code=1001&reason={long}r"), 1001, &long),
            ("/return-after", 1000, ""),
        ];
        for (target, code, reason) in cases {
            let mut raw = Raw::open(&server, target);
            assert_eq!(raw.next(), Frame::Close(code, reason.to_owned()), "{target}");
            raw.finish(code);
        }
        // The application is told the code of the end, whoever began it.
        server.log().wait_for("gone 4999");
        server.stop();
    });
}

#[test]
fn the_application_gets_the_code_and_the_reason_of_the_client() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/echo");
        raw.send_close(4321, "d\u{e9}j\u{e0}");
        assert_eq!(raw.next(), Frame::Close(4321, "d\u{e9}j\u{e0}".to_owned()));
        raw.assert_over();
        server.log().wait_for("gone 4321 d\u{e9}j\u{e0}");
        let mut raw = Raw::open(&server, "/echo");
        raw.send_frame(true, 8, b"");
        assert_eq!(raw.next(), Frame::Close(1005, String::new()));
        raw.assert_over();
        server.log().wait_for("gone 1005 without reason");
        drop(Raw::open(&server, "/echo"));
        server.log().wait_for("gone 1006");
        server.stop();
    });
}

/// What came before the end is heard before it.
#[test]
fn messages_before_the_end_are_received() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/tally");
        for number in 0..50 {
            raw.send_text(&number.to_string());
        }
        raw.send_close(3000, "");
        assert_eq!(raw.next(), Frame::Close(3000, String::new()));
        server.log().wait_for("gone 3000");
        server.log().wait_for("heard 50 messages");
        server.stop();
    });
}

#[test]
fn an_exception_after_the_answer_is_a_1011() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::ask(&server, "/raise-after", &[("X-Request-ID", "a-socket-of-ours")]);
        assert_eq!(raw.next(), Frame::text("accepted"));
        assert_eq!(raw.next(), Frame::Close(1011, String::new()));
        raw.finish(1011);
        server.log().wait_for("RuntimeError: raised after the answer");
        let text = server.stop().text;
        assert_eq!(text.matches("a-socket-of-ours").count(), 1, "{text}");
        assert_eq!(text.matches("Traceback (most recent call last)").count(), 1, "{text}");
    });
}

#[test]
fn a_send_after_the_disconnect_is_an_os_error() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/send-after-disconnect");
        raw.send_close(1000, "");
        server.log().wait_for("raised ClientDisconnected as an OSError");
        server.log().wait_for("a close too late is no mistake");
        let text = server.stop().text;
        assert!(!text.contains("Traceback"), "{text}");
    });
}

#[test]
fn a_send_after_the_close_is_a_runtime_error() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/send-after-close");
        assert_eq!(raw.next(), Frame::Close(3001, String::new()));
        for kind in ["websocket.send", "websocket.close"] {
            server.log().wait_for(&format!("raised RuntimeError for {kind} after the close"));
        }
        raw.finish(3001);
        server.stop();
    });
}

#[test]
fn a_task_is_cancelled_with_its_client_only_if_the_setting_says_so() {
    everywhere(1, |setup| {
        let path = "/cancelled-with-its-client";
        let server = serve_with(setup, &["asgi.cancel_on_disconnect=true"]);
        let mut raw = Raw::open(&server, path);
        assert_eq!(raw.next(), Frame::text("waits"));
        drop(raw);
        server.log().wait_for("the task has ended");
        server.stop();

        let server = serve(setup);
        let mut raw = Raw::open(&server, path);
        assert_eq!(raw.next(), Frame::text("waits"));
        drop(raw);
        // Another one has come and gone in full, and this one is still there.
        drop(Raw::open(&server, "/echo"));
        server.log().wait_for("gone 1006");
        server.wait_in_flight(1);
        assert!(!server.log().contains("the task has ended"));
        server.signal(appserver_testkit::Signal::SIGTERM);
        server.end().assert_code(0);
    });
}
