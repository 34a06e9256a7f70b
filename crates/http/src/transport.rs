//! What a connection needs of its socket beyond reading and writing.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, Interest, Ready};
use tokio::net::{TcpStream, UnixStream};

/// A stream that requests come on.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Makes the close a reset: the only way to say that a response that lasts until the close is
    /// not complete.
    fn reset(&self);

    /// Whether the client has closed its half, as far as the system has told, even if bytes before
    /// the end are still unread.
    fn is_read_closed(&self) -> bool;

    /// Waits for bytes or the end of the stream, without a buffer for them.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Urgent data or the end of the stream, but not ordinary bytes.
const CLOSED: Interest = Interest::PRIORITY;

fn is_ready_now(ready: Pin<&mut impl Future<Output = io::Result<Ready>>>) -> bool {
    let polled = ready.poll(&mut Context::from_waker(Waker::noop()));
    matches!(polled, Poll::Ready(Ok(ready)) if ready.is_read_closed())
}

impl Transport for TcpStream {
    fn reset(&self) {
        let _ = self.set_zero_linger();
    }

    fn is_read_closed(&self) -> bool {
        is_ready_now(pin!(self.ready(CLOSED)))
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(cx)
    }
}

impl Transport for UnixStream {
    /// Linux has no way to do that: docs/decisions/0005-cut-responses-over-unix-sockets.md.
    fn reset(&self) {}

    fn is_read_closed(&self) -> bool {
        is_ready_now(pin!(self.ready(CLOSED)))
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(cx)
    }
}
