//! The lifespan: the application is told when its worker starts and when it ends.

use appserver_testkit::{Load, Signal};

use super::{everywhere, source};
use crate::e2e::site::Setup;

everywhere! {
    nothing_is_served_before_the_start_is_complete,
    a_start_that_fails_ends_the_server_with_its_message,
    an_app_that_does_not_know_it_goes_on_unless_it_must,
    an_app_that_fails_while_it_starts_ends_the_server,
    an_app_that_never_answers_is_given_up,
    it_can_be_left_out,
    the_end_is_waited_for,
    a_signal_that_the_start_takes_is_taken_back,
    an_end_that_fails_is_logged,
    a_reload_that_does_not_start_changes_nothing,
}

/// An application with this lifespan, which has `scope`, `receive` and `send`.
fn with_lifespan(lines: &[&str]) -> String {
    let lifespan = lines.iter().map(|line| format!("        {line}\n")).collect::<String>();
    format!(
        "import asyncio\n\
         served = 'nothing yet'\n\n\
         async def application(scope, receive, send):\n    \
             global served\n    \
             if scope['type'] == 'lifespan':\n{lifespan}        \
                 return\n    \
             await send({{'type': 'http.response.start', 'status': 200}})\n    \
             await send({{'type': 'http.response.body', 'body': served.encode()}})\n"
    )
}

const COMPLETE: &str = "await send({'type': 'lifespan.startup.complete'})";
const ENDED: &str = "await send({'type': 'lifespan.shutdown.complete'})";

fn nothing_is_served_before_the_start_is_complete(setup: &Setup) {
    let app = with_lifespan(&[
        "assert scope['asgi'] == {'version': '3.0', 'spec_version': '2.0'}, scope",
        "assert scope['state'] == {}, scope",
        "assert (await receive()) == {'type': 'lifespan.startup'}",
        "await asyncio.sleep(0)",
        "served = 'started'",
        COMPLETE,
        "assert (await receive()) == {'type': 'lifespan.shutdown'}",
        ENDED,
    ]);
    let server = source(setup, &app).workers(1).start();
    assert_eq!(server.get("/").assert_status(200).text(), "started");
    let text = server.stop().text;
    assert!(!text.contains("Traceback"), "{text}");
}

fn a_start_that_fails_ends_the_server_with_its_message(setup: &Setup) {
    let failed = "await send({'type': 'lifespan.startup.failed', 'message': 'no database today'})";
    let app = with_lifespan(&["await receive()", failed]);
    let ended = source(setup, &app).run();
    ended.assert_code(3).assert_said("no database today");
    assert!(!ended.text.contains("ready: "), "{}", ended.text);
    let silent =
        with_lifespan(&["await receive()", "await send({'type': 'lifespan.startup.failed'})"]);
    source(setup, &silent).run().assert_code(3).assert_said("without a message");
}

fn an_app_that_does_not_know_it_goes_on_unless_it_must(setup: &Setup) {
    let assertion = with_lifespan(&["assert scope['type'] == 'http'"]);
    let silent = with_lifespan(&[]);
    for app in [&assertion, &silent] {
        let server = source(setup, app).workers(1).start();
        assert_eq!(server.get("/").assert_status(200).text(), "nothing yet");
        let text = server.stop().text;
        assert!(!text.contains("Traceback"), "{text}");
    }
    let ended = source(setup, &assertion).args(["--lifespan", "on"]).run();
    ended.assert_code(3).assert_said("AssertionError");
    let ended = source(setup, &silent).args(["--lifespan", "on"]).run();
    ended.assert_code(3).assert_said("it ended before it had started");
}

/// It knows of lifespans, because it has asked.
fn an_app_that_fails_while_it_starts_ends_the_server(setup: &Setup) {
    for raising in ["raise ValueError('bad settings')", "raise SystemExit('bad settings')"] {
        let app = with_lifespan(&["await receive()", raising]);
        let ended = source(setup, &app).run();
        ended.assert_code(3).assert_said("bad settings").assert_said("in application");
    }
    let wrong = "await send({'type': 'lifespan.shutdown.complete'})";
    let app = with_lifespan(&["await receive()", wrong]);
    source(setup, &app).run().assert_code(3).assert_said("'lifespan.shutdown.complete'");
}

fn an_app_that_never_answers_is_given_up(setup: &Setup) {
    let app = with_lifespan(&["await receive()", "await asyncio.Event().wait()"]);
    let ended = source(setup, &app).args(["--boot-timeout", "3s"]).run();
    ended.assert_code(3).assert_said("boot_timeout");
}

fn it_can_be_left_out(setup: &Setup) {
    let app = with_lifespan(&["print('a lifespan nobody wanted', flush=True)"]);
    let server = source(setup, &app).args(["--lifespan", "off"]).start();
    server.get("/").assert_status(200);
    let text = server.stop().text;
    assert!(!text.contains("nobody wanted"), "{text}");
}

/// With everything that comes after the last message.
fn the_end_is_waited_for(setup: &Setup) {
    let app = with_lifespan(&[
        "await receive()",
        COMPLETE,
        "await receive()",
        "await asyncio.sleep(0.01)",
        ENDED,
        "await asyncio.sleep(0.01)",
        "print('all is closed', flush=True)",
    ]);
    let server = source(setup, &app).workers(2).start();
    server.get("/").assert_status(200);
    server.signal(Signal::SIGTERM);
    let ended = server.end();
    ended.assert_code(0);
    assert_eq!(ended.text.matches("all is closed").count(), 2, "{}", ended.text);
}

/// Whether it was the start that set the handler or the import; the handler runs all the same.
fn a_signal_that_the_start_takes_is_taken_back(setup: &Setup) {
    let app = with_lifespan(&[
        "await receive()",
        "import signal",
        "signal.signal(signal.SIGTERM, lambda *_: print('the thief hears', flush=True))",
        COMPLETE,
        "await receive()",
        "print('the lifespan ends', flush=True)",
        ENDED,
    ]);
    let at_import = "import signal\n\
        signal.signal(signal.SIGTERM, lambda *_: print('the thief hears', flush=True))\n";
    let honest = with_lifespan(&[
        "await receive()",
        COMPLETE,
        "await receive()",
        "print('the lifespan ends', flush=True)",
        ENDED,
    ]);
    for (app, is_taken) in [(app, true), (format!("{at_import}{honest}"), false)] {
        let server = source(setup, &app).workers(1).start();
        server.get("/").assert_status(200);
        let ended = server.stop();
        ended.assert_said("the lifespan ends");
        assert_eq!(ended.text.matches("the thief hears").count(), 1, "{}", ended.text);
        assert_eq!(ended.text.contains("SIGTERM belongs to the server"), is_taken);
    }
}

fn an_end_that_fails_is_logged(setup: &Setup) {
    let told = "await send({'type': 'lifespan.shutdown.failed', 'message': 'it will not close'})";
    for (end, said) in
        [(told, "it will not close"), ("raise ValueError('broken')", "ValueError: broken")]
    {
        let app = with_lifespan(&["await receive()", COMPLETE, "await receive()", end]);
        let server = source(setup, &app).workers(1).start();
        server.stop().assert_said("did not shut down").assert_said(said);
    }
}

fn a_reload_that_does_not_start_changes_nothing(setup: &Setup) {
    let good =
        with_lifespan(&["await receive()", "served = 'good'", COMPLETE, "await receive()", ENDED]);
    let failed = "await send({'type': 'lifespan.startup.failed', 'message': 'no database today'})";
    let bad = with_lifespan(&["await receive()", failed]);
    let server = source(setup, &good).workers(1).start();
    let load = Load::mixed(&server.address(), "/");
    load.wait_for(20);
    let workers = server.worker_pids();
    server.replace("app.py", &bad);
    let refused = server.reload().expect_err("it does not start");
    assert!(refused.contains("no database today"), "{refused}");
    load.wait_for(20);
    load.finish().assert_clean();
    assert_eq!(server.get("/").text(), "good");
    assert_eq!(server.worker_pids(), workers);
    server.replace("app.py", good.replace("'good'", "'better'"));
    assert!(server.reload().is_ok(), "{:?}", server.log());
    assert_eq!(server.get("/").text(), "better");
    server.stop();
}
