//! Clients that people use, as scripts: each asserts for itself.

use std::process::Command;

use appserver_testkit::{Server, python};

use super::serve;
use crate::e2e::site::everywhere;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// Runs a script with the newest Python: the client is the same whatever serves.
#[track_caller]
fn run(server: &Server, script: &str, scheme: &str, arguments: &[&str]) {
    let mut command = Command::new(python::newest().interpreter());
    command.arg(format!("{CLIENTS}/{script}")).arg(format!("{scheme}://{}", server.address()));
    let output = command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nthe server said:\n{}", server.log().text());
}

#[test]
fn httpx_streams_up_and_down() {
    everywhere(1, |setup| {
        let server = serve(setup, "with_starlette:application");
        run(&server, "with_httpx.py", "http", &[]);
        server.stop();
    });
}

#[test]
fn websocket_clients_talk_with_and_without_compression() {
    everywhere(1, |setup| {
        for compression in ["false", "true"] {
            let setting = format!("websocket.permessage_deflate={compression}");
            let builder = setup.with_apps("sockets").workers(1);
            let server = builder.args(["--graceful-timeout=1s", "--set", &setting]).start();
            run(&server, "with_websockets.py", "ws", &[compression]);
            run(&server, "with_aiohttp.py", "http", &[compression]);
            server.stop();
        }
    });
}
