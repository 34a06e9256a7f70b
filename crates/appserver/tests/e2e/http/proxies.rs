//! Proxies that are trusted, and everybody else.

use crate::e2e::site::{ask, newest};

const TOLD: &[(&str, &str)] = &[
    ("X-Forwarded-For", "192.0.2.7, 203.0.113.9"),
    ("X-Forwarded-Proto", "https"),
    ("X-Request-ID", "told-by-a-proxy"),
];

/// What the app learns of its client, scheme and request.
fn learned(trusted: &str) -> [String; 3] {
    let server = newest(1).conformance().args(["--forwarded-allow-ips", trusted]).start();
    let known = ask(&server, "GET", "/environ", TOLD, b"").assert_status(200).json();
    server.stop();
    ["REMOTE_ADDR", "wsgi.url_scheme", "appserver.request_id"]
        .map(|key| known[key].as_str().unwrap().to_owned())
}

#[test]
fn a_trusted_proxy_is_believed() {
    let [address, scheme, id] = learned("127.0.0.0/8");
    assert_eq!([&address, &scheme, &id], ["203.0.113.9", "https", "told-by-a-proxy"]);
    let [address, ..] = learned("127.0.0.0/8,203.0.113.0/24");
    assert_eq!(address, "192.0.2.7", "the nearest that is no proxy of ours");
}

#[test]
fn nobody_else_is() {
    let [address, scheme, id] = learned("198.51.100.1");
    assert_eq!([&address, &scheme], ["127.0.0.1", "http"]);
    assert_ne!(id, "told-by-a-proxy");
}
