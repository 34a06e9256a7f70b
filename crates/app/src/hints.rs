//! Early hints: an interim response that goes out before the response itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use http::HeaderMap;

/// Sends 103 responses (RFC 8297) ahead of the response to one request. The protocol puts it into the
/// extensions of a request whose client can be sent one.
#[derive(Clone, Debug, Default)]
pub struct EarlyHints(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<HeaderMap>,
    is_over: bool,
    /// The protocol's task.
    protocol: Option<Waker>,
    /// Waits until everything is sent.
    application: Option<Waker>,
}

impl EarlyHints {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Application: queues a hint. After the response has begun, nothing happens.
    pub fn send(&self, headers: HeaderMap) {
        let state = &mut *self.state();
        if !state.is_over {
            state.waiting.push(headers);
            if let Some(waker) = &state.protocol {
                waker.wake_by_ref();
            }
        }
    }

    /// Application: waits until every hint is on its way. A response that begins before overtakes
    /// them.
    pub fn poll_sent(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = &mut *self.state();
        if state.waiting.is_empty() || state.is_over {
            return Poll::Ready(());
        }
        state.application = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Protocol: whom to wake for a hint.
    pub fn watch(&self, waker: &Waker) {
        self.state().protocol = Some(waker.clone());
    }

    /// Protocol: takes what is to be sent now.
    pub fn take(&self) -> Vec<HeaderMap> {
        let state = &mut *self.state();
        if let Some(waker) = state.application.take() {
            waker.wake();
        }
        std::mem::take(&mut state.waiting)
    }

    /// Protocol: the response has begun, or never will.
    pub fn end(&self) {
        let state = &mut *self.state();
        state.is_over = true;
        state.waiting.clear();
        if let Some(waker) = state.application.take() {
            waker.wake();
        }
    }
}
