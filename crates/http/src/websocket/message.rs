//! A message that arrives in pieces.

use appserver_app::websocket::Message;
use bytes::Bytes;

use super::close::Violation;

/// A buffer starts with at least so much room, and at most, whatever the client announces.
const FIRST_ROOM: usize = 16 * 1024;

/// What has come of a message.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    pub(super) is_text: bool,
    pub(super) is_compressed: bool,
    bytes: Vec<u8>,
    /// So many bytes are complete characters.
    valid: usize,
}

impl Fragments {
    pub(super) fn new(is_text: bool, is_compressed: bool) -> Self {
        Self { is_text, is_compressed, bytes: Vec::new(), valid: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds a piece, of a frame that has so many bytes left after it.
    ///
    /// # Errors
    /// As soon as a text can no longer become valid.
    pub(super) fn push(&mut self, piece: &[u8], left: u64) -> Result<(), Violation> {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(piece.len());
        if self.bytes.capacity() - self.bytes.len() < piece.len() {
            // Twice as much each time, but never more than what is announced.
            let room = FIRST_ROOM.max(self.bytes.len()).max(piece.len());
            self.bytes.reserve_exact(wanted.min(room));
        }
        self.bytes.extend_from_slice(piece);
        if self.is_text && !self.is_compressed { self.check() } else { Ok(()) }
    }

    fn check(&mut self) -> Result<(), Violation> {
        let fresh = self.bytes.get(self.valid..).unwrap_or_default();
        match std::str::from_utf8(fresh) {
            Ok(text) => self.valid += text.len(),
            // The last character may be going on.
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(Violation::TEXT),
        }
        Ok(())
    }

    /// The message, once its last piece was added. Not for compressed ones.
    pub(super) fn finish(self) -> Result<Message, Violation> {
        if !self.is_text {
            return Ok(Message::Binary(Bytes::from(self.bytes)));
        }
        if self.valid < self.bytes.len() {
            return Err(Violation::TEXT);
        }
        Ok(Message::Text(Bytes::from(self.bytes)))
    }
}

/// A message that is here as a whole.
pub(super) fn whole(is_text: bool, bytes: Bytes) -> Result<Message, Violation> {
    if !is_text {
        return Ok(Message::Binary(bytes));
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => Ok(Message::Text(bytes)),
        Err(_) => Err(Violation::TEXT),
    }
}
