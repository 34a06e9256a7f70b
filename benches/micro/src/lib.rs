//! The requests that the micro-benchmarks send: what clients usually send, and nothing else.
//!
//! It must not know the project's crates, so that a benchmark decides by itself what it is about.

use bytes::Bytes;
use http::request::Parts;

/// As load generators and other services ask: a host and hardly more.
pub const SHORT: &[(&str, &str)] = &[("host", "127.0.0.1:8000")];

/// As a browser asks for a page of a site that it is logged in to.
pub const BROWSER: &[(&str, &str)] = &[
    ("host", "shop.example.com"),
    ("connection", "keep-alive"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("referer", "https://shop.example.com/articles/?page=2"),
    (
        "cookie",
        "sessionid=0a1b2c3d4e5f60718293a4b5c6d7e8f9; csrftoken=Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe",
    ),
    ("upgrade-insecure-requests", "1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
];

/// The page that is asked for, with what a browser adds to it.
pub const TARGET: &str = "/articles/2026/winter-coats/?size=m&colour=dark%20blue";

/// A request as it comes over a connection.
pub fn wire(target: &str, fields: &[(&str, &str)]) -> Bytes {
    let lines = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("GET {target} HTTP/1.1\r\n{}\r\n", lines.collect::<String>()).into()
}

/// The same, parsed.
///
/// # Errors
/// When a field is none.
pub fn head(fields: &[(&str, &str)]) -> http::Result<Parts> {
    let mut builder = http::Request::get(TARGET);
    for (name, value) in fields {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(())?.into_parts().0)
}
