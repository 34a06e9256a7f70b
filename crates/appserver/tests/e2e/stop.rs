//! How a server stops: everything that was begun is finished, and nothing is waited for in vain.

use appserver_testkit::gate::WAIT_IN_PYTHON;
use appserver_testkit::process::Exit;
use appserver_testkit::{Builder, Client, ClientError, Gate, Server, Signal, wait_until};

const WAITING: &str = "
def application(environ, start_response):
    if environ['PATH_INFO'] == '/wait':
        wait_at_gate()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'done\\n']
";

/// Whatever waits for one of these timeouts when it should not, waits too long.
fn waiting() -> Builder {
    patient("1h")
}

fn patient(graceful_timeout: &str) -> Builder {
    let arguments = ["--keepalive=1h", "--timeout=1h", "--graceful-timeout", graceful_timeout];
    Builder::source(&format!("{WAIT_IN_PYTHON}{WAITING}")).args(arguments)
}

fn ask(server: &Server, path: &str) -> Client {
    let mut client = server.client();
    client.send_request("GET", path, &[], b"").expect("it accepts");
    client
}

#[test]
fn fifty_requests_in_flight_are_answered() {
    let builder = waiting().workers(2).threads(50);
    let gate = Gate::shut(builder.project());
    let server = builder.start();
    let clients: Vec<Client> = (0..50).map(|_| ask(&server, "/wait")).collect();
    server.wait_in_flight(50);
    server.signal(Signal::SIGTERM);
    let busy = server.workers().iter().filter(|worker| worker.in_flight > 0).count();
    server.wait_draining(busy);
    gate.open();
    for mut client in clients {
        let response = client.read_response().expect("it is answered");
        assert_eq!(response.text(), "done\n");
        assert!(response.closes(), "{response:?}");
    }
    server.end().assert_code(0);
}

/// One worker with one thread: the others wait in the kernel's queue, where nobody has seen them.
#[test]
fn requests_that_the_kernel_has_queued_are_answered() {
    let builder = waiting().workers(1);
    let gate = Gate::shut(builder.project());
    let server = builder.start();
    let first = ask(&server, "/wait");
    server.wait_in_flight(1);
    let mut clients = vec![first];
    clients.extend((0..20).map(|_| ask(&server, "/")));
    server.signal(Signal::SIGTERM);
    server.log().wait_for("received SIGTERM");
    gate.open();
    for mut client in clients {
        assert_eq!(client.read_response().expect("it is answered").text(), "done\n");
    }
    server.end().assert_code(0);
}

#[test]
fn idle_connections_are_not_waited_for() {
    for threads in [1, 4] {
        let server = waiting().workers(2).threads(threads).start();
        let mut idle: Vec<Client> = (0..10).map(|_| server.client()).collect();
        for client in idle.iter_mut().skip(3) {
            client.get("/").expect("it is answered");
        }
        server.signal(Signal::SIGTERM);
        server.end().assert_code(0);
        for mut client in idle {
            assert_eq!(client.read_to_end().expect("it was closed, not reset"), b"");
        }
    }
}

#[test]
fn connections_after_the_stop_are_refused_not_reset() {
    let builder = waiting().workers(2).threads(2);
    let gate = Gate::shut(builder.project());
    let server = builder.start();
    let mut last = ask(&server, "/wait");
    server.wait_in_flight(1);
    server.signal(Signal::SIGTERM);
    server.log().wait_for("received SIGTERM");
    // The request still runs; nobody listens any more.
    wait_until("connections are refused", || {
        matches!(Client::connect(&server.address()), Err(ClientError::Refused))
    });
    assert_eq!(server.status().in_flight, 1);
    gate.open();
    assert_eq!(last.read_response().expect("it is answered").text(), "done\n");
    server.end().assert_code(0);
}

#[test]
fn a_reload_during_the_stop_listens_nowhere() {
    let builder = waiting().without_bind().threads(2);
    let file = builder.home().join("app.sock");
    let gate = Gate::shut(builder.project());
    let server = builder.bind(format!("unix:{}", file.display())).start();
    let mut last = ask(&server, "/wait");
    server.wait_in_flight(1);
    server.signal(Signal::SIGTERM);
    let address = server.address();
    let is_refused = || matches!(Client::connect(&address), Err(ClientError::Refused));
    wait_until("connections are refused", is_refused);
    let refused = server.reload().expect_err("it stops");
    assert!(refused.contains("the server is stopping"), "{refused}");
    server.signal(Signal::SIGHUP);
    server.log().wait_nth(0, 2, "reload refused");
    assert!(is_refused());
    gate.open();
    assert_eq!(last.read_response().expect("it is answered").text(), "done\n");
    server.end().assert_code(0);
}

/// A process that was just forked still has the handlers of its mold, which swallow signals.
#[test]
fn a_stop_is_heard_by_a_worker_that_is_deaf_yet() {
    let hook = "import os\nos.register_at_fork(after_in_child=wait_at_gate)\n";
    let source = format!("{WAIT_IN_PYTHON}{hook}{WAITING}");
    let arguments = ["--preload=true", "--graceful-timeout=1h"];
    let builder = Builder::source(&source).workers(1).args(arguments);
    let gate = Gate::shut(builder.project());
    let server = builder.spawn();
    server.log().wait_for("application loaded");
    wait_until("a worker is forked", || forked(&server));
    server.signal(Signal::SIGTERM);
    wait_until("the server is stopping", || server.status().state == "stopping");
    gate.open();
    server.end().assert_code(0);
}

/// Whether there is a child of a mold.
fn forked(server: &Server) -> bool {
    let molds = server.mold_pids();
    server.processes().iter().any(|process| molds.contains(&process.parent))
}

#[test]
fn a_quick_stop_does_not_wait() {
    for threads in [1, 4] {
        let builder = waiting().workers(2).threads(threads);
        let gate = Gate::shut(builder.project());
        let server = builder.start();
        let mut client = ask(&server, "/wait");
        server.wait_in_flight(1);
        server.signal(Signal::SIGINT);
        assert_eq!(server.wait_end(), Exit::Code(0));
        assert!(client.read_response().is_err());
        drop(gate);
        server.end().assert_code(0);
    }
}

#[test]
fn a_graceful_stop_can_be_hurried() {
    let builder = waiting().workers(1).threads(2);
    let gate = Gate::shut(builder.project());
    let server = builder.start();
    let mut client = ask(&server, "/wait");
    server.wait_in_flight(1);
    server.signal(Signal::SIGTERM);
    server.log().wait_for("received SIGTERM");
    server.signal(Signal::SIGQUIT);
    assert_eq!(server.wait_end(), Exit::Code(0));
    assert!(client.read_response().is_err());
    drop(gate);
    server.end().assert_code(0);
}

#[test]
fn a_worker_that_does_not_finish_in_time_is_killed() {
    for threads in [1, 4] {
        let builder = patient("300ms").threads(threads);
        let gate = Gate::shut(builder.project());
        let server = builder.start();
        let mut client = ask(&server, "/wait");
        server.wait_in_flight(1);
        server.signal(Signal::SIGTERM);
        server.log().wait_for("did not finish within its time to stop; killed");
        assert_eq!(server.wait_end(), Exit::Code(0));
        assert!(client.read_response().is_err());
        drop(gate);
        server.end().assert_code(0);
    }
}

#[test]
fn ctl_stops_too() {
    let server = waiting().workers(2).start();
    let output = server.ctl(&["stop"]);
    assert!(output.status.success(), "{output:?}");
    server.end().assert_code(0);
}

#[test]
fn the_pid_file_is_there_while_the_server_is() {
    let builder = waiting();
    let file = builder.home().join("pid");
    let server = builder.args(["--pidfile".as_ref(), file.as_os_str()]).start();
    let text = std::fs::read_to_string(&file).expect("it is written");
    assert_eq!(text.trim(), server.pid().to_string());
    // Asked before the test's own folder goes, with everything in it.
    server.signal(Signal::SIGTERM);
    server.wait_end();
    assert!(!file.exists());
    server.end().assert_code(0);
}
