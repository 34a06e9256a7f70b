//! Many WebSockets that do nothing: opens them, holds them, at last sends one message on each.
//!
//! Whoever starts it measures in between: it prints `open` and waits for a line, echoes, prints the
//! result, and waits again, all WebSockets open. It answers pings the whole time.

use std::{io, sync::Arc};

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use crate::{
    frame::{self, Opcode},
    socket::Socket,
};

/// How many handshakes are under way at a time: far fewer than a listener's queue holds.
const HANDSHAKES: usize = 64;

/// After this time an echo is missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs through the phases.
///
/// # Errors
/// The standard input or output fails. WebSockets that fail are counted.
pub(crate) async fn run(port: u16, connections: u32) -> io::Result<()> {
    let (go, gone) = watch::channel(false);
    let (opened, mut counted) = tokio::sync::mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(HANDSHAKES));
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let (permits, opened, gone) = (Arc::clone(&permits), opened.clone(), gone.clone());
        tasks.spawn(async move {
            let socket = {
                let _permit = permits.acquire().await;
                Socket::open(port).await
            };
            // The receiver outlives every task.
            opened.send(socket.is_ok()).ok();
            hold(socket?, number, gone).await
        });
    }
    let mut open = 0;
    for _ in 0..connections {
        open += u32::from(counted.recv().await == Some(true));
    }
    println!("open {open}");
    crate::told_to_go_on().await?;
    go.send_replace(true);
    let sockets = echoes(tasks).await?;
    println!(
        "result {{\"open\":{open},\"echoed\":{},\"failed\":{}}}",
        sockets.len(),
        connections as usize - sockets.len()
    );
    crate::told_to_go_on().await
}

/// Keeps a WebSocket until the word comes, then echoes a message of its own on it.
async fn hold(
    mut socket: Socket,
    number: u32,
    mut go: watch::Receiver<bool>,
) -> io::Result<Socket> {
    tokio::select! {
        error = socket.stay() => return Err(error),
        _ = go.wait_for(|&go| go) => {}
    }
    let payload = format!("message of WebSocket {number}");
    let frame = frame::encode(Opcode::Text, payload.as_bytes());
    timeout(PATIENCE, socket.echo(&frame, payload.as_bytes())).await??;
    Ok(socket)
}

/// The WebSockets whose echo came. The first error is told.
async fn echoes(mut tasks: JoinSet<io::Result<Socket>>) -> io::Result<Vec<Socket>> {
    let (mut sockets, mut told) = (Vec::new(), false);
    while let Some(ended) = tasks.join_next().await {
        match ended.map_err(io::Error::other)? {
            Ok(socket) => sockets.push(socket),
            Err(error) if !told => {
                eprintln!("a WebSocket failed: {error}");
                told = true;
            }
            Err(_) => {}
        }
    }
    Ok(sockets)
}
