//! The clients of the benchmarks that no ready-made tool is, in one thread, on loopback only.
//!
//! `echo` measures WebSocket messages, `idle` holds many WebSockets open, `churn` sends requests of
//! which a tenth breaks off. Each promises to check every answer and tells its result as one line of
//! JSON. It must not know the server: what it sends is plain HTTP/1.1 and RFC 6455.

use std::{env, io, process::ExitCode, time::Duration};

mod churn;
mod echo;
mod frame;
mod idle;
mod socket;

const USAGE: &str = "usage: appserver-bench-client echo PORT CONNECTIONS BYTES SECONDS
       appserver-bench-client idle PORT CONNECTIONS
       appserver-bench-client churn PORT CONNECTIONS REQUESTS";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("appserver-bench-client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut words = env::args().skip(1);
    let mode = words.next().unwrap_or_default();
    let numbers: Option<Vec<u32>> = words.map(|word| word.parse().ok()).collect();
    let numbers = numbers.unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match (mode.as_str(), numbers.as_slice()) {
        ("echo", &[port, connections, bytes, seconds]) => {
            let load = echo::Load { connections, bytes, time: Duration::from_secs(seconds.into()) };
            runtime.block_on(echo::run(to_port(port)?, load))
        }
        ("idle", &[port, connections]) => runtime.block_on(idle::run(to_port(port)?, connections)),
        ("churn", &[port, connections, requests]) => {
            runtime.block_on(churn::run(to_port(port)?, connections, requests))
        }
        _ => Err(io::Error::other(USAGE)),
    }
}

fn to_port(number: u32) -> io::Result<u16> {
    u16::try_from(number).map_err(io::Error::other)
}

/// The next line of the standard input, which whoever started the client writes when it may go on.
/// Reading it never stops the connections.
async fn told_to_go_on() -> io::Result<()> {
    let read = tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new()));
    read.await.map_err(io::Error::other)?.map(|_| ())
}
