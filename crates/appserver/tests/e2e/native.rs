//! A native application has the same command line, master, workers and reload as any other.

use std::path::PathBuf;

use appserver_testkit::{Builder, Client, Load, Pace, program};

/// A server that runs a copy of the example, which may be replaced.
fn copied() -> (Builder, PathBuf) {
    let builder = Builder::native("native-axum");
    let program = builder.home().join("native-axum");
    std::fs::copy(program::built("native-axum"), &program).expect("the program can be copied");
    (builder.program(&program), program)
}

/// The program as if it had been built from other code: another text of the same length.
fn rebuilt(text: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(program::built("native-axum")).expect("it can be read");
    let old = b"Hello from axum\n";
    assert_eq!(old.len(), text.len());
    let places: Vec<usize> =
        (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert!(!places.is_empty(), "the program does not hold its text");
    for at in places {
        bytes[at..at + old.len()].copy_from_slice(text.as_bytes());
    }
    bytes
}

fn replace(program: &PathBuf, bytes: Vec<u8>) {
    use std::os::unix::fs::PermissionsExt;
    let new = program.with_extension("new");
    std::fs::write(&new, bytes).expect("it can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&new, mode).expect("it is ours");
    std::fs::rename(&new, program).expect("it can be replaced");
}

#[test]
fn a_reload_runs_the_program_that_is_there_now() {
    let (builder, program) = copied();
    let server = builder.workers(2).start();
    let load = Load::mixed(&server.address(), "/");
    assert_eq!(server.get("/").text(), "Hello from axum\n");
    for text in ["Hello from AXUM\n", "Howdy from axum\n", "Hello from axis\n"] {
        load.wait_for(50);
        replace(&program, rebuilt(text));
        assert_eq!(server.reload().map(drop), Ok(()));
        server.wait_workers(2);
        assert_eq!(server.get("/").text(), text);
    }
    load.finish().assert_clean();
    server.stop();
}

#[test]
fn a_program_that_cannot_run_changes_nothing() {
    let (builder, program) = copied();
    let server = builder.workers(2).start();
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(20);
    for broken in ["no program\n", "#!/bin/sh\nexit 7\n"] {
        replace(&program, broken.into());
        let workers = server.worker_pids();
        let reload = appserver_testkit::control::ask(
            &server.runtime_dir(),
            &serde_json::json!({"command": "reload"}),
        );
        let answer = reload.expect("it answers");
        assert_eq!(answer["answer"], "failed", "{answer}");
        load.wait_for(20);
        assert_eq!(server.worker_pids(), workers);
    }
    load.finish().assert_clean();
    server.stop();
}

#[test]
fn a_panic_is_an_error_of_its_request() {
    let server = Builder::native(program::built("native-axum")).workers(1).start();
    let pid = server.get("/pid").text();
    let mut client = server.client();
    assert_eq!(client.get("/panic").expect("it is answered").status, 500);
    assert_eq!(server.get("/pid").text(), pid);
    server.log().wait_for("this view panics");
    server.stop();
}

#[test]
fn fifty_requests_in_flight_are_answered_before_the_stop() {
    let server = Builder::native(program::built("native-axum")).workers(2).start();
    let ask = |_| {
        let mut client = server.client();
        client.send_request("GET", "/slow/2000", &[], b"").expect("it accepts");
        client
    };
    let clients: Vec<Client> = (0..50).map(ask).collect();
    server.wait_in_flight(50);
    server.signal(appserver_testkit::Signal::SIGTERM);
    for mut client in clients {
        assert_eq!(client.read_response().expect("it is answered").text(), "done\n");
    }
    server.end().assert_code(0);
}

#[test]
fn a_killed_worker_costs_only_what_it_had_in_hand() {
    let server = Builder::native(program::built("native-axum")).workers(2).start();
    let load = Load::start(&server.address(), "/", &[Pace::KeepAlive, Pace::NewConnections]);
    load.wait_for(50);
    let mark = server.log().mark();
    server.kill(server.worker_pids()[0]);
    server.log().wait_after(mark, "is ready");
    load.wait_for(50);
    let tally = load.finish();
    assert!(tally.failures() <= 2, "{tally:?}");
    server.wait_workers(2);
    server.stop();
}

#[test]
fn it_has_the_whole_command_line() {
    let native = || Builder::native(program::built("native-axum"));
    native().command(&["check"]).run().assert_code(0).assert_said("ok:");
    native().command(&["config", "show"]).run().assert_code(0).assert_said("graceful_timeout");
    native().args(["--set", "wrokers=2"]).run().assert_code(2).assert_said("`workers`");
}

#[test]
fn bodies_go_both_ways() {
    let server = Builder::native(program::built("native-axum")).workers(1).start();
    let body = vec![b'x'; 300_000];
    let response = server.client().request("POST", "/echo", &[], &body).expect("it is answered");
    assert_eq!(response.body, body);
    server.stop();
}
