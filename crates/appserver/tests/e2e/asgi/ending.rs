//! The end of a worker: what still runs is waited for, and nothing keeps the application from its own
//! end.

use appserver_testkit::{Server, Signal};

use super::{everywhere, source};
use crate::e2e::site::Setup;

everywhere! {
    work_after_a_response_is_finished_first,
    work_that_never_ends_is_cancelled_in_time,
    a_client_that_does_not_read_keeps_nobody,
    a_task_that_ignores_its_cancellation_is_left_behind,
    a_thread_that_never_ends_does_not_keep_the_lifespan_from_ending,
    an_app_that_waits_for_more_after_its_end_is_not_waited_for,
    the_second_signal_changes_nothing,
    a_worker_without_a_master_ends_by_itself,
}

/// Its lifespan asks for more after its end; `/` does what `view` says, with `scope` and `send`.
fn app(view: &str) -> String {
    let view: String = view.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        r#"
import asyncio, signal, time

async def answer(send, body=b"done"):
    await send({{"type": "http.response.start", "status": 200}})
    await send({{"type": "http.response.body", "body": body}})

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, print, "told of TERM")
        loop.add_signal_handler(signal.SIGINT, print, "told of INT")
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                print("lifespan ends", flush=True)
            await send({{"type": message["type"] + ".complete"}})
{view}"#
    )
}

fn serve(setup: &Setup, view: &str, grace: &str) -> Server {
    let grace = format!("--graceful-timeout={grace}");
    source(setup, &app(view)).workers(1).args([&*grace]).start()
}

/// Stops the server, whose application ends well. Returns what was said.
#[track_caller]
fn stop(server: Server) -> String {
    server.signal(Signal::SIGTERM);
    let text = server.end().assert_code(0).text.clone();
    assert!(text.contains("lifespan ends"), "{text}");
    assert!(!text.contains("killed"), "{text}");
    text
}

fn work_after_a_response_is_finished_first(setup: &Setup) {
    let view = "await answer(send)\n\
                await asyncio.sleep(1)\n\
                print('work is done', flush=True)";
    let server = serve(setup, view, "1h");
    server.get("/").assert_status(200);
    let text = stop(server);
    assert!(text.find("work is done") < text.find("lifespan ends"), "{text}");
    assert!(text.contains("work is done"), "{text}");
}

fn work_that_never_ends_is_cancelled_in_time(setup: &Setup) {
    let view = "await answer(send)\n\
                try:\n    \
                    await asyncio.Event().wait()\n\
                finally:\n    \
                    print('work is cancelled', flush=True)";
    let server = serve(setup, view, "5s");
    server.get("/").assert_status(200);
    let text = stop(server);
    assert!(text.contains("work is cancelled"), "{text}");
    assert!(text.contains("graceful_timeout is nearly over: GET /"), "{text}");
}

fn a_client_that_does_not_read_keeps_nobody(setup: &Setup) {
    let view = "await answer(send, bytes(64 << 20))\n\
                print('answered', flush=True)";
    let server = serve(setup, view, "5s");
    let mut client = server.client();
    client.send_request("GET", "/", &[], b"").unwrap();
    server.log().wait_for("answered");
    stop(server);
}

fn a_task_that_ignores_its_cancellation_is_left_behind(setup: &Setup) {
    let view = "await answer(send)\n\
                while True:\n    \
                    try:\n        \
                        await asyncio.sleep(3600)\n    \
                    except asyncio.CancelledError:\n        \
                        pass";
    let server = serve(setup, view, "10s");
    server.get("/").assert_status(200);
    stop(server);
}

fn a_thread_that_never_ends_does_not_keep_the_lifespan_from_ending(setup: &Setup) {
    let view = "asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)\n\
                await answer(send)";
    let server = serve(setup, view, "5s");
    server.get("/").assert_status(200);
    server.signal(Signal::SIGTERM);
    // The interpreter itself waits for its threads, and is killed over it.
    server.end().assert_said("lifespan ends");
}

fn an_app_that_waits_for_more_after_its_end_is_not_waited_for(setup: &Setup) {
    stop(serve(setup, "await answer(send)", "1h"));
}

fn the_second_signal_changes_nothing(setup: &Setup) {
    let view = "await answer(send)\n\
                await asyncio.sleep(1)";
    let server = serve(setup, view, "1h");
    server.get("/").assert_status(200);
    for pid in server.worker_pids() {
        for _ in 0..2 {
            appserver_testkit::process::signal(pid, Signal::SIGTERM);
            server.log().wait_for("told of TERM");
        }
    }
    let text = stop(server);
    assert!(!text.contains("told of INT"), "{text}");
}

fn a_worker_without_a_master_ends_by_itself(setup: &Setup) {
    let view = "await answer(send)\n\
                await asyncio.Event().wait()";
    let mut server = serve(setup, view, "2s");
    server.get("/").assert_status(200);
    server.kill(server.pid());
    server.log().wait_for("lifespan ends");
    server.assert_no_process_left();
}
