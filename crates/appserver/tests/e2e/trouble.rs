//! Views that end or hang their process harm their own request or worker, nothing else.

use appserver_testkit::{Builder, Server};

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

fn impatient(threads: usize) -> Builder {
    plain().threads(threads).args(["--timeout=500ms", "--graceful-timeout=500ms"])
}
