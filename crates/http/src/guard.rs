//! A stream that hands on well-framed requests only.
//!
//! Stands between the socket and hyper: reads into hyper's buffer and judges the bytes in place.
//! A head that arrives in one piece, the usual case, costs neither a copy nor an allocation. What is
//! incomplete is held back; what is malformed never gets through. Knows no HTTP itself.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::framing::{Fault, Framing, Progress};
use crate::state::{State, Upload};

/// Bytes read at once while something is held back.
const PIECE: usize = 8 * 1024;

/// The guarded stream of one connection.
pub(crate) struct Guard<S> {
    stream: S,
    framing: Framing,
    state: Rc<State>,
    /// Bytes not handed on yet; empty and without memory most of the time.
    held: Vec<u8>,
    /// So many of them have been judged good.
    passed: usize,
}

impl<S> Guard<S> {
    /// Guards a new connection.
    pub(crate) fn new(stream: S, state: Rc<State>) -> Self {
        let framing = Framing::new(state.worker.config.limits);
        Self { stream, framing, state, held: Vec::new(), passed: 0 }
    }

    /// The stream itself.
    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// The stream, and whether the client may still be sending what nobody will read.
    pub(crate) fn into_stream(self) -> (S, bool) {
        let is_open = self.framing.is_in_body() || !self.held.is_empty();
        (self.stream, is_open)
    }

    /// Notes what the judgement means for the rest of the connection.
    fn note(&self, progress: Progress, read: usize, held_back: usize) {
        let state = &self.state;
        if progress.heads > 0 {
            state.outstanding.set(state.outstanding.get() + progress.heads);
            state.is_fresh.set(false);
            state.names.set(self.framing.names());
        }
        let is_open = self.framing.is_in_body();
        if is_open || state.upload.get().is_open {
            let mut upload = state.upload.get();
            if progress.heads > 0 || !is_open {
                upload = Upload::default();
            }
            upload.is_open = is_open;
            upload.waiting_since = None;
            upload.bytes += read as u64;
            state.upload.set(upload);
        }
        let is_head = !is_open && held_back > 0;
        let since = is_head.then(|| state.head_since.get().unwrap_or(state.worker.now.get()));
        state.head_since.set(since);
        if let Some(fault) = progress.fault {
            state.refuse(fault);
        }
    }

    /// Hands on held bytes that have been judged good.
    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.passed.min(buf.remaining());
        buf.put_slice(self.held.get(..count).unwrap_or_default());
        self.held.drain(..count);
        self.passed -= count;
        if self.held.is_empty() {
            self.held = Vec::new();
        }
    }

    /// What hyper is told after a fault. Within a body: an error. Between messages: the end of the
    /// stream, but only once the earlier requests have been answered.
    fn refuse(&self, fault: Fault) -> Poll<io::Result<()>> {
        if self.framing.is_in_body() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, fault)));
        }
        if self.state.outstanding.get() == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl<S: AsyncRead + Unpin> Guard<S> {
    /// Reads from the socket; notes since when a body is waited for.
    fn poll_stream(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_pending() && self.framing.is_in_body() {
            let mut upload = self.state.upload.get();
            upload.waiting_since = upload.waiting_since.or(Some(self.state.worker.now.get()));
            self.state.upload.set(upload);
        }
        polled
    }

    /// Reads straight into hyper's buffer. False if nothing can be handed on yet.
    fn poll_direct(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let before = buf.filled().len();
        ready!(self.poll_stream(cx, buf))?;
        let fresh = buf.filled().get(before..).unwrap_or_default();
        let read = fresh.len();
        if read == 0 {
            return Poll::Ready(Ok(true));
        }
        let progress = self.framing.advance(fresh);
        if progress.fault.is_none() {
            self.held.extend_from_slice(fresh.get(progress.passed..).unwrap_or_default());
        }
        self.note(progress, read, self.held.len());
        buf.set_filled(before + progress.passed);
        Poll::Ready(Ok(progress.passed > 0))
    }

    /// Reads behind what is held back. False if nothing was read because the stream has ended.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut buf = ReadBuf::uninit(&mut piece);
        ready!(self.poll_stream(cx, &mut buf))?;
        let fresh = buf.filled();
        if fresh.is_empty() {
            return Poll::Ready(Ok(false));
        }
        self.held.extend_from_slice(fresh);
        let progress = self.framing.advance(&self.held);
        self.passed = progress.passed;
        if progress.fault.is_some() {
            self.held.truncate(progress.passed);
        }
        self.note(progress, fresh.len(), self.held.len() - progress.passed);
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.passed > 0 {
                self.hand_on(buf);
                return Poll::Ready(Ok(()));
            }
            if let Some(fault) = self.state.fault.get() {
                return self.refuse(fault);
            }
            if self.held.is_empty() {
                if ready!(self.poll_direct(cx, buf))? {
                    return Poll::Ready(Ok(()));
                }
            } else if !ready!(self.poll_held(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Guard<S> {
    /// Notes since when a write makes no progress.
    fn watch<T>(&self, polled: Poll<T>) -> Poll<T> {
        let since = &self.state.write_since;
        if polled.is_pending() {
            since.set(since.get().or(Some(self.state.worker.now.get())));
        } else {
            since.set(None);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Leaves the stream open: how a connection ends is decided after hyper is done with it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
