//! Early hints: interim responses that go out before the response itself.
//!
//! Shared by the protocol and the application, which may drop it on any thread. Knows nothing of
//! how a response is written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use http::HeaderMap;

/// Sends 103 responses (RFC 8297) ahead of the response to one request.
#[derive(Clone, Debug, Default)]
pub struct EarlyHints(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<HeaderMap>,
    /// The protocol has taken hints, and has not sent all of them yet.
    is_sending: bool,
    is_over: bool,
    /// The protocol's task.
    protocol: Option<Waker>,
    /// Waits until everything is sent.
    application: Option<Waker>,
}

impl State {
    fn is_settled(&self) -> bool {
        self.is_over || (self.waiting.is_empty() && !self.is_sending)
    }
}

/// Wakes once the lock is free: a waker may do anything, even come back here.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl EarlyHints {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Application: queues one interim response with these fields; fields that describe a body or
    /// the connection are left out. After the response has begun, nothing happens.
    pub fn send(&self, headers: HeaderMap) {
        let protocol = {
            let state = &mut *self.state();
            if state.is_over {
                return;
            }
            state.waiting.push(headers);
            state.protocol.clone()
        };
        wake(protocol);
    }

    /// Application: waits until the socket has taken every hint, or the response has begun. A
    /// response that begins before overtakes the hints.
    pub fn poll_sent(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = &mut *self.state();
        if state.is_settled() {
            return Poll::Ready(());
        }
        state.application = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Protocol: the same for another request, if nobody else has it any more.
    pub fn renew(self) -> Option<Self> {
        if Arc::strong_count(&self.0) > 1 {
            return None;
        }
        self.state().is_over = false;
        Some(self)
    }

    /// Protocol: whom to wake for a hint.
    pub fn watch(&self, waker: &Waker) {
        self.state().protocol = Some(waker.clone());
    }

    /// Protocol: takes what is to be sent now. [`Self::sent`] is to follow.
    pub fn take(&self) -> Vec<HeaderMap> {
        let state = &mut *self.state();
        state.is_sending |= !state.waiting.is_empty();
        std::mem::take(&mut state.waiting)
    }

    /// Protocol: the socket has taken everything that was taken from here.
    pub fn sent(&self) {
        let application = {
            let state = &mut *self.state();
            state.is_sending = false;
            if state.is_settled() { state.application.take() } else { None }
        };
        wake(application);
    }

    /// Protocol: the response has begun, or never will.
    pub fn end(&self) {
        let application = {
            let state = &mut *self.state();
            state.is_over = true;
            state.waiting.clear();
            state.application.take()
        };
        wake(application);
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::{EarlyHints, HeaderMap};

    #[test]
    fn a_hint_is_sent_once_the_socket_has_it() {
        let cx = &mut Context::from_waker(Waker::noop());
        let hints = EarlyHints::default();
        assert!(hints.poll_sent(cx).is_ready());
        hints.send(HeaderMap::new());
        assert!(hints.poll_sent(cx).is_pending());
        assert_eq!(hints.take().len(), 1);
        assert!(hints.poll_sent(cx).is_pending());
        hints.sent();
        assert!(hints.poll_sent(cx).is_ready());
    }

    #[test]
    fn the_response_overtakes_what_is_not_taken() {
        let cx = &mut Context::from_waker(Waker::noop());
        let hints = EarlyHints::default();
        hints.send(HeaderMap::new());
        hints.end();
        hints.send(HeaderMap::new());
        assert!(hints.poll_sent(cx).is_ready());
        assert!(hints.take().is_empty());
    }
}
