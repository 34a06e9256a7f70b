//! How a WebSocket ends: close frames (RFC 6455 sections 5.5.1 and 7.4), and what a client does wrong.

use appserver_app::websocket::Close;

/// What a client may not do. The connection fails with this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Violation {
    /// The protocol was broken.
    pub(super) const fn protocol(reason: &'static str) -> Self {
        Self { code: 1002, reason }
    }

    /// What has to be UTF-8 is not.
    pub(super) const TEXT: Self = Self { code: 1007, reason: "invalid UTF-8" };
    /// What is said to be compressed is not.
    pub(super) const DEFLATE: Self = Self { code: 1007, reason: "invalid compressed data" };
    /// The client does not answer.
    pub(super) const SILENCE: Self = Self { code: Close::INTERNAL_ERROR, reason: "ping timeout" };
    /// A message is longer than it may be.
    pub(super) const SIZE: Self = Self { code: 1009, reason: "message too big" };

    /// What the client is told.
    pub(super) fn close(self) -> Close {
        Close { code: self.code, reason: self.reason.into() }
    }
}

/// Reads the payload of a close frame.
pub(super) fn parse(payload: &[u8]) -> Result<Close, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        let is_empty = payload.is_empty();
        let error = Violation::protocol("half a close code");
        return if is_empty { Ok(Close::code(Close::NO_STATUS)) } else { Err(error) };
    };
    let code = u16::from_be_bytes(*code);
    if !Close::is_sendable(code) {
        return Err(Violation::protocol("invalid close code"));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| Violation::TEXT)?;
    Ok(Close { code, reason: reason.into() })
}

/// The payload of a close frame. A code that may not be sent becomes that of an internal error.
pub(super) fn payload(close: &Close) -> Vec<u8> {
    if close.code == Close::NO_STATUS {
        return Vec::new();
    }
    let code = if Close::is_sendable(close.code) { close.code } else { Close::INTERNAL_ERROR };
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(close.sendable_reason().as_bytes());
    payload
}

#[cfg(test)]
mod tests;
