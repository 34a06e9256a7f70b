//! Hints before a response, trailers behind it, files as its body, and clients that leave.

mod paths;

use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) use paths::call;

use crate::client::Client;
use crate::server::{Setup, TestServer};

const SOON: Duration = Duration::from_millis(100);

fn streamed() -> TestServer {
    Setup::new().streamed().start()
}

/// Waits until the application has been told that its client has gone.
fn wait_for_drop(server: &TestServer) {
    server.wait("the end", |server| server.probe.dropped.load(Ordering::SeqCst) == 1);
    server.wait("the close", |server| server.report().connections == 0);
    assert_eq!(server.report().in_flight, 0);
}

fn assert_hinted(client: &mut Client) {
    for target in ["/a.css", "/b.js"] {
        let hint = client.read();
        let link = format!("<{target}>; rel=preload");
        assert_eq!((hint.status, hint.header("link")), (103, Some(&*link)));
    }
}

#[test]
fn hints_arrive_before_the_response() {
    let server = streamed();
    let mut client = server.client();
    for _ in 0..2 {
        client.send("GET /hints HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_hinted(&mut client);
        server.probe.release.notify_one();
        assert_eq!(client.read().text(), "hinted");
    }
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn hints_follow_an_interim_response_of_the_protocol() {
    let server = streamed();
    let mut client = server.client();
    let fields = "Expect: 100-continue\r\nTransfer-Encoding: chunked";
    client.send(format!("POST /hints HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"));
    assert_hinted(&mut client);
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "hinted");
}

#[test]
fn hints_of_a_later_request_do_not_overtake_an_earlier_response() {
    let server = streamed();
    let mut client = server.client();
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(request("/large") + &request("/hints") + &request("/stream"));
    assert_eq!(client.read().body.len(), 32 << 20);
    assert_hinted(&mut client);
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "hinted");
    assert_eq!(client.read().text(), "one two");
}

#[test]
fn hints_that_come_with_the_response_are_dropped() {
    let server = streamed();
    let mut client = server.client();
    for _ in 0..2 {
        let answer = client.get("/hints-late");
        assert_eq!((answer.status, answer.text()), (200, ""));
    }
}

#[test]
fn old_clients_get_no_hints() {
    let server = streamed();
    let answer = server.client().send("GET /hints HTTP/1.0\r\n\r\n").read();
    assert_eq!(answer.text(), "no hints");
}

fn raw(server: &TestServer, request: &str) -> String {
    let mut client = server.client();
    client.send(request);
    String::from_utf8(client.read_to_end()).unwrap()
}

#[test]
fn trailers_go_to_clients_that_take_them() {
    let server = Setup::new().with(|config| config.timeouts.keepalive = Duration::ZERO).start();
    let all = raw(&server, "GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
    assert!(all.contains("trailer: x-sum, X-Two\r\n"), "{all}");
    assert!(all.ends_with("\r\n5\r\nhello\r\n0\r\nx-sum: 5d41\r\nx-two: 2\r\n\r\n"), "{all}");
    let none = raw(&server, "GET /trailers HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(none.ends_with("\r\n5\r\nhello\r\n0\r\n\r\n"), "{none}");
    let request = "GET /trailers-unnamed HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n";
    let none = raw(&server, request);
    assert!(none.ends_with("\r\n5\r\nhello\r\n0\r\n\r\n"), "{none}");
    let old = raw(&server, "GET /trailers HTTP/1.0\r\nTE: trailers\r\n\r\n");
    assert!(old.ends_with("\r\n\r\nhello"), "{old}");
    let head = raw(&server, "HEAD /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n") && !head.contains("x-sum: "), "{head}");
}

#[test]
fn a_connection_goes_on_behind_trailers() {
    let server = TestServer::start();
    let mut client = server.client();
    let request = "GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n";
    client.send(request).send("GET /seen HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_to(b"x-two: 2\r\n\r\n");
    assert!(client.read().text().starts_with("GET /seen"));
}

#[test]
fn a_file_is_a_body_with_a_length() {
    let server = TestServer::start();
    let mut client = server.client();
    let answer = client.get("/file");
    let length = paths::FILE_LENGTH;
    assert_eq!(answer.header("content-length"), Some(&*length.to_string()));
    assert!(answer.body.len() == length && answer.body.iter().all(|byte| *byte == b'f'));
    client.send("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.read_head().header("content-length"), Some(&*length.to_string()));
    assert_eq!(client.get("/file-cut").text(), "fffff");
    assert_eq!(client.get("/stream-long").text(), "he");
    assert_eq!(client.get("/").text(), "hello");
    assert_eq!(client.get("/file-short").status, 500);
}

#[test]
fn a_file_that_has_shrunk_cuts_the_connection() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send("GET /file-shrunk HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = String::from_utf8(client.read_to_end()).unwrap();
    assert!(!all.contains("\r\n\r\n") || all.ends_with("\r\n\r\nless"), "{all}");
}

#[test]
fn a_busy_application_gets_no_more_requests() {
    let setup = Setup::new().with(|config| config.limit_concurrency = Some(2));
    let server = setup.start();
    let mut busy = [server.client(), server.client()];
    busy[0].send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    busy[1].send("GET /tail HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the calls", |server| server.probe.calls() == 2);
    let mut client = server.client();
    let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for _ in 0..2 {
        let answer = client.send(request).read();
        assert_eq!((answer.status, answer.closes()), (503, false));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
    assert_eq!(server.probe.calls(), 2);
    drop(busy);
    server.probe.release.notify_waiters();
    server.wait("the ends", |server| server.report().in_flight == 0);
    assert_eq!(client.send(request).read().text(), "hello");
}

#[test]
fn a_request_that_left_makes_room() {
    let setup = Setup::new().streamed().with(|config| config.limit_concurrency = Some(1));
    let server = setup.start();
    let mut busy = server.client();
    busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 1);
    let mut client = server.client();
    let upload = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel";
    let answer = client.send(upload).read();
    assert_eq!((answer.status, answer.closes()), (503, true), "the body was not read");
    drop(busy);
    wait_for_drop_of(&server, 1);
    assert_eq!(server.client().get("/").text(), "hello");
}

fn wait_for_drop_of(server: &TestServer, count: usize) {
    server.wait("the end", |server| server.probe.dropped.load(Ordering::SeqCst) == count);
}

#[test]
fn an_application_may_take_its_time() {
    let setup = Setup::new().untimed().with(|config| {
        config.timeouts.request = Some(SOON);
        config.timeouts.keepalive = SOON;
    });
    let server = setup.start();
    let mut idle = server.client();
    assert_eq!(idle.get("/").status, 200);
    let mut client = server.client();
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 2);
    // The reaper has looked, more than once, when the idle connection is closed.
    idle.expect_close();
    let report = server.report();
    assert!(report.is_untimed && report.oldest.is_some_and(|(_, line)| line == "GET /hold"));
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "released");
    assert!(server.recycled.lock().unwrap().is_empty());
}

#[test]
fn a_client_that_leaves_without_a_body_is_noticed() {
    for request in ["GET /hold HTTP/1.1\r\nHost: a\r\n\r\n", "GET /hold HTTP/1.0\r\n\r\n"] {
        let server = streamed();
        let mut client = server.client();
        client.send(request);
        server.wait("the call", |server| server.probe.calls() == 1);
        drop(client);
        wait_for_drop(&server);
    }
}

#[test]
fn a_client_that_leaves_with_requests_unread_is_noticed() {
    let next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for rest in [next, "GET / HTTP/1.1\r\nHost:", "\0\0\0"] {
        let server = streamed();
        let mut client = server.client();
        client.send(format!("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n{rest}"));
        server.wait("the call", |server| server.probe.calls() == 1);
        drop(client);
        wait_for_drop(&server);
    }
}

#[test]
fn a_client_that_leaves_behind_its_body_is_noticed() {
    let sized = "Content-Length: 5\r\n\r\nhello";
    let chunked = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for body in [sized, chunked] {
        for (path, calls) in [("/some", 2), ("/none", 1), ("/hold", 1)] {
            let server = streamed();
            let mut client = server.client();
            client.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\n{body}"));
            server.wait("the call", |server| server.probe.calls() == calls);
            drop(client);
            wait_for_drop(&server);
        }
    }
}

#[test]
fn a_client_that_leaves_within_its_body_is_noticed() {
    // What fits into the connection's buffers, and what stays in the socket.
    for sent in [0, 3, 100_000] {
        for (path, calls) in [("/some", 2), ("/none", 1), ("/hold", 1), ("/silent", 1)] {
            if (sent, path) == (0, "/some") {
                continue;
            }
            let server = streamed();
            let mut client = server.client();
            let head =
                format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
            client.send(head).send(vec![b'x'; sent]);
            server.wait("the call", |server| server.probe.calls() == calls);
            drop(client);
            wait_for_drop(&server);
        }
    }
}

#[test]
fn a_client_that_leaves_a_silent_response_is_noticed() {
    let requests = ["GET /silent HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), {
        let head = "POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
        format!("{head}hello")
    }];
    for request in requests {
        let server = streamed();
        let mut client = server.client();
        client.send(request);
        client.read_to(b"\r\n\r\n");
        drop(client);
        wait_for_drop(&server);
    }
}
