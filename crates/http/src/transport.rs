//! What a connection needs of its socket beyond reading and writing.

use std::io;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// A stream that requests come on.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Makes the close a reset: the only way to say that a response that lasts until the close is
    /// not complete.
    fn reset(&self);

    /// Waits for bytes or the end of the stream, without a buffer for them.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl Transport for TcpStream {
    fn reset(&self) {
        let _ = self.set_zero_linger();
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(cx)
    }
}

impl Transport for UnixStream {
    /// Linux has no way to do that: docs/decisions/0005-cut-responses-over-unix-sockets.md.
    fn reset(&self) {}

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(cx)
    }
}
