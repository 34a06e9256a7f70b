//! The two queues of one WebSocket, and how both sides wait for each other.
//!
//! Shared by the protocol and the application, which may drop it on any thread; both work on the
//! worker's thread, so the lock is never waited for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Close, Event, Message};

/// A queue is full at this weight in bytes: some messages of a usual size, or one large one.
const FULL: usize = 64 * 1024;
/// What a message weighs besides its bytes, so that empty ones fill a queue too.
const OVERHEAD: usize = 64;

/// The connection has ended, or the application has closed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the WebSocket is closed")]
pub struct Closed;

/// One WebSocket.
#[derive(Debug, Default)]
pub struct Socket {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    incoming: Queue,
    outgoing: Queue,
    /// How the connection has ended.
    ended: Option<Close>,
    /// What the application wants sent at the end.
    closing: Option<Close>,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    weight: usize,
    /// Waits for a message, or for the end.
    reader: Option<Waker>,
    /// Waits for room.
    writer: Option<Waker>,
}

/// What the protocol is to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A message.
    Message(Message),
    /// The close frame; nothing comes after it.
    Close(Close),
}

impl Queue {
    fn push(&mut self, message: Message) {
        self.weight += message.len() + OVERHEAD;
        self.messages.push_back(message);
        wake(&mut self.reader);
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.weight -= message.len() + OVERHEAD;
        if self.weight < FULL {
            wake(&mut self.writer);
        }
        if self.messages.is_empty() && self.messages.capacity() > 4 {
            // A quiet connection keeps nothing.
            self.messages = VecDeque::new();
        }
        Some(message)
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.weight < FULL {
            return Poll::Ready(());
        }
        remember(&mut self.writer, cx);
        Poll::Pending
    }
}

fn remember(place: &mut Option<Waker>, cx: &mut Context<'_>) {
    if !place.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
        *place = Some(cx.waker().clone());
    }
}

fn wake(place: &mut Option<Waker>) {
    if let Some(waker) = place.take() {
        waker.wake();
    }
}

impl Socket {
    /// A socket with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Application: the next message, or how the connection has ended, again and again.
    pub fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Event> {
        let state = &mut *self.state();
        if let Some(message) = state.incoming.pop() {
            return Poll::Ready(Event::Message(message));
        }
        if let Some(close) = &state.ended {
            return Poll::Ready(Event::Closed(close.clone()));
        }
        remember(&mut state.incoming.reader, cx);
        Poll::Pending
    }

    /// Application: queues a message, however full the queue is. Whoever heeds [`Self::poll_room`]
    /// keeps it short.
    ///
    /// # Errors
    /// When nobody can receive it any more.
    pub fn send(&self, message: Message) -> Result<(), Closed> {
        let state = &mut *self.state();
        if state.ended.is_some() || state.closing.is_some() {
            return Err(Closed);
        }
        state.outgoing.push(message);
        Ok(())
    }

    /// Application: waits until the outgoing queue has room, or the connection has ended.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = &mut *self.state();
        if state.ended.is_some() { Poll::Ready(()) } else { state.outgoing.poll_room(cx) }
    }

    /// Application: whether the outgoing queue has room, or the connection has ended.
    pub fn has_room(&self) -> bool {
        let state = &*self.state();
        state.ended.is_some() || state.outgoing.weight < FULL
    }

    /// Application: ends the connection, after everything queued before.
    ///
    /// # Errors
    /// When it has ended, or was closed before.
    pub fn close(&self, close: Close) -> Result<(), Closed> {
        let state = &mut *self.state();
        if state.ended.is_some() || state.closing.is_some() {
            return Err(Closed);
        }
        state.closing = Some(close);
        wake(&mut state.outgoing.reader);
        Ok(())
    }

    /// Protocol: hands a message to the application.
    pub fn deliver(&self, message: Message) {
        self.state().incoming.push(message);
    }

    /// Protocol: waits until the application has taken enough of what was delivered.
    pub fn poll_taken(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.state().incoming.poll_room(cx)
    }

    /// Protocol: what is to be sent next.
    pub fn poll_outgoing(&self, cx: &mut Context<'_>) -> Poll<Outgoing> {
        let state = &mut *self.state();
        if let Some(message) = state.outgoing.pop() {
            return Poll::Ready(Outgoing::Message(message));
        }
        if let Some(close) = &state.closing {
            return Poll::Ready(Outgoing::Close(close.clone()));
        }
        remember(&mut state.outgoing.reader, cx);
        Poll::Pending
    }

    /// Protocol: the connection has ended in this way; only the first counts. What is still to be
    /// sent is dropped.
    pub fn end(&self, close: Close) {
        let state = &mut *self.state();
        if state.ended.is_none() {
            state.ended = Some(close);
            state.outgoing.messages.clear();
            state.outgoing.weight = 0;
            wake(&mut state.incoming.reader);
            wake(&mut state.outgoing.writer);
        }
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        self.state().ended.is_some()
    }

    /// Whether the connection has ended or the application has closed it.
    pub fn is_closed(&self) -> bool {
        let state = &*self.state();
        state.ended.is_some() || state.closing.is_some()
    }
}

#[cfg(test)]
mod tests;
