//! The life of one connection: hyper behind the guard, and the flags that the outside sets.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use appserver_app::{BodyMode, LocalFuture};
use hyper::server::conn::http1::{Builder, Connection, Parts};
use hyper_util::rt::TokioIo;

use crate::closing;
use crate::config::Config;
use crate::guard::Guard;
use crate::reaper;
use crate::service::Handler;
use crate::state::{Sleep, State};
use crate::transport::Transport;
use crate::websocket::{self, Upgrade};

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
    /// For a while: nothing has come for some time.
    Asleep,
}

/// Serves a connection to its end.
///
/// hyper keeps buffers for as long as it lives, so it lives only while there is something to do:
/// a quiet connection costs its socket and little else.
pub(crate) async fn drive<S: Transport>(stream: S, state: Rc<State>, builder: &Builder) {
    let mut guard = Guard::new(stream, Rc::clone(&state));
    loop {
        state.sleep.set(Sleep::Asleep);
        if let Some(ending) = poll_fn(|cx| turn_asleep(guard.stream(), &state, cx)).await {
            return finish(guard, &state, ending, false).await;
        }
        state.sleep.set(Sleep::Awake);
        let handler = Handler { state: Rc::clone(&state) };
        let mut connection = Box::new(builder.serve_connection(TokioIo::new(guard), handler));
        let ending = poll_fn(|cx| turn(&mut connection, &state, cx)).await;
        let has_rest;
        (guard, has_rest) = leave(connection.into_parts());
        if let Some(upgrade) = state.upgrade.take() {
            return upgraded(guard, upgrade, state, ending).await;
        }
        if ending != Ending::Asleep {
            return finish(guard, &state, ending, has_rest).await;
        }
    }
}

/// Takes the stream back, and tells whether hyper has read what nobody needs. Frees hyper's buffers.
fn leave<S: Transport>(parts: Parts<TokioIo<Guard<S>>, Handler>) -> (Guard<S>, bool) {
    (parts.io.into_inner(), !parts.read_buf.is_empty())
}

/// Goes on as a WebSocket, if the answer that says so was sent. Boxed, as [`finish`] is.
fn upgraded<S: Transport>(
    guard: Guard<S>,
    upgrade: Box<Upgrade>,
    state: Rc<State>,
    ending: Ending,
) -> LocalFuture<()> {
    if ending != Ending::Clean {
        return Box::pin(websocket::abandon(upgrade, state));
    }
    let (stream, early) = guard.into_raw();
    Box::pin(websocket::drive(stream, early, upgrade, state))
}

/// Ends the connection. Boxed, because what it needs would count for every idle connection.
fn finish<S: Transport>(
    guard: Guard<S>,
    state: &Rc<State>,
    ending: Ending,
    has_rest: bool,
) -> LocalFuture<()> {
    let (stream, is_open) = guard.into_stream();
    match ending {
        Ending::Clean => Box::pin(closing::close(stream, Rc::clone(state), is_open || has_rest)),
        Ending::Broken if state.is_close_delimited.get() => {
            stream.reset();
            Box::pin(std::future::ready(()))
        }
        Ending::Broken | Ending::Cut | Ending::Asleep => Box::pin(std::future::ready(())),
    }
}

/// One turn of a connection without hyper: waits for bytes. Answers how it ends, if it does.
fn turn_asleep<S: Transport>(
    stream: &S,
    state: &State,
    cx: &mut Context<'_>,
) -> Poll<Option<Ending>> {
    state.remember(cx.waker());
    if state.is_cut.get() || state.worker.is_aborting.get() {
        return Poll::Ready(Some(Ending::Cut));
    }
    if stream.poll_readable(cx).is_ready() {
        return Poll::Ready(None);
    }
    if reaper::may_close(state) { Poll::Ready(Some(Ending::Clean)) } else { Poll::Pending }
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
fn turn<S: Transport>(
    connection: &mut Connection<TokioIo<Guard<S>>, Handler>,
    state: &State,
    cx: &mut Context<'_>,
) -> Poll<Ending> {
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
        } else if state.falls_asleep() {
            return Poll::Ready(Ending::Asleep);
        } else {
            return Poll::Pending;
        }
    }
}
