//! From the stream to items: reads into the worker's buffer, keeps only what nobody wants yet.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

use super::Tools;
use super::close::Violation;
use super::decoder::{Decoder, Item};
use super::deflate::Inflater;

/// Why nothing more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The client has broken the rules.
    Violation(Violation),
    /// The stream has ended or failed.
    Lost,
}

/// The receiving side of one connection.
#[derive(Debug)]
pub(super) struct Inbox {
    decoder: Decoder,
    /// Bytes that were read before there was room for what they say.
    unread: BytesMut,
    /// What the client did wrong, behind items that are to be heeded first.
    violation: Option<Violation>,
}

impl Inbox {
    /// Begins with bytes that came behind the handshake.
    pub(super) fn new(decoder: Decoder, early: &[u8]) -> Self {
        Self { decoder, unread: early.into(), violation: None }
    }

    /// Reads once, and hands on what that gives until `take` says that it is enough.
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut S,
        tools: &mut Tools,
        mut take: impl FnMut(Item, &mut Context<'_>) -> bool,
    ) -> Poll<Result<(), Stop>> {
        if let Some(violation) = self.violation {
            return Poll::Ready(Err(Stop::Violation(violation)));
        }
        if !self.unread.is_empty() {
            let mut unread = std::mem::take(&mut self.unread);
            let mut take = |item| take(item, cx);
            let used = self.decode(&mut unread, &mut tools.inflater, &mut take);
            unread.advance(used.map_err(Stop::Violation)?);
            if !unread.is_empty() {
                self.unread = unread;
            }
            return Poll::Ready(Ok(()));
        }
        let mut buf = ReadBuf::new(&mut tools.input);
        if ready!(Pin::new(stream).poll_read(cx, &mut buf)).is_err() || buf.filled().is_empty() {
            return Poll::Ready(Err(Stop::Lost));
        }
        let mut take = |item| take(item, cx);
        let used = self.decode(buf.filled_mut(), &mut tools.inflater, &mut take);
        let used = used.map_err(Stop::Violation)?;
        self.unread.extend_from_slice(buf.filled().get(used..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }

    /// Returns how many bytes were used.
    fn decode(
        &mut self,
        input: &mut [u8],
        inflater: &mut Inflater,
        take: &mut impl FnMut(Item) -> bool,
    ) -> Result<usize, Violation> {
        let mut used = 0;
        loop {
            let rest = input.get_mut(used..).unwrap_or_default();
            let (count, item) = match self.decoder.decode(rest, inflater) {
                Ok(decoded) => decoded,
                Err(violation) if used == 0 => return Err(violation),
                Err(violation) => {
                    self.violation = Some(violation);
                    return Ok(input.len());
                }
            };
            used += count;
            let Some(item) = item else { return Ok(used) };
            if !take(item) {
                return Ok(used);
            }
        }
    }
}
