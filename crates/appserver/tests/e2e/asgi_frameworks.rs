//! ASGI frameworks and clients, used the way people use them.

mod clients;
mod django;
mod fastapi;
mod litestar;
mod quart;
mod starlette;

use appserver_testkit::{Client, Response, Server};

use super::site::{Setup, ask};

/// The application of this module in one worker, so that it can count. Whoever waits for ever does
/// not hold up the end for long.
fn serve(setup: &Setup, target: &str) -> Server {
    setup.with_apps(target).workers(1).args(["--graceful-timeout=1s"]).start()
}

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// Asserts a stream of numbered lines that has no length.
#[track_caller]
fn assert_lines(response: &Response, count: usize) {
    assert_eq!(response.header("transfer-encoding"), Some("chunked"), "{response:?}");
    let lines: String = (0..count).map(|number| format!("line {number}\n")).collect();
    assert_eq!(response.text(), lines);
}

/// Sends one file as a form does.
fn upload(server: &Server, target: &str, name: &str, content: &[u8]) -> Response {
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"notes.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n"
    );
    let body = [head.as_bytes(), content, b"\r\n--edge--\r\n"].concat();
    let form = [("Content-Type", "multipart/form-data; boundary=edge")];
    ask(server, "POST", target, &form, &body)
}

/// Asks for a stream that never ends, and reads until this text has come.
#[track_caller]
fn follow(server: &Server, target: &str, until: &str) -> Client {
    let mut client = server.client();
    client.send_request("GET", target, &[], b"").unwrap();
    let mut text = String::new();
    while !text.ends_with(until) {
        match client.take(1) {
            Ok(bytes) => text.push(char::from(bytes[0])),
            Err(error) => panic!("{error}; the server said:\n{}", server.log().text()),
        }
    }
    client
}

/// Stops a server that has not complained of anything, except that it could not preload.
#[track_caller]
fn stop_without_complaints(server: Server) {
    let text = server.stop().text;
    let lines = text.lines().filter(|line| !line.contains("not preloaded"));
    let text = lines.collect::<Vec<_>>().join("\n");
    for complaint in ["Traceback", "ERROR", "WARN", "never awaited", "never retrieved"] {
        assert!(!text.contains(complaint), "{text}");
    }
}
