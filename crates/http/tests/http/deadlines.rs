//! Deadlines. Nothing here measures time: a deadline that does not come fails by the client's own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use appserver_http::RecycleReason;

use crate::server::Setup;

const SOON: Duration = Duration::from_millis(100);

#[test]
fn an_incomplete_head_is_answered_with_408() {
    let server = Setup::new().with(|config| config.timeouts.header = SOON).start();
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\nHost:");
    let answer = client.read();
    assert_eq!((answer.status, answer.closes()), (408, true));
    client.expect_close();
    let mut client = server.client();
    assert_eq!(client.get("/").status, 200);
    assert_eq!(client.send("GET / HT").read().status, 408);
}

#[test]
fn a_silent_connection_is_closed_without_a_word() {
    Setup::new().with(|config| config.timeouts.header = SOON).start().client().expect_close();
    let server = Setup::new().with(|config| config.timeouts.keepalive = SOON).start();
    let mut client = server.client();
    assert_eq!(client.get("/").status, 200);
    client.expect_close();
}

#[test]
fn a_connection_that_was_quiet_goes_on() {
    let quiet = Duration::from_millis(1600);
    let mut server = Setup::new().with(|config| config.timeouts.header = quiet).start();
    let mut clients = [server.client(), server.client()];
    for client in &mut clients {
        assert_eq!(client.get("/").status, 200);
    }
    // Closed once the others have been quiet for long enough to give back their buffers.
    server.client().expect_close();
    let [active, idle] = &mut clients;
    for _ in 0..2 {
        assert_eq!(active.get("/").status, 200);
    }
    server.drain();
    idle.expect_close();
    active.expect_close();
    server.join();
}

#[test]
fn a_body_that_stops_is_answered_with_408() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.with(|config| config.timeouts.body = SOON).start();
        let mut client = server.client();
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
        let answer = client.read();
        assert_eq!((answer.status, answer.closes()), (408, true));
        client.expect_close();
    }
}

#[test]
fn a_client_that_does_not_read_is_cut() {
    let server = Setup::new().with(|config| config.timeouts.write = SOON).start();
    let mut client = server.client();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the cut", |server| {
        server.report().accepted == 1 && server.report().connections == 0
    });
    assert!(client.read_to_end().len() < 32 << 20);
}

#[test]
fn a_late_application_is_answered_for() {
    let server = Setup::new().with(|config| config.timeouts.request = Some(SOON)).start();
    let mut client = server.client();
    let answer = client.get("/hold");
    assert_eq!((answer.status, answer.closes()), (504, true));
    client.expect_close();
    assert_eq!(server.probe.dropped.load(Ordering::SeqCst), 1);
    assert_eq!(*server.recycled.lock().unwrap(), [RecycleReason::RequestTimeout]);
    assert_eq!(server.client().get("/").status, 200);
}
