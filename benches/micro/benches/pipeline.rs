//! A request's whole way through a connection: guard, hyper, pipeline, answer. No socket, and no kernel
//! but for files. The application answers at once; a small file is kept in memory and looked up.

use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use appserver_app::{Application, Body, BodyMode, Reply, Request, Response};
use appserver_bench_micro::{BROWSER, SHORT, TARGET, wire};
use appserver_http::bench::Wire;
use appserver_http::{
    Config, Limits, StaticFiles, StaticMount, Timeouts, TrustedProxies, WebSocketConfig,
};
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

/// A small file that nobody writes to, and what it ends with.
const FILE: &str = "/static/LICENSE-MIT";
const FILE_END: &[u8] = b"SOFTWARE.\n";

/// The folder of the repository.
fn static_files() -> Result<Rc<StaticFiles>, Failure> {
    let mount = StaticMount {
        prefix: "/static/".to_owned(),
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
        max_age: Some(Duration::from_secs(60)),
        has_immutable: true,
        index: None,
        falls_through: false,
        allow_origin: None,
    };
    Ok(Rc::new(StaticFiles::open(vec![mount], 1 << 20)?))
}

/// As the settings' defaults, without an access log.
fn config(static_files: Option<Rc<StaticFiles>>) -> Config {
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
        static_files,
        gate: None,
        endpoints: None,
    }
}

fn serve(runtime: &Runtime, wire: &Wire, request: &Bytes) -> Vec<u8> {
    runtime.block_on(wire.serve(request.clone(), REQUESTS))
}

fn all(criterion: &mut Criterion) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let scoreboard = Scoreboard::create(2)?;
    let plain = Wire::new(config(None), Rc::new(Hello), scoreboard.slot(0));
    let files = Wire::new(config(Some(static_files()?)), Rc::new(Hello), scoreboard.slot(1));
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    let cases = [
        ("short", &plain, wire(TARGET, SHORT), &b"Hello, world!"[..]),
        ("browser", &plain, wire(TARGET, BROWSER), b"Hello, world!"),
        ("static, short", &files, wire(FILE, SHORT), FILE_END),
        ("static, browser", &files, wire(FILE, BROWSER), FILE_END),
    ];
    for (name, connections, request, end) in cases {
        let answer = serve(&runtime, connections, &request);
        if !(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(end)) {
            return Err(format!("answered {}", String::from_utf8_lossy(&answer)).into());
        }
        let name = format!("{name}, {REQUESTS} requests");
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(serve(&runtime, connections, black_box(&request))));
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
