//! What one call of the application has said so far: its head, and what it gave to `write`.
//!
//! `start_response`, `write` and the server share it. The lock is never contended (the interpreter
//! is held) and never held across a call into Python.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::known::Known;
use super::status::Status;
use crate::fields::Fields;

/// The head of a response.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: Status,
    pub(crate) fields: Fields,
}

/// The state of one exchange.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What `start_response` was told last.
    pub(crate) head: Option<Head>,
    /// What `write` was given, in order.
    pub(crate) written: Vec<Bytes>,
    /// Whether the head can no longer be replaced.
    pub(crate) sent: bool,
    /// An empty map whose memory the next head may use.
    pub(crate) spare: HeaderMap,
    /// Statuses, names and values of earlier heads.
    pub(crate) statuses: Known<Status>,
    pub(crate) names: Known<HeaderName>,
    pub(crate) values: Known<HeaderValue>,
}

/// One exchange, shared.
#[derive(Debug, Default)]
pub(crate) struct Exchange(Mutex<State>);

impl Exchange {
    /// The state. A panic elsewhere leaves it usable: every change is one assignment.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it ready for the next call.
    pub(crate) fn reset(&self, mut spare: HeaderMap) {
        spare.clear();
        let mut state = self.state();
        state.head = None;
        state.written.clear();
        state.sent = false;
        state.spare = spare;
    }

    /// Takes the head; it can no longer be replaced.
    pub(crate) fn take_head(&self) -> Option<Head> {
        let mut state = self.state();
        state.sent |= state.head.is_some();
        state.head.take()
    }
}
