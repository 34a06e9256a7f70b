//! Doors for the micro-benchmarks: a connection without a socket. Nobody else compiles this, and
//! nothing here is kept stable.

use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use appserver_app::{Application, Connection, Scheme};
use appserver_telemetry::Slot;
use bytes::Bytes;
use hyper::server::conn::http1::Builder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::{builder, drive};
use crate::state::State;
use crate::transport::Transport;
use crate::worker::{Events, Worker};
use crate::{Config, RecycleReason};

/// A worker whose connections are made up.
pub struct Wire {
    worker: Rc<Worker>,
    builder: Builder,
}

impl Wire {
    /// A worker that answers with this application.
    pub fn new(config: Config, app: Rc<dyn Application>, slot: Slot) -> Self {
        let worker = Rc::new(Worker::new(config, app, slot, Rc::new(Nobody)));
        let builder = builder(&worker.config, worker.app.body_mode());
        Self { worker, builder }
    }

    /// Serves a connection on which the same request comes so many times, each once the one before
    /// has been answered. Returns the last answer. Needs a runtime with timers.
    pub async fn serve(&self, request: Bytes, count: usize) -> Vec<u8> {
        let end = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into();
        let connection = Connection::new(end(40_000), end(8000), Scheme::Http);
        let state = Rc::new(State::new(Rc::clone(&self.worker), connection));
        let answer = Rc::default();
        let script = Script { request, left: count, is_due: true, answer: Rc::clone(&answer) };
        drive(script, state, &self.builder).await;
        answer.take()
    }
}

struct Nobody;

impl Events for Nobody {
    fn recycle(&self, _: RecycleReason) {}
}

/// A client that asks again and again. As a socket, it first has nothing after each request.
struct Script {
    request: Bytes,
    left: usize,
    is_due: bool,
    answer: Rc<RefCell<Vec<u8>>>,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.is_due, false) {
            self.is_due = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.left > 0 {
            self.left -= 1;
            self.answer.borrow_mut().clear();
            buf.put_slice(&self.request);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answer.borrow_mut().extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut answer = self.answer.borrow_mut();
        bufs.iter().for_each(|buf| answer.extend_from_slice(buf));
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }

    /// As a socket is.
    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl Transport for Script {
    fn reset(&self) {}

    fn is_read_closed(&self) -> bool {
        false
    }

    fn poll_readable(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
