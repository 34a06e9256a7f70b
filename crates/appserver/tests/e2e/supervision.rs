//! What the master does when processes end, hang, age or are to be more or fewer.

use std::time::Instant;

use appserver_testkit::gate::WAIT_IN_PYTHON;
use appserver_testkit::process::Exit;
use appserver_testkit::{Builder, DEADLINE, Gate, Load, Server, Signal};

fn plain() -> Builder {
    Server::example("wsgi-plain", "app:application")
}

#[test]
fn a_killed_worker_costs_only_what_it_had_in_hand() {
    let server = plain().workers(2).start();
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(100);
    let mark = server.log().mark();
    server.kill(server.worker_pids()[0]);
    load.wait_for(200);
    server.log().wait_after(mark, "died: signal SIGKILL; replaced at once");
    server.log().wait_after(mark, "is ready");
    let before = load.finish();
    // Each of the four clients has one request in hand at most.
    assert!(before.failures() <= 4, "{before:?}");
    assert_eq!(server.status().ready, 2);
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(200);
    load.finish().assert_clean();
    server.stop();
}

#[test]
fn crashes_in_a_row_are_replaced_later_and_later() {
    let server = plain().workers(1).start();
    for wait in ["at once", "in 100ms", "in 200ms", "in 400ms"] {
        let mark = server.log().mark();
        assert!(server.client().get("/os-exit").is_err());
        server.log().wait_after(mark, &format!("replaced {wait}"));
        server.log().wait_after(mark, "is ready");
    }
    server.get("/").assert_status(200);
    server.stop();
}

#[test]
fn workers_outlive_their_mold_and_get_another() {
    let server = plain().workers(2).start();
    let (workers, molds) = (server.worker_pids(), server.mold_pids());
    assert_eq!(molds.len(), 1, "{:?}", server.processes());
    let load = Load::mixed(&server.address(), "/");
    let mark = server.log().mark();
    server.kill(molds[0]);
    server.log().wait_after(mark, "the mold ended");
    server.log().wait_after(mark, "application loaded");
    load.wait_for(100);
    load.finish().assert_clean();
    assert_eq!(server.worker_pids(), workers);
    let mark = server.log().mark();
    server.kill(workers[0]);
    server.log().wait_after(mark, "died: signal SIGKILL");
    server.log().wait_after(mark, "is ready");
    server.wait_workers(2);
    server.stop();
}

/// Nobody is left to tell the workers what to do, so they finish what they have and end.
#[test]
fn workers_that_lose_their_master_finish_and_end() {
    let source = format!("{WAIT_IN_PYTHON}{WAITING}");
    let builder = Builder::source(&source).workers(2).threads(2);
    let gate = Gate::shut(builder.project());
    let mut server = builder.start();
    let mut waiting = server.client();
    waiting.send_request("GET", "/wait", &[], b"").expect("it serves");
    server.wait_in_flight(1);
    server.kill(server.pid());
    assert_eq!(server.wait_end(), Exit::Signal(Signal::SIGKILL));
    gate.open();
    assert_eq!(waiting.read_response().expect("it is answered").text(), "done\n");
    server.assert_no_process_left();
}

#[test]
fn the_number_of_workers_follows_signals_and_ctl() {
    let server = plain().workers(1).start();
    server.signal(Signal::SIGTTIN);
    server.log().wait_for("scaling from 1 to 2 workers");
    server.wait_workers(2);
    server.signal(Signal::SIGTTOU);
    server.log().wait_for("scaling from 2 to 1 workers");
    server.wait_workers(1);
    let output = server.ctl(&["scale", "3"]);
    assert!(output.status.success(), "{output:?}");
    server.wait_workers(3);
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(50);
    assert!(server.ctl(&["scale", "1"]).status.success());
    server.wait_workers(1);
    load.wait_for(50);
    load.finish().assert_clean();
    server.get("/").assert_status(200);
    server.stop();
}

#[test]
fn a_signal_of_gunicorns_that_means_nothing_here_does_no_harm() {
    let server = plain().workers(1).start();
    server.signal(Signal::SIGUSR2);
    server.log().wait_for("an upgrade of the running master is not supported");
    server.signal(Signal::SIGWINCH);
    server.get("/").assert_status(200);
    server.stop();
}

#[test]
fn a_worker_that_has_done_its_share_is_replaced_before_it_goes() {
    for threads in [1, 4] {
        let builder = plain().workers(2).threads(threads);
        let server = builder.args(["--max-requests=60", "--max-requests-jitter=20"]).start();
        let load = Load::mixed(&server.address(), "/");
        while server.log().count("will be replaced: max_requests reached") < 6 {
            let ready = server.status().ready;
            assert!(ready >= 2, "only {ready} serve\n{:?}", server.log());
            assert!(server.workers().len() <= 3, "{:?}", server.workers());
            load.wait_for(5);
        }
        load.finish().assert_clean();
        server.stop();
    }
}

#[test]
fn an_old_worker_is_replaced() {
    let server = plain().workers(1).args(["--max-worker-age", "1s"]).start();
    let pid = server.worker_pids()[0];
    server.log().wait_for("will be replaced: max_worker_age reached");
    server.log().wait_for(&format!("(pid {pid}) has stopped"));
    server.get("/").assert_status(200);
    server.stop();
}

/// The master looks at its workers even if it is asked something all the time.
#[test]
fn an_old_worker_is_replaced_however_often_the_server_is_asked() {
    let server = plain().workers(1).args(["--max-worker-age", "1s"]).start();
    let end = Instant::now() + DEADLINE;
    while !server.log().contains("will be replaced: max_worker_age reached") {
        assert!(Instant::now() < end, "never: {:?}", server.status());
    }
    server.stop();
}

#[test]
fn a_large_worker_is_replaced() {
    let server = plain().workers(1).args(["--max-worker-rss", "1MiB"]).start();
    let pid = server.worker_pids()[0];
    server.log().wait_for("will be replaced: max_worker_rss exceeded");
    server.log().wait_for(&format!("(pid {pid}) has stopped"));
    server.get("/").assert_status(200);
    server.stop();
}

const WAITING: &str = "
def application(environ, start_response):
    if environ['PATH_INFO'] == '/wait':
        wait_at_gate()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'done\\n']
";
