//! Requests of several kinds, every tenth of which the client breaks off.
//!
//! It stops at every tenth of the way, all connections closed, prints `done` and waits for a line, so
//! that whoever starts it can look at a server at rest. Every answer that is waited for is checked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

mod connection;
mod kind;

use connection::Connection;
use kind::Kind;

const STOPS: u32 = 10;

/// After this time an answer is missing.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Count {
    begun: AtomicU32,
    aborted: AtomicU32,
    failed: AtomicU32,
}

/// Sends the requests and prints how many were answered, broken off, and failed.
///
/// # Errors
/// The standard input or output fails. Requests that fail are counted.
pub(crate) async fn run(port: u16, connections: u32, requests: u32) -> io::Result<()> {
    let count = Arc::new(Count::default());
    for stop in 1..=STOPS {
        let until = u32::try_from(u64::from(requests) * u64::from(stop) / u64::from(STOPS))
            .map_err(io::Error::other)?;
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            tasks.spawn(client(port, Arc::clone(&count), until));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(io::Error::other)?;
        }
        // Each client had taken one number too many when it stopped.
        count.begun.store(until, Relaxed);
        println!("done {until}");
        crate::told_to_go_on().await?;
    }
    let (aborted, failed) = (count.aborted.load(Relaxed), count.failed.load(Relaxed));
    let answered = requests - aborted - failed;
    println!("result {{\"answered\":{answered},\"aborted\":{aborted},\"failed\":{failed}}}");
    Ok(())
}

/// One client: a connection as long as it lasts, then the next.
async fn client(port: u16, count: Arc<Count>, until: u32) {
    let mut kept = None;
    loop {
        let number = count.begun.fetch_add(1, Relaxed);
        if number >= until {
            return;
        }
        let kind = Kind::of(number);
        let turn = turn(port, kept.take(), &kind);
        match timeout(PATIENCE, turn).await.map_err(io::Error::from).flatten() {
            Ok(connection) => {
                kept = connection;
                count.aborted.fetch_add(u32::from(kind.aborted()), Relaxed);
            }
            Err(error) => {
                if count.failed.fetch_add(1, Relaxed) == 0 {
                    eprintln!("request {number}, {kind:?}: {error}");
                }
            }
        }
    }
}

/// One request, on the connection that is there or on a new one. What it gives can go on.
async fn turn(port: u16, kept: Option<Connection>, kind: &Kind) -> io::Result<Option<Connection>> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => Connection::open(port).await?,
    };
    connection.send(&kind.request()).await?;
    match kind {
        Kind::Answered { body, .. } => {
            let goes_on = connection.answer(*body).await?;
            return Ok(goes_on.then_some(connection));
        }
        Kind::Streaming { .. } => connection.some().await?,
        Kind::Waiting { .. } => tokio::time::sleep(Duration::from_millis(2)).await,
        Kind::Head { .. } | Kind::Upload { .. } => {}
    }
    if kind.reset() {
        connection.reset()?;
    }
    Ok(None)
}
