//! Messages per second: each WebSocket sends its next message when the last one has come back.
//!
//! The client has to be cheap, or it is what is measured: one thread, a frame made once, one write
//! and as a rule one read per message. It compares every byte that comes back.

use std::{io, sync::Arc};

use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

use crate::{
    frame::{self, Opcode},
    socket::Socket,
};

/// How much is sent, and for how long.
pub(crate) struct Load {
    pub(crate) connections: u32,
    /// The size of a message.
    pub(crate) bytes: u32,
    pub(crate) time: Duration,
}

struct Message {
    payload: Vec<u8>,
    frame: Vec<u8>,
}

/// Measures and prints a line like that of the scripts for wrk. Times are in microseconds.
///
/// # Errors
/// A WebSocket cannot be opened. One that fails later is counted, and ends.
pub(crate) async fn run(port: u16, load: Load) -> io::Result<()> {
    let payload = vec![b'x'; usize::try_from(load.bytes).map_err(io::Error::other)?];
    let frame = frame::encode(Opcode::Binary, &payload).to_vec();
    let message = Arc::new(Message { payload, frame });
    let mut sockets = Vec::new();
    for _ in 0..load.connections {
        sockets.push(Socket::open(port).await?);
    }
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(talk(socket, Arc::clone(&message), begin + load.time));
    }
    let (mut times, mut failed) = (Vec::new(), 0);
    while let Some(ended) = tasks.join_next().await {
        let (some, error) = ended.map_err(io::Error::other)?;
        times.extend(some);
        failed += u32::from(error.is_some());
    }
    print(&mut times, failed, begin.elapsed());
    Ok(())
}

/// How long each message took until its echo had come, in microseconds, and what went wrong.
async fn talk(
    mut socket: Socket,
    message: Arc<Message>,
    until: Instant,
) -> (Vec<u32>, Option<io::Error>) {
    let mut times = Vec::new();
    let mut sent = Instant::now();
    while sent < until {
        if let Err(error) = socket.echo(&message.frame, &message.payload).await {
            eprintln!("a WebSocket failed: {error}");
            return (times, Some(error));
        }
        let now = Instant::now();
        times.push(u32::try_from((now - sent).as_micros()).unwrap_or(u32::MAX));
        sent = now;
    }
    (times, None)
}

fn print(times: &mut [u32], failed: u32, taken: Duration) {
    times.sort_unstable();
    println!(
        "result {{\"requests\":{},\"duration\":{},\"p50\":{},\"p99\":{},\"p999\":{},\
         \"failed\":{failed},\"status_errors\":0}}",
        times.len(),
        taken.as_micros(),
        per_mille(times, 500),
        per_mille(times, 990),
        per_mille(times, 999),
    );
}

/// The value that this many of a thousand do not exceed; 0 if there is none.
fn per_mille(sorted: &[u32], share: usize) -> u32 {
    let at = (sorted.len() * share).div_ceil(1000).saturating_sub(1);
    sorted.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let times: Vec<u32> = (1..=200).collect();
        assert_eq!(per_mille(&times, 500), 100);
        assert_eq!(per_mille(&times, 990), 198);
        assert_eq!(per_mille(&times, 999), 200);
        assert_eq!(per_mille(&[7], 990), 7);
        assert_eq!(per_mille(&[], 990), 0);
    }
}
