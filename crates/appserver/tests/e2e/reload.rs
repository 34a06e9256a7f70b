//! A reload is a transaction: the new code serves, or nothing has changed. No request is lost.

use std::net::TcpListener;
use std::thread;

use appserver_testkit::gate::WAIT_IN_PYTHON;
use appserver_testkit::{Address, Builder, Client, ClientError, Gate, Load, Server, Signal};

/// An app that answers with this word.
fn says(word: &str) -> String {
    format!(
        "def application(environ, start_response):\n    \
         start_response('200 OK', [('Content-Type', 'text/plain')])\n    \
         return [b'{word}']\n"
    )
}

fn twenty_reloads(threads: usize) {
    let server = Builder::source(&says("0")).workers(2).threads(threads).start();
    let load = Load::mixed(&server.address(), "/");
    for number in 1..=20 {
        load.wait_for(20);
        server.replace("app.py", says(&number.to_string()));
        let outcome = server.reload();
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(server.workers().len(), 2);
        assert_eq!(server.get("/").assert_status(200).text(), number.to_string());
    }
    load.wait_for(20);
    let tally = load.finish();
    tally.assert_clean();
    assert_eq!(tally.bodies.keys().count(), 21, "{tally:?}");
    server.wait_workers(2);
    server.stop();
}

#[test]
fn twenty_reloads_in_a_row_lose_no_request() {
    twenty_reloads(1);
}

#[test]
fn twenty_reloads_in_a_row_lose_no_request_of_a_pool() {
    twenty_reloads(4);
}

/// Whoever is told that the new code serves is never answered by the old code afterwards.
#[test]
fn a_reload_is_done_when_the_last_old_worker_has_finished() {
    let waiting = says("old").replace("):\n", "):\n    wait_at_gate()\n");
    let arguments = ["--graceful-timeout=1h", "--timeout=1h"];
    let builder = Builder::source(&format!("{WAIT_IN_PYTHON}{waiting}")).threads(2).args(arguments);
    let gate = Gate::shut(builder.project());
    let server = builder.workers(1).start();
    let old = server.worker_pids()[0];
    let mut last = server.client();
    last.send_request("GET", "/", &[], b"").expect("it accepts");
    server.wait_in_flight(1);
    server.replace("app.py", says("new"));
    thread::scope(|scope| {
        let reload = scope.spawn(|| server.reload());
        server.wait_draining(1);
        assert_eq!(server.status().state, "reloading");
        assert_eq!(server.get("/").assert_status(200).text(), "new");
        assert!(!server.log().contains("reload done"));
        gate.open();
        assert_eq!(last.read_response().expect("it is answered").text(), "old");
        assert!(reload.join().expect("ctl runs").is_ok());
    });
    assert_eq!(server.workers().len(), 1);
    // The answer to the command may be quicker than the log.
    server.log().wait_for("reload done");
    let text = server.log().text();
    let stopped = text.find(&format!("(pid {old}) has stopped")).expect("it has stopped");
    assert!(text.find("reload done").is_some_and(|done| stopped < done), "{text}");
    server.stop();
}

#[test]
fn there_is_never_more_than_one_extra_worker() {
    let server = Builder::source(&says("0")).workers(3).start();
    for number in 1..=3 {
        server.replace("app.py", says(&number.to_string()));
        let mark = server.log().mark();
        server.signal(Signal::SIGHUP);
        server.log().wait_after(mark, "reload: loading");
        let done = format!("reload done: generation {} serves", number + 1);
        while !server.log().contains(&done) {
            let workers = server.workers();
            assert!(workers.len() <= 4, "{workers:?}");
            // The master, two molds and four workers.
            let processes = server.processes();
            assert!(processes.len() <= 7, "{processes:?}\n{:?}", server.log());
        }
    }
    server.wait_workers(3);
    server.stop();
}

/// The server under load is given something that cannot work, by `ctl` and by signal.
fn refuses(server: &Server, break_it: impl Fn(), reason: &str) {
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(20);
    let workers = server.worker_pids();
    break_it();
    let refused = server.reload().expect_err("it cannot work");
    assert!(refused.contains(reason), "{reason:?} is not in {refused}");
    let mark = server.log().mark();
    server.signal(Signal::SIGHUP);
    server.log().wait_after(mark, reason);
    load.wait_for(20);
    load.finish().assert_clean();
    assert_eq!(server.get("/").assert_status(200).text(), "old");
    server.wait_workers(2);
    assert_eq!(server.worker_pids(), workers);
    assert_eq!(server.status().generation, 1);
}

#[test]
fn code_that_cannot_be_loaded_changes_nothing() {
    for (source, reason) in [
        ("def application(:\n", "SyntaxError"),
        ("import nothing_like_this\n", "No module named 'nothing_like_this'"),
        ("def other():\n    pass\n", "has no `application`"),
        ("raise SystemExit(5)\n", "SystemExit"),
        ("import os\nos._exit(5)\n", "exit code 5"),
    ] {
        for preload in ["--preload=true", "--preload=false"] {
            let server = Builder::source(&says("old")).workers(2).args([preload]).start();
            refuses(&server, || server.replace("app.py", source), reason);
            server.replace("app.py", says("new"));
            assert!(server.reload().is_ok());
            server.wait_workers(2);
            assert_eq!(server.get("/").text(), "new");
            server.stop();
        }
    }
}

#[test]
fn settings_that_are_wrong_change_nothing() {
    let server = Builder::source(&says("old")).workers(2).start();
    let break_it = || server.replace("appserver.toml", "tiemout = \"5s\"\n");
    refuses(&server, break_it, "`timeout`");
    server.stop();
}

#[test]
fn an_address_that_is_taken_changes_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    let server = Builder::source(&says("old"))
        .file("appserver.toml", "bind = [\"127.0.0.1:0\"]\n")
        .without_bind()
        .workers(2)
        .start();
    let text = format!("bind = [\"127.0.0.1:0\", \"{address}\"]\n");
    refuses(&server, || server.replace("appserver.toml", &text), &address);
    server.stop();
}

#[test]
fn addresses_come_and_go_with_a_reload() {
    let server = Builder::source(&says("here"))
        .file("appserver.toml", "bind = [\"127.0.0.1:0\"]\n")
        .without_bind()
        .workers(2)
        .start();
    let tcp = server.address();
    let file = server.home().join("app.sock");
    let unix = Address::Unix(file.clone());
    let text = format!("bind = [\"127.0.0.1:0\", \"unix:{}\"]\n", file.display());
    server.replace("appserver.toml", text);
    assert_eq!(server.reload().map(drop), Ok(()));
    for address in [&tcp, &unix] {
        let mut client = Client::connect(address).expect("it listens there");
        assert_eq!(client.get("/").expect("it is answered").text(), "here");
    }
    server.replace("appserver.toml", format!("bind = [\"unix:{}\"]\n", file.display()));
    assert_eq!(server.reload().map(drop), Ok(()));
    server.wait_workers(2);
    assert!(matches!(Client::connect(&tcp), Err(ClientError::Refused)));
    let mut client = Client::connect(&unix).expect("it listens there");
    assert_eq!(client.get("/").expect("it is answered").text(), "here");
    // Asked before the test's own folder goes, with everything in it.
    server.signal(Signal::SIGTERM);
    server.wait_end();
    assert!(!file.exists());
    server.end().assert_code(0);
}

#[test]
fn a_reload_during_a_reload_comes_after_it() {
    let server = Builder::source(&says("old")).workers(2).start();
    let gate = Gate::shut(server.project());
    server.replace("app.py", format!("{WAIT_IN_PYTHON}wait_at_gate()\n{}", says("middle")));
    server.signal(Signal::SIGHUP);
    server.log().wait_for("reload: loading generation 2");
    server.signal(Signal::SIGHUP);
    server.log().wait_for("reload queued");
    assert_eq!(server.get("/").text(), "old");
    gate.open();
    server.log().wait_for("reload done: generation 2");
    server.log().wait_for("reload done: generation 3");
    server.wait_workers(2);
    assert_eq!(server.get("/").text(), "middle");
    server.stop();
}

/// A new generation that hangs is given up; the old one never noticed.
#[test]
fn code_that_hangs_while_it_is_loaded_changes_nothing() {
    let server = Builder::source(&says("old")).workers(2).start();
    server.replace("appserver.toml", "boot_timeout = \"3s\"\n");
    let break_it =
        || server.replace("app.py", "def hang():\n    while True:\n        pass\nhang()\n");
    refuses(&server, break_it, "boot_timeout");
    server.log().wait_for("in hang");
    server.stop();
}
