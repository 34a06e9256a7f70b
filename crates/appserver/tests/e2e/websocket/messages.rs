//! Messages, both ways and in order.

use appserver_testkit::Gate;

use super::raw::{Frame, Raw, frame};
use super::{serve, sockets};
use crate::e2e::site::{body, everywhere};

#[test]
fn texts_and_bytes_come_back_as_they_were() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/echo");
        for text in ["", "x", "d\u{e9}j\u{e0} \u{1f44b}\u{10ffff}\0", &"\u{e9}".repeat(40_000)] {
            raw.send_text(text);
            assert_eq!(raw.next(), Frame::text(text));
        }
        for size in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
            let data = body(size);
            raw.send_frame(true, 2, &data);
            assert!(raw.next() == Frame::Binary(data), "{size} bytes");
        }
        raw.send_close(1000, "");
        assert_eq!(raw.next(), Frame::Close(1000, String::new()));
        server.stop();
    });
}

#[test]
fn fragments_are_one_message_and_pings_between_them_are_answered() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/echo");
        raw.send_frame(false, 1, b"d\xc3");
        raw.send_frame(true, 9, b"are you there?");
        assert_eq!(raw.next(), Frame::Pong(b"are you there?".to_vec()));
        raw.send_frame(false, 0, b"\xa9j");
        raw.send_frame(true, 0, b"\xc3\xa0");
        assert_eq!(raw.next(), Frame::text("d\u{e9}j\u{e0}"));
        server.stop();
    });
}

#[test]
fn many_messages_in_one_packet_arrive_in_order() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/echo");
        let numbers: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|it| frame(true, 1, it.as_bytes())).collect();
        raw.send(&bytes).unwrap();
        for number in &numbers {
            assert_eq!(raw.next(), Frame::text(number));
        }
        server.stop();
    });
}

/// A `receive` that was given up takes no message with it.
#[test]
fn an_impatient_receiver_loses_nothing() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/impatient");
        for number in 0..300 {
            raw.send_text(&number.to_string());
            assert_eq!(raw.next(), Frame::text(&number.to_string()));
        }
        server.stop();
    });
}

#[test]
fn messages_that_were_asked_for_in_vain_are_not_lost() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/unheard");
        let all: Vec<u8> =
            ["one", "two", "three"].iter().flat_map(|it| frame(true, 1, it.as_bytes())).collect();
        raw.send(&all).unwrap();
        assert_eq!(raw.next(), Frame::text("one two three"));
        server.stop();
    });
}

#[test]
fn two_receivers_are_served_in_their_order() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let mut raw = Raw::open(&server, "/two-receivers");
        assert_eq!(raw.next(), Frame::text("two wait"));
        raw.send_text("a");
        assert_eq!(raw.next(), Frame::text("0: a"));
        raw.send_text("b");
        assert_eq!(raw.next(), Frame::text("1: b"));
        server.stop();
    });
}

/// The message arrives and the `receive` is cancelled in the same turn of the loop: both wait while
/// another view blocks it.
#[test]
fn a_cancelled_receive_leaves_its_message_to_the_next() {
    everywhere(1, |setup| {
        let builder = sockets(setup).copied().args(["--graceful-timeout=1s"]);
        let gate = Gate::shut(builder.project());
        let server = builder.start();
        let mut raw = Raw::open(&server, "/cancelled");
        assert_eq!(raw.next(), Frame::text("waits"));
        let (mut blocking, mut cancelling) = (server.client(), server.client());
        // This connection is known to the worker before it is blocked.
        cancelling.get("/state").unwrap();
        blocking.send_request("GET", "/block", &[], b"").unwrap();
        server.wait_in_flight(2);
        raw.send_text("not lost");
        cancelling.send_request("GET", "/cancel", &[], b"").unwrap();
        gate.open();
        assert_eq!(cancelling.read_response().unwrap().status, 200);
        assert_eq!(raw.next(), Frame::text("not lost"));
        server.stop();
    });
}
