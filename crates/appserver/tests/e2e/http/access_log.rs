//! The access log: one line per request, in both shapes.

use appserver_testkit::Server;
use serde_json::Value;

use crate::e2e::site::{answered, exchange, newest};

const NAMED: &[(&str, &str)] =
    &[("X-Request-ID", "named"), ("User-Agent", "a \"browser\""), ("Referer", "http://r/")];

fn serve(format: &str) -> Server {
    let builder = newest(1).conformance().args(["--access-log", "-"]);
    builder.args(["--set", &format!("log.access_format={format}")]).start()
}

#[test]
fn combined_lines_are_what_tools_expect() {
    let server = serve("combined");
    let mut client = server.client();
    answered(&server, client.request("GET", "/?q=1", NAMED, b"")).assert_status(200);
    let line = server.log().wait_for("/?q=1");
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(line.contains("] \"GET /?q=1 HTTP/1.1\" 200 6 \"http://r/\" \"a "), "{line}");
    assert!(!line.contains("\"a \"browser\"\""), "quotes are escaped: {line}");
    assert!(line.ends_with("named"), "{line}");
    answered(&server, client.get("/raise")).assert_status(500);
    server.log().wait_for("\"GET /raise HTTP/1.1\" 500 22");
    exchange(&server, "GET /stream?chunks=3 HTTP/1.0\r\n\r\n");
    server.log().wait_for("\"GET /stream?chunks=3 HTTP/1.0\" 200 48");
    server.stop();
}

#[test]
fn json_lines_are_json() {
    let server = serve("json");
    let mut client = server.client();
    answered(&server, client.request("GET", "/?q=1", NAMED, b"")).assert_status(200);
    let line = server.log().wait_for("/?q=1");
    let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = line.to_string();
    for part in ["\"GET\"", "200", "named", "a \\\"browser\\\"", "127.0.0.1", "http://r/"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    server.stop();
}
