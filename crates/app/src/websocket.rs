//! A WebSocket (RFC 6455) between the protocol and an application.
//!
//! Messages are whole and queued in both directions; each queue knows its weight in bytes, so that
//! neither side outruns the other. Frames, pings and compression are the protocol's affair.

mod socket;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::{LocalFuture, Response};

pub use socket::{Closed, Outgoing, Socket};

/// A complete message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Valid UTF-8.
    Text(Bytes),
    /// Any bytes.
    Binary(Bytes),
}

impl Message {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        let (Self::Text(bytes) | Self::Binary(bytes)) = self;
        bytes.len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a WebSocket ends (RFC 6455, section 7.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The status code.
    pub code: u16,
    /// At most [`Self::LONGEST_REASON`] bytes are sent.
    pub reason: Box<str>,
}

impl Close {
    /// No code was given: never on the wire.
    pub const NO_STATUS: u16 = 1005;
    /// The connection broke: never on the wire.
    pub const ABNORMAL: u16 = 1006;
    /// All is done.
    pub const NORMAL: u16 = 1000;
    /// The application failed.
    pub const INTERNAL_ERROR: u16 = 1011;
    /// The server restarts; the client may come again.
    pub const SERVICE_RESTART: u16 = 1012;

    /// A close frame has room for so many bytes of reason (RFC 6455, section 5.5).
    pub const LONGEST_REASON: usize = 123;

    /// This code, with no reason.
    pub fn code(code: u16) -> Self {
        Self { code, reason: Box::default() }
    }

    /// Whether a code may be in a close frame: registered for it, or for libraries and applications
    /// (RFC 6455, section 7.4; IANA's registry).
    pub fn is_sendable(code: u16) -> bool {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// As much of the reason as a close frame has room for; no character is cut in two.
    pub fn sendable_reason(&self) -> &str {
        let end = self.reason.floor_char_boundary(Self::LONGEST_REASON);
        self.reason.get(..end).unwrap_or_default()
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.reason)
    }
}

/// What an application receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client sent a message.
    Message(Message),
    /// The connection has ended; nothing comes after it.
    Closed(Close),
}

/// What an application answers to a handshake.
pub enum Verdict {
    /// The connection becomes a WebSocket.
    Accept(Acceptance),
    /// The connection goes on with HTTP.
    Deny(Response),
}

/// How a handshake is accepted.
pub struct Acceptance {
    /// The subprotocol that was chosen.
    pub protocol: Option<HeaderValue>,
    /// More header fields of the response. Those of the handshake itself are the protocol's.
    pub headers: HeaderMap,
    /// What the application does until it is done with the socket. It is driven to its own end,
    /// also after [`Event::Closed`]; dropped only where the whole server is cut. If it ends without
    /// closing, the socket is closed with [`Close::NORMAL`].
    pub session: LocalFuture<()>,
}
