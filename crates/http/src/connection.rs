//! The life of one connection: hyper behind the guard, and the flags that the outside sets.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::server::conn::http1::{Builder, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use appserver_app::BodyMode;

use crate::closing::{self, Reset};
use crate::config::Config;
use crate::guard::Guard;
use crate::reaper;
use crate::service::Handler;
use crate::state::State;

/// hyper keeps this many fields without an allocation per request.
const HYPER_FIELDS: usize = 100;
/// hyper's own buffer limit; a head must fit into it.
const HYPER_BUFFER: usize = 408 * 1024;

/// How hyper was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// With everything answered.
    Clean,
    /// In the middle of something.
    Broken,
    /// We cut it.
    Cut,
}

/// Serves a connection to its end.
pub(crate) async fn drive<S>(stream: S, state: Rc<State>, builder: &Builder)
where
    S: AsyncRead + AsyncWrite + Reset + Unpin + 'static,
{
    let guard = Guard::new(stream, Rc::clone(&state));
    let handler = Handler { state: Rc::clone(&state) };
    let mut connection = builder.serve_connection(TokioIo::new(guard), handler);
    let ending = poll_fn(|cx| turn(&mut connection, &state, cx)).await;
    let parts = connection.into_parts();
    let (stream, is_open) = parts.io.into_inner().into_stream();
    drop(parts.service);
    match ending {
        Ending::Clean => {
            let is_open = is_open || !parts.read_buf.is_empty();
            closing::close(stream, &state, is_open).await;
        }
        Ending::Broken if state.is_close_delimited.get() => stream.reset(),
        Ending::Broken | Ending::Cut => {}
    }
}

/// What every connection of a worker starts with.
pub(crate) fn builder(config: &Config, mode: BodyMode) -> Builder {
    let mut builder = Builder::new();
    // Our own deadlines need no timer per request.
    builder.header_read_timeout(None);
    builder.max_buf_size(HYPER_BUFFER.max(config.limits.head_bytes + 1));
    if config.limits.header_count > HYPER_FIELDS {
        builder.max_headers(config.limits.header_count);
    }
    // An application that takes whole bodies cannot be told that its client has gone, so a client
    // that only closed its sending half gets its answer. Streaming applications are told.
    builder.half_close(mode == BodyMode::Whole);
    builder
}

/// One turn: flags first, then hyper, then what hyper's turn made possible.
fn turn<S>(
    connection: &mut Connection<TokioIo<Guard<S>>, Handler>,
    state: &State,
    cx: &mut Context<'_>,
) -> Poll<Ending>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    state.remember(cx.waker());
    let mut told_end = false;
    loop {
        if state.is_cut.get() || state.worker.is_aborting.get() {
            return Poll::Ready(Ending::Cut);
        }
        match Pin::new(&mut *connection).poll(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ending::Clean),
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "connection broken");
                return Poll::Ready(Ending::Broken);
            }
            Poll::Pending if told_end => return Poll::Pending,
            Poll::Pending => {}
        }
        told_end = true;
        let has_fault = state.fault.get().is_some();
        if has_fault && state.outstanding.get() == 0 {
            // The guard now ends the stream; hyper has to look.
        } else if reaper::may_close(state) {
            Pin::new(&mut *connection).graceful_shutdown();
        } else {
            return Poll::Pending;
        }
    }
}
