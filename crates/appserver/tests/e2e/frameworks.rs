//! Flask, Falcon and a plain callable run like Django does: found by themselves, named, or made by
//! a factory.

use appserver_testkit::{Builder, Server};
use serde_json::json;

use super::site::{Setup, ask, exchange, in_both_modes};

in_both_modes! {
    flask_serves,
    falcon_serves,
    a_plain_callable_serves,
}

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// By discovery, by name, and by factory.
fn each_way(setup: &Setup, example: &str, targets: &[&str]) -> Vec<Builder> {
    let found = setup.example(example, "").without_target();
    let named = targets.iter().map(|target| setup.example(example, target));
    std::iter::once(found).chain(named).map(|builder| builder.workers(1)).collect()
}

fn greets_echoes_streams_and_fails(server: &Server) {
    assert_eq!(server.get("/?name=caf%C3%A9").assert_status(200).text(), "hello, caf\u{e9}\n");
    let sent = json!({"a": [1, 2, "\u{e9}"]});
    let echo = ask(server, "POST", "/echo", JSON, sent.to_string().as_bytes());
    assert_eq!(echo.assert_status(200).json(), sent);
    ask(server, "POST", "/echo", JSON, b"{not json").assert_status(400);
    let stream = server.get("/stream?chunks=100").assert_status(200);
    assert_eq!(stream.text().lines().last(), Some("chunk 99"));
    server.get("/nothing").assert_status(404);
    ask(server, "DELETE", "/echo", &[], b"").assert_status(405);
    server.get("/boom").assert_status(500);
    server.log().wait_for("always fails");
}

fn flask_serves(setup: &Setup) {
    for builder in each_way(setup, "flask-hello", &["app:app", "app:create_app()", "app"]) {
        let server = builder.start();
        greets_echoes_streams_and_fails(&server);
        let first = server.get("/count");
        let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(first.json()["count"], 1);
        let second = ask(&server, "GET", "/count", &[("Cookie", &cookie)], b"");
        assert_eq!(second.json()["count"], 2);
        server.stop();
    }
}

fn falcon_serves(setup: &Setup) {
    for builder in each_way(setup, "falcon-hello", &["app:app"]) {
        let server = builder.start();
        greets_echoes_streams_and_fails(&server);
        server.stop();
    }
}

fn a_plain_callable_serves(setup: &Setup) {
    for builder in each_way(setup, "wsgi-plain", &["app:application", "app:create_app()", "app"]) {
        let server = builder.start();
        assert_eq!(server.get("/").assert_status(200).text(), "hello\n");
        let echo = ask(&server, "POST", "/echo", &[], b"\0\xff");
        assert_eq!(echo.body, b"\0\xff");
        assert!(exchange(&server, "GET / HTTP/1.0\r\n\r\n").ends_with(b"hello\n"));
        server.stop();
    }
}
