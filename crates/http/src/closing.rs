//! The end of a connection: the last answer, and time for the client to read it.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::framing::Fault;
use crate::state::State;
use crate::transport::Transport;

/// How long a client may go on sending after the last answer, and how much. Closing at once would
/// reset the connection, and the reset would destroy the answer (RFC 9112 section 9.6).
const LINGER_TIME: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 16 * 1024 * 1024;
/// While draining, the last answer went out so recently that another request may be on the wire.
const LATE: Duration = Duration::from_millis(500);

/// Ends a connection whose requests have been answered.
pub(crate) async fn close<S: Transport>(mut stream: S, state: Rc<State>, is_open: bool) {
    let fault = state.fault.get();
    let is_answered = state.upload.get().is_open;
    if let Some(fault) = fault {
        state.worker.slot.refused(fault.status);
        tracing::info!(status = fault.status, reason = fault.reason, "request refused");
    }
    if state.worker.is_aborting.get() || !(fault.is_some() || is_open || was_told_late(&state)) {
        return;
    }
    let farewell = async {
        if let Some(fault) = fault.filter(|_| !is_answered) {
            stream.write_all(render(fault).as_bytes()).await?;
        }
        stream.shutdown().await?;
        discard(&mut stream).await?;
        Ok::<(), std::io::Error>(())
    };
    tokio::select! {
        () = aborted(&state) => {}
        // Whatever the client does with its farewell, the connection has ended.
        _ = tokio::time::timeout(LINGER_TIME, farewell) => {}
    }
}

/// Whether the client may have sent a request before it learnt that we close.
fn was_told_late(state: &State) -> bool {
    let quiet = state.worker.now.get().saturating_sub(state.idle_since.get());
    state.worker.is_draining.get() && u128::from(quiet) < LATE.as_nanos()
}

/// Waits for the flag; whoever sets it wakes the task.
async fn aborted(state: &State) {
    let flag = &state.worker.is_aborting;
    poll_fn(|_| if flag.get() { Poll::Ready(()) } else { Poll::Pending }).await;
}

async fn discard<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<()> {
    let mut waste = [0; 4096];
    let mut left = LINGER_BYTES;
    loop {
        let read = stream.read(&mut waste).await?;
        if read == 0 || read > left {
            return Ok(());
        }
        left -= read;
    }
}

/// The answer to bytes that are no request.
fn render(fault: Fault) -> String {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_REQUEST);
    let text = status.canonical_reason().unwrap_or_default();
    let length = text.len() + 1;
    format!(
        "HTTP/1.1 {code} {text}\r\nconnection: close\r\ncontent-type: text/plain\r\n\
         content-length: {length}\r\n\r\n{text}\n",
        code = fault.status,
    )
}
