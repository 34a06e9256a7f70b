//! A streamed response on its way from a pool thread to the connection, bounded in bytes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use appserver_app::BodyError;
use bytes::Bytes;
use http_body::Frame;

/// Bytes that may wait for the client: enough to keep a connection busy, little enough that many
/// slow clients do not matter.
const MOST_BYTES: usize = 256 * 1024;

/// A thread that was told to wait goes on when so many are left: not for each chunk anew.
const FEW_BYTES: usize = MOST_BYTES / 2;

/// The shared part of a channel.
#[derive(Default)]
struct Channel(Mutex<State>);

#[derive(Default)]
struct State {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    end: Option<Result<(), BodyError>>,
    abandoned: bool,
    /// Whether the connection was given the time to write out what came before an error.
    flushed: bool,
    reader: Option<Waker>,
    /// Whoever produces, while there is no room.
    writer: Option<Waker>,
}

/// The thread's end.
pub(crate) struct Sender(Arc<Channel>);

/// The connection's end: a response body. Dropping it stops the application.
pub(crate) struct Receiver(Arc<Channel>);

/// A new channel.
pub(crate) fn channel() -> (Sender, Receiver) {
    let channel = Arc::<Channel>::default();
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl Channel {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// There is room for the next.
    Room,
    /// The next has to wait ([`Sender::when_room`]).
    Full,
    /// Nobody wants more.
    Abandoned,
}

impl Sender {
    /// Gives a chunk to the connection.
    pub(crate) fn send(&self, chunk: Bytes) -> Sent {
        let mut state = self.0.state();
        if state.abandoned {
            return Sent::Abandoned;
        }
        state.bytes = state.bytes.saturating_add(chunk.len());
        state.chunks.push_back(chunk);
        let sent = if state.bytes < MOST_BYTES { Sent::Room } else { Sent::Full };
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        sent
    }

    /// Asks to be woken when there is room or nobody wants more; `false` if that is so already.
    pub(crate) fn when_room(&self, writer: Waker) -> bool {
        let mut state = self.0.state();
        let is_full = state.bytes > FEW_BYTES && !state.abandoned;
        state.writer = Some(writer).filter(|_| is_full);
        is_full
    }

    /// Whether nobody wants more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.state().abandoned
    }

    /// Ends the body, well or not.
    pub(crate) fn end(self, end: Result<(), BodyError>) {
        self.finish(end);
    }

    fn finish(&self, end: Result<(), BodyError>) {
        let mut state = self.0.state();
        state.end.get_or_insert(end);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Drop for Sender {
    /// A sender that vanishes without an end was cut off.
    fn drop(&mut self) {
        self.finish(Err(BodyError::Application));
    }
}

impl http_body::Body for Receiver {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut guard = self.0.state();
        let state = &mut *guard;
        if let Some(chunk) = state.chunks.pop_front() {
            state.bytes = state.bytes.saturating_sub(chunk.len());
            let writer = if state.bytes <= FEW_BYTES { state.writer.take() } else { None };
            drop(guard);
            if let Some(writer) = writer {
                writer.wake();
            }
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match &mut state.end {
            // An error cuts the connection at once, with everything that is still in its buffer.
            Some(Err(_)) if !std::mem::replace(&mut state.flushed, true) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(end) => Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err)),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let (dropped, writer) = {
            let mut state = self.0.state();
            state.abandoned = true;
            state.bytes = 0;
            (std::mem::take(&mut state.chunks), state.writer.take())
        };
        if let Some(writer) = writer {
            writer.wake();
        }
        drop(dropped);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use http_body::Body;

    fn poll(receiver: &mut Receiver) -> Poll<Option<Result<Bytes, BodyError>>> {
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Pin::new(receiver).poll_frame(&mut cx);
        polled.map(|frame| frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())))
    }

    #[test]
    fn chunks_then_the_end() {
        let (sender, mut receiver) = channel();
        assert!(poll(&mut receiver).is_pending());
        assert_eq!(sender.send(Bytes::from_static(b"a")), Sent::Room);
        sender.end(Ok(()));
        assert!(matches!(poll(&mut receiver), Poll::Ready(Some(Ok(chunk))) if chunk == "a"));
        assert!(matches!(poll(&mut receiver), Poll::Ready(None)));
        assert!(matches!(poll(&mut receiver), Poll::Ready(None)));
    }

    #[test]
    fn a_vanished_sender_is_an_error() {
        let (sender, mut receiver) = channel();
        drop(sender);
        assert!(poll(&mut receiver).is_pending(), "time to write out");
        let end = poll(&mut receiver);
        assert!(matches!(end, Poll::Ready(Some(Err(BodyError::Application)))));
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn full_until_read_or_abandoned() {
        let (sender, mut receiver) = channel();
        let bell = Arc::<Bell>::default();
        let rung = || bell.0.load(Ordering::Relaxed);
        assert!(!sender.when_room(Arc::clone(&bell).into()), "there is room");
        assert_eq!(sender.send(vec![0; FEW_BYTES].into()), Sent::Room);
        assert_eq!(sender.send(vec![0; FEW_BYTES].into()), Sent::Full);
        assert!(sender.when_room(Arc::clone(&bell).into()));
        assert_eq!(rung(), 0);
        assert!(poll(&mut receiver).is_ready());
        assert_eq!(rung(), 1);
        assert!(poll(&mut receiver).is_ready());
        assert_eq!(rung(), 1, "once");
        assert_eq!(sender.send(vec![0; MOST_BYTES].into()), Sent::Full);
        assert!(sender.when_room(Arc::clone(&bell).into()));
        drop(receiver);
        assert_eq!(rung(), 2);
        assert!(sender.is_abandoned() && !sender.when_room(bell.clone().into()));
        assert_eq!(sender.send(Bytes::new()), Sent::Abandoned);
    }
}
