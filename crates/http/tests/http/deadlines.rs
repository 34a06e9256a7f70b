//! Deadlines. Nothing here measures time: a deadline that does not come fails by the client's own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use appserver_http::RecycleReason;

use crate::server::{Setup, TestServer};

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

#[test]
fn a_request_that_only_waited_in_a_queue_costs_no_worker() {
    let server = Setup::new().with(|config| config.timeouts.request = Some(SOON)).start();
    assert_eq!(server.client().get("/queued").status, 504);
    assert_eq!(*server.recycled.lock().unwrap(), []);
    assert_eq!(server.client().get("/begun").status, 504);
    assert_eq!(*server.recycled.lock().unwrap(), [RecycleReason::RequestTimeout]);
}

#[test]
fn a_slow_upload_is_not_the_applications_time() {
    let setup = Setup::new().streamed();
    let server = setup.with(|config| config.timeouts.request = Some(SOON)).start();
    let mut upload = server.client();
    upload.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    server.wait("the call", |server| server.probe.calls() == 1);
    assert_eq!(server.client().get("/hold").status, 504, "the same time is over for another");
    assert_eq!(upload.send("lo").read().text(), "hello");
    assert_eq!(*server.recycled.lock().unwrap(), [RecycleReason::RequestTimeout]);
}

#[test]
fn an_answer_that_is_being_sent_is_not_late() {
    let server = Setup::new().with(|config| config.timeouts.request = Some(SOON)).start();
    let mut client = server.client();
    client.send("GET /tail?secret HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n");
    server.wait("the end of the application's time", |server| {
        server.report().in_flight == 1 && server.report().oldest.is_none()
    });
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "the end");
    assert_eq!(client.send("Host: a\r\n\r\n").read().status, 200);
    assert_eq!(*server.recycled.lock().unwrap(), []);
}

#[test]
fn the_scoreboard_shows_paths_without_queries() {
    let server = Setup::new().start();
    let mut client = server.client();
    client.send("GET /hold?token=secret HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 1);
    let is_shown =
        |server: &TestServer| server.report().oldest.is_some_and(|(_, line)| line == "GET /hold");
    server.wait("the line", is_shown);
    // The end of another request wipes it out, until the reaper has looked again.
    assert_eq!(server.client().get("/?token=secret").status, 200);
    server.wait("the line again", is_shown);
}
