//! Views that end or hang their process harm their own request or worker, nothing else.

use std::net::TcpListener;

use appserver_testkit::{Builder, Server, Signal};

use crate::e2e::site::newest;

fn plain() -> Builder {
    Server::example("wsgi-plain", "app:application").workers(2)
}

/// Asks for what kills its worker, and for something else after each sign of it.
fn survives(builder: Builder, path: &str, signs: &[&str]) {
    let server = builder.start();
    let mut victim = server.client();
    victim.send_request("GET", path, &[], b"").expect("it serves");
    for sign in signs {
        server.log().wait_for(sign);
        server.get("/").assert_status(200);
    }
    let answer = victim.read_response();
    assert!(answer.as_ref().map_or(true, |answer| answer.status >= 500), "{answer:?}");
    server.wait_workers(2);
    server.get("/").assert_status(200);
    server.stop();
}

#[test]
fn a_view_that_exits_the_process() {
    for threads in [1, 4] {
        survives(plain().threads(threads), "/os-exit", &["died: exit code 3"]);
    }
}

#[test]
fn a_view_that_crashes_the_process_is_named() {
    for threads in [1, 4] {
        let signs = ["died: signal SIGSEGV", "Segmentation fault", "in segfault"];
        survives(plain().threads(threads), "/segfault", &signs);
    }
}

#[test]
fn a_view_that_raises_system_exit_is_an_error_of_its_request() {
    for threads in [1, 4] {
        let server = plain().threads(threads).start();
        let workers = server.worker_pids();
        server.get("/sys-exit").assert_status(500);
        server.get("/").assert_status(200);
        assert_eq!(server.worker_pids(), workers);
        server.stop();
    }
}

/// With one thread the worker cannot answer any more and is killed; a pool answers in time, and its
/// worker is replaced before it is killed.
#[test]
fn a_view_that_never_returns_is_ended_with_its_stack() {
    survives(impatient(1), "/loop", &["is stuck: GET /loop", "in loop"]);
    survives(impatient(4), "/loop", &["will be replaced: a request exceeded timeout", "in loop"]);
}

#[test]
fn a_view_that_keeps_the_interpreter_is_ended_with_its_stack() {
    let path = "/hold-gil?seconds=300";
    survives(impatient(1), path, &["is stuck: GET /hold-gil", "in hold_gil"]);
    // The other threads of the pool hang with it, until their worker is gone.
    survives(impatient(4), path, &["did not finish within its time to stop", "in hold_gil"]);
}

/// A worker that is replaced because of a view that hangs finishes what else it has, and then ends,
/// long before its time to stop is over.
#[test]
fn nobody_waits_for_a_view_that_was_given_up() {
    let server = impatient_but_gentle().start();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let path = format!("/gate?port={}", gate.local_addr().unwrap().port());
    let mut reader = server.client();
    reader.send(format!("GET {path} HTTP/1.0\r\n\r\n")).unwrap();
    let guards = gate.accept().unwrap();
    let mut victim = server.client();
    victim.send_request("GET", "/sleep?seconds=600", &[], b"").unwrap();
    victim.read_response().expect("an answer").assert_status(504);
    server.wait_draining(1);
    server.log().wait_for("in sleep");
    drop(guards);
    (0..2).for_each(|_| drop(gate.accept().unwrap()));
    let rest = reader.read_to_end().expect("the other response");
    assert!(rest.ends_with(b"first\nsecond\nthird\nfourth\n"), "cut after {rest:?}");
    server.log().wait_for("requests that exceeded timeout still run");
    server.log().wait_for("has stopped");
    server.wait_workers(1);
    server.stop();
}

/// Its time may also end while its worker stops already: then it is heard of all the same.
#[test]
fn a_server_that_stops_does_not_wait_for_a_view_that_was_given_up() {
    let server = impatient_but_gentle().start();
    let mut victim = server.client();
    victim.send_request("GET", "/sleep?seconds=600", &[], b"").unwrap();
    server.wait_in_flight(1);
    server.signal(Signal::SIGTERM);
    victim.read_response().expect("an answer").assert_status(504);
    server.log().wait_for("in sleep");
    server.end().assert_code(0);
}

/// Ends a request soon, and a worker never.
fn impatient_but_gentle() -> Builder {
    newest(4).conformance().args(["--timeout=1s", "--graceful-timeout=1h"])
}

fn impatient(threads: usize) -> Builder {
    plain().threads(threads).args(["--timeout=500ms", "--graceful-timeout=500ms"])
}
