//! Stopping without losing a request.

use crate::server::TestServer;

#[test]
fn what_runs_is_finished_and_what_is_idle_is_closed() {
    let mut server = TestServer::start();
    let mut idle = server.client();
    assert_eq!(idle.get("/").status, 200);
    let mut busy = server.client();
    busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 2);
    server.drain();
    idle.expect_close();
    server.probe.release.notify_one();
    let answer = busy.read();
    assert_eq!((answer.text(), answer.closes()), ("released", true));
    busy.expect_close();
    server.join();
}

#[test]
fn pipelined_requests_that_have_arrived_are_answered() {
    let mut server = TestServer::start();
    let mut client = server.client();
    let next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(format!("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n{next}{next}"));
    server.wait("the call", |server| server.probe.calls() == 1);
    server.drain();
    server.probe.release.notify_one();
    assert_eq!(client.read().text(), "released");
    assert_eq!(client.read().text(), "hello");
    assert!(client.read().closes());
    client.expect_close();
    server.join();
}

#[test]
fn a_request_that_has_begun_to_arrive_is_answered() {
    let mut server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.get("/").status, 200);
    client.send("GET / HTTP/1.1\r\n");
    let mut upload = server.client();
    upload.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    server.wait("the upload", |server| server.report().in_flight == 1);
    server.drain();
    upload.send("lo");
    assert_eq!(upload.read().text(), "hello");
    client.send("Host: a\r\n\r\n");
    let answer = client.read();
    assert_eq!((answer.status, answer.closes()), (200, true));
    client.expect_close();
    server.join();
}

#[test]
fn connections_in_the_queue_are_served() {
    let mut server = TestServer::start();
    let gate = std::sync::Arc::clone(&server.probe.gate);
    let closed = gate.lock().unwrap();
    let mut blocked = server.client();
    blocked.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 1);
    let mut clients: Vec<_> = (0..20).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.order_drain();
    drop(closed);
    assert_eq!(blocked.read().text(), "unblocked");
    for client in &mut clients {
        let answer = client.read();
        assert_eq!((answer.status, answer.closes()), (200, true));
        client.expect_close();
    }
    drop((blocked, clients));
    server.join();
    assert!(std::net::TcpStream::connect(server.address).is_err());
}

#[test]
fn no_request_is_lost_while_draining() {
    let mut server = TestServer::start();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut client = server.client();
            std::thread::spawn(move || {
                let mut answers = 1;
                while !client.get("/").closes() {
                    answers += 1;
                }
                client.expect_close();
                answers
            })
        })
        .collect();
    server.wait("some traffic", |server| server.probe.calls() > 500);
    server.drain();
    let answered: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    server.join();
    assert_eq!(server.probe.calls(), answered);
}

#[test]
fn a_quick_stop_cuts_everything() {
    let mut server = TestServer::start();
    let mut client = server.client();
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait("the call", |server| server.probe.calls() == 1);
    server.abort();
    client.expect_close();
    server.join();
}
