//! What the bridge makes for each request: the environ, the scope, and the table of a response's
//! fields. In an interpreter of its own, on a thread that holds it.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use appserver_app::{Connection, Request, RequestBody, RequestId, Scheme};
use appserver_bench_micro::{BROWSER, SHORT, head};
use appserver_python::asgi::bench::ScopeMaker;
use appserver_python::asgi::{AsgiConfig, Lifespan};
use appserver_python::wsgi::WsgiConfig;
use appserver_python::wsgi::bench::{EnvironMaker, header_table};
use criterion::{Criterion, criterion_group, criterion_main};
use pyo3::prelude::*;

type Failure = Box<dyn std::error::Error>;

/// As a hello world answers, and as a framework does with a page.
const HELLO: &[(&str, &str)] = &[("Content-Type", "text/plain"), ("Content-Length", "13")];
const PAGE: &[(&str, &str)] = &[
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Frame-Options", "DENY"),
    ("Content-Length", "8192"),
    ("Vary", "Cookie"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Set-Cookie", "csrftoken=Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe; Path=/; SameSite=Lax"),
];

fn request(fields: &[(&str, &str)]) -> Result<Request, Failure> {
    let end = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into();
    Ok(Request {
        head: head(fields)?,
        body: RequestBody::Empty,
        connection: Arc::new(Connection::new(end(40_000), end(8000), Scheme::Http)),
        forwarded: None,
        id: RequestId::Own { worker: 0x0123_4567_89ab_cdef, count: 1 },
        hints: None,
    })
}

fn asgi() -> AsgiConfig {
    AsgiConfig {
        root_path: String::new(),
        lifespan: Lifespan::Off,
        cancel_on_disconnect: true,
        blocked_warning: None,
        auth: None,
    }
}

fn environs(criterion: &mut Criterion, py: Python<'_>) -> Result<(), Failure> {
    let mut maker = EnvironMaker::new(py, &WsgiConfig::new(1))?;
    for (name, fields) in [("short", SHORT), ("browser", BROWSER)] {
        let request = request(fields)?;
        let method: String = maker.make(py, &request)?.get_item("REQUEST_METHOD")?.extract()?;
        if method != "GET" {
            return Err(format!("the environ says {method}").into());
        }
        criterion.bench_function(&format!("environ/{name}"), |bencher| {
            bencher.iter(|| black_box(maker.make(py, black_box(&request)).is_ok()));
        });
    }
    Ok(())
}

fn scopes(criterion: &mut Criterion, py: Python<'_>) -> Result<(), Failure> {
    let mut maker = ScopeMaker::new(py, &asgi())?;
    for (name, fields) in [("short", SHORT), ("browser", BROWSER)] {
        let request = request(fields)?;
        let headers = maker.make(py, &request)?.as_any().get_item("headers")?.len()?;
        if headers != fields.len() {
            return Err(format!("the scope has {headers} fields").into());
        }
        criterion.bench_function(&format!("scope/{name}"), |bencher| {
            bencher.iter(|| black_box(maker.make(py, black_box(&request)).is_ok()));
        });
    }
    Ok(())
}

fn tables(criterion: &mut Criterion) -> Result<(), Failure> {
    for (name, fields) in [("hello", HELLO), ("page", PAGE)] {
        if header_table(fields)?.len() != fields.len() {
            return Err("the table has lost a field".into());
        }
        criterion.bench_function(&format!("header table/{name}"), |bencher| {
            bencher.iter(|| black_box(header_table(black_box(fields))));
        });
    }
    Ok(())
}

#[expect(clippy::panic, reason = "criterion takes no errors")]
fn bridge(criterion: &mut Criterion) {
    Python::initialize();
    let result = Python::attach(|py| {
        environs(criterion, py).and_then(|()| scopes(criterion, py)).map_err(|it| it.to_string())
    });
    if let Err(error) = result.and_then(|()| tables(criterion).map_err(|it| it.to_string())) {
        panic!("{error}");
    }
}

criterion_group!(benches, bridge);
criterion_main!(benches);
