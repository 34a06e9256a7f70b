//! A stream that hands on well-framed requests only.
//!
//! Stands between the socket and hyper: reads into hyper's buffer and judges the bytes in place.
//! A head that arrives in one piece, the usual case, costs neither a copy nor an allocation. What is
//! incomplete is held back; what is malformed never gets through. Knows no HTTP itself.

mod interim;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use interim::Interim;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::framing::{Fault, Framing, Progress};
use crate::state::{State, Upload};
use crate::transport::Transport;

/// Bytes read at once while something is held back.
const PIECE: usize = 8 * 1024;

/// Bytes behind a request that may change the protocol: more are not read before it is answered.
const MOST_HELD: usize = 64 * 1024;

/// The guarded stream of one connection.
pub(crate) struct Guard<S> {
    stream: S,
    framing: Framing,
    state: Rc<State>,
    /// Bytes not handed on yet; empty and without memory most of the time.
    held: Vec<u8>,
    /// So many of them have been judged good.
    passed: usize,
    /// The last read waits for the socket.
    is_listening: bool,
    /// Goes out before anything of a response.
    interim: Interim,
}

impl<S> Guard<S> {
    /// Guards a new connection.
    pub(crate) fn new(stream: S, state: Rc<State>) -> Self {
        let framing = Framing::new(state.worker.config.limits);
        let (held, interim) = (Vec::new(), Interim::default());
        Self { stream, framing, state, held, passed: 0, is_listening: false, interim }
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

    /// The stream, and what was held back behind a request that changed the protocol.
    pub(crate) fn into_raw(self) -> (S, Vec<u8>) {
        (self.stream, self.held)
    }

    /// Notes what the judgement means for the rest of the connection.
    fn note(&self, progress: Progress, read: usize, held_back: usize) {
        let state = &self.state;
        if progress.heads > 0 {
            state.outstanding.set(state.outstanding.get() + progress.heads);
            state.has_spoken();
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

    /// The protocol has not changed: judges what was held back.
    fn judge_again(&mut self) {
        self.framing.release();
        self.judge_held(0);
    }

    /// Judges what is held back, of which the last `read` bytes are new.
    fn judge_held(&mut self, read: usize) {
        let progress = self.framing.advance(&self.held);
        self.passed = progress.passed;
        if progress.fault.is_some() {
            self.held.truncate(progress.passed);
        }
        self.note(progress, read, self.held.len() - progress.passed);
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
        self.is_listening = polled.is_pending();
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
        let read = fresh.len();
        self.judge_held(read);
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
            if self.framing.is_holding() && self.state.outstanding.get() == 0 {
                self.judge_again();
                continue;
            }
            if self.framing.is_holding() && self.held.len() >= MOST_HELD {
                return Poll::Pending;
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

    /// Takes the hints that the application has for its client.
    fn take_hints(&mut self) {
        let Some(hints) = &*self.state.hints.borrow() else { return };
        for headers in hints.take() {
            self.interim.push(&headers);
        }
    }

    /// Sends the hints that have been taken.
    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.interim.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let polled = self.interim.poll_write(&mut self.stream, cx);
        ready!(self.watch(polled))?;
        let hints = self.state.hints.borrow().clone();
        if let Some(hints) = hints {
            hints.sent();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Transport> Guard<S> {
    /// Fails if the client of a doubtful connection has gone. hyper itself finds out only where it
    /// reads, and it does not read ahead of the application.
    fn check_client(&mut self) -> io::Result<()> {
        let state = &self.state;
        // hyper reads before it writes, in each turn; or it does not read at all.
        state.is_listening.set(std::mem::take(&mut self.is_listening));
        let is_doubted = state.is_doubted.take() && state.outstanding.get() > 0;
        if is_doubted && self.stream.is_read_closed() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl<S: Transport> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_interim(cx))?;
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_interim(cx))?;
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called whenever hyper has nothing to write: between two messages, or before the first.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.take_hints();
        ready!(self.poll_interim(cx))?;
        self.check_client()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Leaves the stream open: how a connection ends is decided after hyper is done with it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
