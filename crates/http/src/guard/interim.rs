//! Interim responses on their way out, between two responses or ahead of the first.
//!
//! What has been rendered goes out whole before anything else does. Knows nothing of requests.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING, UPGRADE};
use tokio::io::AsyncWrite;

/// Rendered bytes that the socket has not taken yet; without memory most of the time.
#[derive(Debug, Default)]
pub(super) struct Interim {
    bytes: Vec<u8>,
    written: usize,
}

impl Interim {
    /// Whether everything is out.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a response with status 103 (RFC 8297) and these fields.
    pub(super) fn push(&mut self, headers: &HeaderMap) {
        self.bytes.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n");
        for (name, value) in headers.iter().filter(|(name, _)| !is_of_the_message(name)) {
            self.bytes.extend_from_slice(name.as_str().as_bytes());
            self.bytes.extend_from_slice(b": ");
            self.bytes.extend_from_slice(value.as_bytes());
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Writes until everything is out.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        *self = Self::default();
        Poll::Ready(Ok(()))
    }
}

/// An interim response has no body and decides nothing about the connection.
fn is_of_the_message(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(name)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use http::{HeaderMap, HeaderValue};
    use tokio::io::AsyncWrite;

    use super::{Interim, io};

    /// Takes few bytes at a time, and none every other time.
    #[derive(Default)]
    struct Narrow {
        taken: Vec<u8>,
        is_open: bool,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.is_open = !self.is_open;
            if !self.is_open {
                return Poll::Pending;
            }
            let count = bytes.len().min(7);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn short_writes_lose_nothing() {
        let mut headers = HeaderMap::new();
        headers.append("link", HeaderValue::from_static("</a.css>; rel=preload"));
        headers.append("link", HeaderValue::from_static("</b.js>; rel=preload"));
        headers.append("content-length", HeaderValue::from_static("5"));
        let mut interim = Interim::default();
        interim.push(&headers);
        interim.push(&HeaderMap::new());
        let cx = &mut Context::from_waker(Waker::noop());
        let mut stream = Narrow::default();
        while interim.poll_write(&mut stream, cx).is_pending() {
            assert!(!interim.is_empty());
        }
        assert!(interim.is_empty());
        let expected = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\
                        link: </b.js>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
        assert_eq!(stream.taken.escape_ascii().to_string(), expected.escape_default().to_string());
    }
}
