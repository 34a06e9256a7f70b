//! The life of a WebSocket after its handshake: stream, conversation and session in one task.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use appserver_app::LocalFuture;
use appserver_app::websocket::{Close, Socket};

use super::Tools;
use super::close::Violation;
use super::decoder::Decoder;
use super::extension::Deflate;
use super::inbox::{Inbox, Stop};
use super::outbox::Outbox;
use super::talk::{Phase, Talk};
use super::watch::{Watch, What};
use crate::closing;
use crate::exchange::Exchange;
use crate::state::State;
use crate::transport::Transport;

/// Reads in a row before other connections have their turn: a client that sends without a pause must
/// not keep them waiting.
const ROUNDS: usize = 16;

/// An accepted handshake, from the answer to the last byte of the connection.
pub(crate) struct Upgrade {
    pub(crate) socket: Arc<Socket>,
    pub(crate) session: LocalFuture<()>,
    /// The request that it was; it ends with the session.
    pub(crate) exchange: Exchange,
    pub(crate) deflate: Option<Deflate>,
}

/// How a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// With a last word that the client should be able to read.
    Said,
    /// There is nobody to talk to.
    Lost,
}

struct Driver<'a, S> {
    stream: S,
    state: &'a State,
    talk: Talk,
    inbox: Inbox,
    outbox: Outbox,
    session: &'a mut Option<LocalFuture<()>>,
}

/// Serves an accepted WebSocket to its end; `early` came behind the handshake. The session is
/// driven to its own end, also after that of the connection.
pub(crate) async fn drive<S: Transport>(
    stream: S,
    early: Vec<u8>,
    upgrade: Box<Upgrade>,
    state: Rc<State>,
) {
    let Upgrade { socket, session, mut exchange, deflate } = *upgrade;
    let config = &state.worker.config.websocket;
    let mut session = Some(session);
    state.watch.set(Some(Watch::start(state.worker.now.get())));
    let mut driver = Driver {
        stream,
        state: &state,
        talk: Talk::new(socket, deflate),
        inbox: Inbox::new(Decoder::new(config.max_message, deflate.is_some()), &early),
        outbox: Outbox::default(),
        session: &mut session,
    };
    let ending = poll_fn(|cx| driver.poll(cx)).await;
    let Driver { stream, outbox, .. } = driver;
    state.watch.set(None);
    state.write_since.set(None);
    exchange.add_bytes(outbox.written);
    let leave = async {
        if ending == Ending::Said {
            closing::close(stream, Rc::clone(&state), true).await;
        }
    };
    tokio::join!(Box::pin(leave), finish(&mut session, &state));
}

/// Lets a session whose connection was lost before it began come to its end.
pub(crate) async fn abandon(upgrade: Box<Upgrade>, state: Rc<State>) {
    upgrade.socket.end(Close::code(Close::ABNORMAL));
    finish(&mut Some(upgrade.session), &state).await;
}

/// Waits for the end of the session, unless everything is cut.
async fn finish(session: &mut Option<LocalFuture<()>>, state: &State) {
    poll_fn(|cx| match session {
        Some(_) if state.worker.is_aborting.get() => Poll::Ready(()),
        Some(session) => session.as_mut().poll(cx),
        None => Poll::Ready(()),
    })
    .await;
}

impl<S: Transport> Driver<'_, S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        let mut tools = self.state.worker.tools.take().unwrap_or_default();
        let polled = self.turn(cx, &mut tools);
        self.state.worker.tools.set(Some(tools));
        polled
    }

    fn turn(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Poll<Ending> {
        for _ in 0..ROUNDS {
            self.heed_signals();
            self.poll_session(cx);
            let flushed = self.poll_flush(cx, tools);
            match self.talk.phase {
                Phase::Lost => return Poll::Ready(Ending::Lost),
                Phase::Closed => return flushed.map(|()| Ending::Said),
                Phase::Closing => self.await_answer(),
                Phase::Open => {}
            }
            ready!(self.poll_receive(cx, tools));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// What the reaper and the worker want.
    fn heed_signals(&mut self) {
        let worker = &self.state.worker;
        if self.state.is_cut.get() || worker.is_aborting.get() {
            return self.talk.lose();
        }
        if worker.is_last_call.get() {
            // An application that has closed by itself need not be told to.
            let _ = self.talk.socket.close(Close::code(Close::SERVICE_RESTART));
        }
        let what = self.state.watch.get().map(|watch| watch.what);
        match what {
            Some(What::PingDue) => {
                self.change_watch(|watch, now| watch.what = What::Pinged(now));
                self.talk.ping();
            }
            Some(What::Late) if self.talk.phase == Phase::Open => {
                self.talk.fail(Violation::SILENCE);
            }
            Some(What::Late) => self.talk.lose(),
            _ => {}
        }
    }

    fn change_watch(&self, change: impl FnOnce(&mut Watch, u64)) {
        if let Some(mut watch) = self.state.watch.get() {
            change(&mut watch, self.state.worker.now.get());
            self.state.watch.set(Some(watch));
        }
    }

    /// A session that is done has nothing more to say.
    fn poll_session(&mut self, cx: &mut Context<'_>) {
        let is_done = self.session.as_mut().is_some_and(|it| it.as_mut().poll(cx).is_ready());
        if is_done {
            *self.session = None;
            let _ = self.talk.socket.close(Close::code(Close::NORMAL));
        }
    }

    /// Pending while the stream takes no more.
    fn poll_flush(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Poll<()> {
        let stream = (&mut self.stream, self.state);
        match self.outbox.poll_flush(cx, stream, &mut self.talk, tools) {
            Poll::Ready(Err(_)) => {
                self.talk.lose();
                Poll::Ready(())
            }
            flushed => flushed.map(|_| ()),
        }
    }

    /// The client's answer to our close is waited for only so long.
    fn await_answer(&self) {
        self.change_watch(|watch, now| {
            if !matches!(watch.what, What::Leaving(_) | What::Late) {
                watch.what = What::Leaving(now);
            }
        });
    }

    /// Whether a client that nobody listens to has gone. What it has said before and nobody has read
    /// is lost then. Pending if it is there.
    fn check_client(&mut self) -> Poll<()> {
        if self.state.watch.get().map(|watch| watch.what) != Some(What::Doubtful) {
            return Poll::Pending;
        }
        if self.stream.is_read_closed() {
            self.talk.lose();
            return Poll::Ready(());
        }
        self.change_watch(|watch, now| watch.what = What::Deaf(now));
        Poll::Pending
    }

    /// Reads once, if anybody wants it. Pending if there is nothing.
    fn poll_receive(&mut self, cx: &mut Context<'_>, tools: &mut Tools) -> Poll<()> {
        let is_deaf = self.talk.poll_ready(cx).is_pending();
        self.change_watch(|watch, now| watch.set_deaf(is_deaf, now));
        if is_deaf {
            return self.check_client();
        }
        let talk = &mut self.talk;
        let take = |item, cx: &mut Context<'_>| {
            talk.take(item);
            talk.poll_ready(cx).is_ready()
        };
        match ready!(self.inbox.poll(cx, &mut self.stream, tools, take)) {
            Ok(()) => self.change_watch(Watch::hear),
            Err(Stop::Violation(violation)) => self.talk.fail(violation),
            Err(Stop::Lost) => self.talk.lose(),
        }
        Poll::Ready(())
    }
}
