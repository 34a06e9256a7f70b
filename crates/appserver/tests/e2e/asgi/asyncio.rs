//! Everything that asyncio offers works inside a view: the loop is asyncio's own.

use appserver_testkit::{Builder, Load, Pace, Server, Signal};

use super::{everywhere, source};
use crate::e2e::site::{Setup, answered};

everywhere! {
    everything_works,
    everything_works_in_debug_mode,
    everything_works_under_load,
    each_request_has_its_own_context,
    the_servers_signals_stay_its_own,
    a_signal_that_was_taken_is_taken_back,
    what_is_left_open_is_closed_at_the_end,
    a_thread_of_anyio_serves_more_than_one_request,
}

const VIEWS: &[&str] = &[
    "/tasks",
    "/task-group",
    "/timeout",
    "/subprocess",
    "/tls",
    "/readers",
    "/threads",
    "/with-anyio",
    "/context?name",
    "/current",
    "/timers",
    "/signals",
    "/nested",
    "/many-turns",
];

fn app(setup: &Setup) -> Builder {
    setup.with_apps("asgi_asyncio:application").workers(1)
}

/// Each on a connection of its own that is kept, then all on one.
fn assert_all(server: &Server) {
    let mut client = server.client();
    for view in VIEWS {
        assert_eq!(server.get(view).text(), "ok", "{view}\n{}", server.log().text());
        assert_eq!(answered(server, client.get(view)).text(), "ok", "{view}");
    }
}

fn everything_works(setup: &Setup) {
    let server = app(setup).start();
    assert_all(&server);
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

fn everything_works_in_debug_mode(setup: &Setup) {
    let server = app(setup).env("PYTHONASYNCIODEBUG", "1").start();
    server.get("/debug").assert_status(200);
    assert_all(&server);
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

/// Other requests turn the loop meanwhile, and let it sleep.
fn everything_works_under_load(setup: &Setup) {
    let server = app(setup).start();
    let load = Load::start(&server.address(), "/timers", &[Pace::KeepAlive, Pace::NewConnections]);
    load.wait_for(5);
    assert_all(&server);
    load.finish().assert_clean();
    server.stop();
}

fn each_request_has_its_own_context(setup: &Setup) {
    let server = app(setup).start();
    let mut clients: Vec<_> = (0..10).map(|_| server.client()).collect();
    for _ in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send_request("GET", &format!("/context?{number}"), &[], b"").unwrap();
        }
        for client in &mut clients {
            assert_eq!(answered(&server, client.read_response()).text(), "ok");
        }
    }
    server.stop();
}

/// An app may hear of the signal that stops it, but not stop it from working.
fn the_servers_signals_stay_its_own(setup: &Setup) {
    let server = app(setup).start();
    server.get("/server-signals").assert_status(200);
    server.log().wait_for("belongs to the server");
    server.signal(Signal::SIGHUP);
    server.log().wait_for("reload done");
    server.get("/server-signals").assert_status(200);
    let mark = server.log().mark();
    server.signal(Signal::SIGTERM);
    server.log().wait_after(mark, "the app hears of the end");
    server.end().assert_code(0);
}

/// Else the worker would not hear that it is to stop.
fn a_signal_that_was_taken_is_taken_back(setup: &Setup) {
    let server = app(setup).start();
    server.get("/steal-signal").assert_status(200);
    server.get("/generator").assert_status(200);
    server.log().wait_for("SIGTERM belongs to the server");
    let ended = server.stop();
    ended.assert_said("the generator is closed");
    assert_eq!(ended.text.matches("the thief hears of the end").count(), 1, "{}", ended.text);
}

fn what_is_left_open_is_closed_at_the_end(setup: &Setup) {
    let server = app(setup).start();
    server.get("/generator").assert_status(200);
    server.get("/executor").assert_status(200);
    server.stop().assert_said("the generator is closed").assert_said("the executor has finished");
}

/// Counts the calls in the thread that serves them.
const COUNTING: &str = r#"
import threading, anyio.to_thread

local = threading.local()

def count():
    local.count = getattr(local, "count", 0) + 1
    return b"%d" % local.count

async def application(scope, receive, send):
    assert scope["type"] == "http"
    body = await anyio.to_thread.run_sync(count)
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})
"#;

/// anyio ends its threads with the task that the loop runs for; without one, with each request.
fn a_thread_of_anyio_serves_more_than_one_request(setup: &Setup) {
    let server = source(setup, COUNTING).workers(1).start();
    let mut client = server.client();
    let counts = [(); 3].map(|_| answered(&server, client.get("/")).text());
    assert_eq!(counts, ["1", "2", "3"]);
}
