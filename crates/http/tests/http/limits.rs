//! Limits answer with their status.

use crate::server::{Setup, TestServer};

fn status(server: &TestServer, stream: &str) -> u16 {
    let mut client = server.client();
    client.try_send(stream);
    let answer = client.read();
    assert!(answer.closes());
    client.expect_close();
    answer.status
}

#[test]
fn each_limit_has_its_status() {
    let server = TestServer::start();
    let line = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(4094));
    assert_eq!(status(&server, &line), 414);
    let head = "GET / HTTP/1.1\r\nHost: a\r\n";
    assert_eq!(status(&server, &format!("{head}{}\r\n", "X: 1\r\n".repeat(100))), 431);
    assert_eq!(status(&server, &format!("{head}X: {}\r\n\r\n", "x".repeat(8190))), 431);
    let fields = format!("X: {}\r\n", "x".repeat(8000)).repeat(5);
    assert_eq!(status(&server, &format!("{head}{fields}\r\n")), 431);
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn requests_at_the_limits_pass() {
    let server = Setup::new().with(|config| config.limits.header_count = 200).start();
    let mut client = server.client();
    let line = format!("GET /{} HTTP/1.1", "x".repeat(4094 - "GET / HTTP/1.1".len()));
    let fields = "X: 1\r\n".repeat(199);
    client.send(format!("{line}\r\nHost: a\r\n{fields}\r\n"));
    assert_eq!(client.read().status, 200);
    let fields = format!("X: {}\r\n", "x".repeat(8000)).repeat(3);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    assert_eq!(client.read().status, 200);
}

#[test]
fn a_full_worker_gives_up_its_longest_idle_connection() {
    let server = Setup::new().with(|config| config.worker_connections = 2).start();
    let mut first = server.client();
    assert_eq!(first.get("/").status, 200);
    let mut second = server.client();
    assert_eq!(second.get("/").status, 200);
    let mut third = server.client();
    assert_eq!(third.get("/").status, 200);
    first.expect_close();
    assert_eq!(second.get("/").status, 200);
}

#[test]
fn a_worker_asks_to_be_replaced_once() {
    let server = Setup::new().with(|config| config.max_requests = Some(2)).start();
    let mut held = [server.client(), server.client(), server.client()];
    for (calls, client) in held.iter_mut().enumerate() {
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        server.wait("the call", |server| server.probe.calls() == calls + 1);
    }
    assert!(server.recycled.lock().unwrap().is_empty());
    for left in (0..held.len() as u64).rev() {
        server.probe.release.notify_one();
        server.wait("the release", |server| server.report().in_flight == left);
    }
    for client in &mut held {
        assert_eq!(client.read().text(), "released");
    }
    let mut client = server.client();
    for _ in 0..4 {
        assert_eq!(client.get("/").status, 200);
    }
    server.wait("the last count", |server| server.report().in_flight == 0);
    assert_eq!(server.recycled.lock().unwrap().len(), 1);
}
