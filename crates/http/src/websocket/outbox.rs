//! From the conversation to the stream: gathers frames, writes them at once, keeps what did not fit.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::Tools;
use super::talk::Talk;
use crate::state::State;

/// The sending side of one connection.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Gathered and not written, in this order.
    head: Bytes,
    body: Bytes,
    /// Bytes written in all.
    pub(super) written: u64,
}

impl Outbox {
    /// Writes all that there is to say. Pending while the stream takes no more.
    pub(super) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        (stream, state): (&mut S, &State),
        talk: &mut Talk,
        tools: &mut Tools,
    ) -> Poll<io::Result<()>> {
        loop {
            let is_kept = !(self.head.is_empty() && self.body.is_empty());
            if !is_kept {
                tools.output.clear();
                self.body = talk.fill(cx, &mut tools.output, &mut tools.deflater);
                if tools.output.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
            let head = if is_kept { self.head.as_ref() } else { tools.output.as_slice() };
            let slices = [IoSlice::new(head), IoSlice::new(&self.body)];
            let polled = Pin::new(&mut *stream).poll_write_vectored(cx, &slices);
            let count = match &polled {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => *count,
                Poll::Ready(Err(_)) => return polled.map_ok(|_| ()),
                Poll::Pending => 0,
            };
            self.written += count as u64;
            let of_head = count.min(head.len());
            let head = if is_kept { self.head.split_off(of_head) } else { rest(head, of_head) };
            self.head = free(head);
            self.body = free(self.body.split_off(count - of_head));
            let since = &state.write_since;
            if polled.is_pending() {
                since.set(since.get().or(Some(state.worker.now.get())));
                return Poll::Pending;
            }
            since.set(None);
        }
    }
}

/// The bytes, but nothing of a buffer that they no longer need.
fn free(bytes: Bytes) -> Bytes {
    if bytes.is_empty() { Bytes::new() } else { bytes }
}

fn rest(bytes: &[u8], from: usize) -> Bytes {
    Bytes::copy_from_slice(bytes.get(from..).unwrap_or_default())
}
