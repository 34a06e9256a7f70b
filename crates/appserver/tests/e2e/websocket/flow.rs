//! Back-pressure: whoever does not read makes the other side wait, and memory stays small.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use appserver_testkit::Server;

use super::raw::{Frame, Raw, frame};
use super::serve;
use crate::e2e::site::{everywhere, settled};

/// Much more than the kernel holds for a connection.
const COUNT: usize = 1000;
const SIZE: usize = 100_000;
/// Both kernels' buffers, our own, and what an allocator rounds up: far below COUNT * SIZE.
const MOST: u64 = 40 << 20;

fn state(server: &Server, name: &str) -> usize {
    usize::try_from(server.get("/state").json()[name].as_u64().unwrap()).unwrap()
}

fn memory(server: &Server) -> u64 {
    server.workers()[0].rss
}

#[test]
fn a_client_that_does_not_read_makes_the_application_wait() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let before = memory(&server);
        let mut raw = Raw::open(&server, &format!("/flood?count={COUNT}&size={SIZE}"));
        let sent = settled(&server, "/state", || state(&server, "sent"));
        assert!(0 < sent && sent < COUNT, "{sent} were sent");
        let grown = memory(&server).saturating_sub(before);
        assert!(grown < MOST, "{grown} bytes more");
        for number in 0..COUNT {
            let next = raw.next();
            assert!(next == Frame::Binary(vec![b'x'; SIZE]), "message {number}");
        }
        assert_eq!(raw.next(), Frame::Close(1000, String::new()));
        assert!(server.log().contains("the flood is over"));
        raw.finish(1000);
        server.stop();
    });
}

#[test]
fn an_application_that_waits_for_room_hears_that_its_client_has_gone() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let raw = Raw::open(&server, &format!("/flood?count={COUNT}&size={SIZE}"));
        settled(&server, "/state", || state(&server, "sent"));
        drop(raw);
        server.log().wait_for("the flood has nobody to reach");
        let text = server.stop().text;
        assert!(!text.contains("Traceback"), "{text}");
    });
}

/// Not only the next `send`: the one that waits.
#[test]
fn a_message_that_nobody_took_was_not_sent() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let raw = Raw::open(&server, "/bulky");
        server.log().wait_for("sends");
        drop(raw);
        server.log().wait_for("has raised");
        server.stop();
    });
}

#[test]
fn an_application_that_does_not_receive_makes_the_client_wait() {
    everywhere(1, |setup| {
        let server = serve(setup);
        let before = memory(&server);
        let mut raw = Raw::open(&server, "/hold");
        let written = AtomicUsize::new(0);
        let message = frame(true, 2, &vec![b'x'; SIZE]);
        thread::scope(|scope| {
            let writing = scope.spawn(|| {
                for _ in 0..COUNT {
                    raw.send(&message).unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                }
                raw
            });
            let written = settled(&server, "/state", || written.load(Ordering::Relaxed));
            assert!(0 < written && written < COUNT, "{written} were written");
            let grown = memory(&server).saturating_sub(before);
            assert!(grown < MOST, "{grown} bytes more");
            server.get("/release").assert_status(200);
            let mut raw = writing.join().unwrap();
            raw.send_close(1000, "");
            assert_eq!(raw.next(), Frame::Close(1000, String::new()));
        });
        server.log().wait_for("gone 1000");
        assert_eq!(state(&server, "received"), COUNT);
        server.stop();
    });
}
