//! Limits, and the life of a worker: no request is lost but those of a worker that was killed.

use appserver_testkit::{Gate, Load, Server, Signal};

use super::{conformance, everywhere, read_until, serve_with, source};
use crate::e2e::site::{Setup, answered};

everywhere! {
    what_is_too_much_at_once_is_a_503,
    a_long_view_is_no_stuck_worker,
    a_view_that_blocks_the_loop_is_named,
    a_view_that_blocks_the_loop_for_too_long_is_ended,
    a_stop_waits_for_running_requests,
    a_request_that_does_not_end_is_cut_at_the_end,
    recycled_workers_lose_no_request,
    a_killed_worker_is_replaced,
    ten_reloads_in_a_row_lose_no_request,
}

fn what_is_too_much_at_once_is_a_503(setup: &Setup) {
    let server = serve_with(setup, &["--set", "limit_concurrency=2"]);
    let mut waiting = [server.client(), server.client()];
    for client in &mut waiting {
        client.send_request("GET", "/gate?name=a", &[], b"").unwrap();
    }
    server.wait_in_flight(2);
    let mut client = server.client();
    let refused = answered(&server, client.get("/pid")).assert_status(503);
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0);
    drop(waiting);
    // Their tasks still wait at the gate; who has gone does not count.
    server.wait_in_flight(0);
    answered(&server, client.get("/pid")).assert_status(200);
    server.get("/open?name=a").assert_status(200);
    server.stop();
}

/// `timeout` is for workers that do nothing else meanwhile.
fn a_long_view_is_no_stuck_worker(setup: &Setup) {
    let app = "
import asyncio
async def application(scope, receive, send):
    assert scope['type'] == 'http'
    await asyncio.sleep(1.5)
    await send({'type': 'http.response.start', 'status': 200})
    await send({'type': 'http.response.body', 'body': b'late'})
";
    let server = source(setup, app).workers(1).args(["--timeout", "500ms"]).start();
    assert_eq!(server.get("/").assert_status(200).text(), "late");
    let text = server.stop().text;
    assert!(!text.contains("died") && !text.contains("killed"), "{text}");
}

const BLOCKING: &str = "
import fcntl
async def application(scope, receive, send):
    assert scope['type'] == 'http'
    if scope['path'] == '/block':
        block()
    await send({'type': 'http.response.start', 'status': 200})
    await send({'type': 'http.response.body', 'body': b'free'})

def block():
    with open('gate') as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
";

fn blocked(setup: &Setup, arguments: &[&str]) -> (Server, Gate) {
    let builder = source(setup, BLOCKING).workers(1).args(arguments);
    let gate = Gate::shut(builder.project());
    (builder.start(), gate)
}

fn a_view_that_blocks_the_loop_is_named(setup: &Setup) {
    let (server, gate) = blocked(setup, &["--set", "asgi.blocked_warning=50ms"]);
    let mut client = server.client();
    client.send_request("GET", "/block?secret=1", &[], b"").unwrap();
    let line = server.log().wait_for("the event loop has been blocked");
    assert!(line.contains("GET /block") && !line.contains("secret"), "{line}");
    server.log().wait_for("in block");
    gate.open();
    assert_eq!(answered(&server, client.read_response()).text(), "free");
    server.stop();
}

fn a_view_that_blocks_the_loop_for_too_long_is_ended(setup: &Setup) {
    let (server, gate) = blocked(setup, &["--timeout", "500ms"]);
    let pid = server.worker_pids()[0];
    let mut client = server.client();
    client.send_request("GET", "/block", &[], b"").unwrap();
    assert!(client.read_response().is_err());
    server.log().wait_for("in block");
    gate.open();
    server.wait_workers(1);
    assert_eq!(server.get("/").assert_status(200).text(), "free");
    assert_ne!(server.worker_pids()[0], pid);
    server.stop();
}

fn a_stop_waits_for_running_requests(setup: &Setup) {
    let server = serve_with(setup, &["--graceful-timeout=1h", "--keepalive=1h"]);
    let mut opener = server.client();
    let mut waiting: Vec<_> = (0..20).map(|_| server.client()).collect();
    for client in &mut waiting {
        client.send_request("GET", "/gate?name=a", &[], b"").unwrap();
    }
    // This one opens the gate when the server has begun to stop.
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
    opener.send(format!("{head}a")).unwrap();
    read_until(&mut opener, "a\r\n");
    let mut late = server.client();
    late.send("GET /open?name=a HTTP/1.1\r\nHost: a\r\n").unwrap();
    server.wait_in_flight(21);
    server.signal(Signal::SIGTERM);
    server.wait_draining(1);
    opener.send("b").unwrap();
    read_until(&mut opener, "0\r\n\r\n");
    late.send("\r\n").unwrap();
    assert_eq!(answered(&server, late.read_response()).text(), "open");
    for mut client in waiting {
        let response = answered(&server, client.read_response());
        assert_eq!(response.text(), "through");
        assert!(response.closes(), "{response:?}");
    }
    server.end().assert_code(0);
}

fn a_request_that_does_not_end_is_cut_at_the_end(setup: &Setup) {
    let app = "
import asyncio
async def application(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        print('the lifespan has ended', flush=True)
        return await send({'type': 'lifespan.shutdown.complete'})
    try:
        await asyncio.Event().wait()
    finally:
        print('the view has ended', flush=True)
";
    let server = source(setup, app).workers(1).args(["--graceful-timeout", "1s"]).start();
    let mut client = server.client();
    client.send_request("GET", "/stays", &[], b"").unwrap();
    server.wait_in_flight(1);
    server.signal(Signal::SIGTERM);
    answered(&server, client.read_response()).assert_status(500);
    drop(client);
    let ended = server.end();
    ended.assert_code(0).assert_said("GET /stays").assert_said("the view has ended");
    ended.assert_said("the lifespan has ended");
    assert!(!ended.text.contains("killed"), "{}", ended.text);
}

fn recycled_workers_lose_no_request(setup: &Setup) {
    let server = conformance(setup).workers(2).args(["--max-requests=50"]).start();
    let load = Load::mixed(&server.address(), "/swallow");
    server.log().wait_nth(0, 5, "has stopped");
    load.wait_for(20);
    load.finish().assert_clean();
    server.stop();
}

fn a_killed_worker_is_replaced(setup: &Setup) {
    let server = conformance(setup).workers(2).start();
    let load = Load::mixed(&server.address(), "/swallow");
    load.wait_for(50);
    server.kill(server.worker_pids()[0]);
    server.log().wait_for("died");
    server.wait_workers(2);
    load.wait_for(50);
    let tally = load.finish();
    assert!(tally.failures() <= 4, "only what it had in its hands: {tally:?}");
    server.stop();
}

fn says(word: &str) -> String {
    format!(
        "import asyncio\n\
         async def application(scope, receive, send):\n    \
             assert scope['type'] == 'http'\n    \
             await asyncio.sleep(0)\n    \
             await send({{'type': 'http.response.start', 'status': 200}})\n    \
             await send({{'type': 'http.response.body', 'body': b'{word}'}})\n"
    )
}

fn ten_reloads_in_a_row_lose_no_request(setup: &Setup) {
    let server = source(setup, &says("0")).workers(2).start();
    let load = Load::mixed(&server.address(), "/");
    for number in 1..=10 {
        load.wait_for(20);
        server.replace("app.py", says(&number.to_string()));
        let outcome = server.reload();
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(server.get("/").assert_status(200).text(), number.to_string());
    }
    load.wait_for(20);
    let tally = load.finish();
    tally.assert_clean();
    assert_eq!(tally.bodies.keys().count(), 11, "{tally:?}");
    server.wait_workers(2);
    server.stop();
}
