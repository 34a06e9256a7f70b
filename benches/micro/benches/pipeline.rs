//! A request's whole way through a connection, with an application that answers at once: guard, hyper,
//! pipeline, answer. No socket and no kernel.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use appserver_app::{Application, Body, BodyMode, Reply, Request, Response};
use appserver_bench_micro::{BROWSER, SHORT, wire};
use appserver_http::bench::Wire;
use appserver_http::{Config, Limits, Timeouts, TrustedProxies, WebSocketConfig};
use appserver_telemetry::Scoreboard;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::runtime::{Builder, Runtime};

type Failure = Box<dyn std::error::Error>;

/// Requests on each connection: enough that its start and its end hardly count.
const REQUESTS: usize = 100;

struct Hello;

impl Application for Hello {
    fn body_mode(&self) -> BodyMode {
        BodyMode::Whole
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn call(&self, _: Request) -> Reply {
        let mut response = Response::new(Body::full(Bytes::from_static(b"Hello, world!")));
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        fields.insert(CONTENT_LENGTH, HeaderValue::from_static("13"));
        Reply::Ready(response)
    }
}

/// As the settings' defaults, without an access log.
fn config() -> Config {
    let long = Duration::from_secs(60);
    Config {
        limits: Limits {
            request_line: 4094,
            header_count: 100,
            header_bytes: 8190,
            head_bytes: 32 * 1024,
            body: 1 << 20,
        },
        timeouts: Timeouts {
            header: long,
            body: long,
            body_min_rate: 0,
            write: long,
            keepalive: long,
            request: None,
        },
        worker_connections: 1000,
        limit_concurrency: None,
        websocket: WebSocketConfig {
            max_message: 1 << 20,
            ping_interval: None,
            ping_timeout: long,
            deflate: true,
        },
        trusted_proxies: TrustedProxies::default(),
        temp_dir: std::env::temp_dir(),
        body_memory: 64 * 1024,
        max_requests: None,
        access_log: None,
        static_files: None,
        gate: None,
        endpoints: None,
    }
}

fn serve(runtime: &Runtime, wire: &Wire, request: &Bytes) -> Vec<u8> {
    runtime.block_on(wire.serve(request.clone(), REQUESTS))
}

fn all(criterion: &mut Criterion) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let connections = Wire::new(config(), Rc::new(Hello), Scoreboard::create(1)?.slot(0));
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    for (name, fields) in [("short", SHORT), ("browser", BROWSER)] {
        let request = wire(fields);
        let answer = serve(&runtime, &connections, &request);
        if !(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"Hello, world!")) {
            return Err(format!("answered {}", String::from_utf8_lossy(&answer)).into());
        }
        let name = format!("{name}, {REQUESTS} requests");
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(serve(&runtime, &connections, black_box(&request))));
        });
    }
    group.finish();
    Ok(())
}

#[expect(clippy::panic, reason = "criterion takes no errors")]
fn pipeline(criterion: &mut Criterion) {
    if let Err(error) = all(criterion) {
        panic!("{error}");
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
