//! Messages and control frames from a client's bytes (RFC 6455 section 5).
//!
//! A pure automaton. What it says does not depend on how the stream is cut into pieces, and it
//! keeps memory only for a message that is incomplete.

use appserver_app::websocket::{Close, Message};
use bytes::Bytes;

use super::close::{self, Violation};
use super::deflate::Inflater;
use super::frame::{Header, LONGEST_HEADER, Opcode, unmask};
use super::message::{self, Fragments};

/// What a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Message(Message),
    Ping(Bytes),
    Pong,
    Close(Close),
}

/// Where the stream of one client stands.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The longest message.
    limit: usize,
    /// Whether messages may be compressed.
    is_deflate: bool,
    /// The start of a header that is incomplete.
    header: [u8; LONGEST_HEADER],
    header_length: usize,
    frame: Option<Frame>,
    message: Option<Box<Fragments>>,
    /// The payload of a control frame that is incomplete.
    control: Vec<u8>,
}

/// A frame whose payload is arriving.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    is_final: bool,
    is_compressed: bool,
    mask: [u8; 4],
    left: u64,
}

impl Decoder {
    pub(super) fn new(limit: usize, is_deflate: bool) -> Self {
        Self {
            limit,
            is_deflate,
            header: [0; LONGEST_HEADER],
            header_length: 0,
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    /// Takes bytes up to the end of the next item, or all of them. The mask is taken off in place.
    /// Must not be called again after a violation or a close frame.
    pub(super) fn decode(
        &mut self,
        input: &mut [u8],
        inflater: &mut Inflater,
    ) -> Result<(usize, Option<Item>), Violation> {
        let mut used = 0;
        loop {
            let rest = input.get_mut(used..).unwrap_or_default();
            let Some(mut frame) = self.frame else {
                used += self.take_header(rest)?;
                if self.frame.is_none() {
                    return Ok((used, None));
                }
                continue;
            };
            let count = usize::try_from(frame.left).unwrap_or(usize::MAX).min(rest.len());
            let piece = rest.get_mut(..count).unwrap_or_default();
            unmask(piece, &mut frame.mask);
            frame.left -= count as u64;
            used += count;
            self.frame = (frame.left > 0).then_some(frame);
            let item = self.take_payload(frame, piece, inflater)?;
            if item.is_some() || self.frame.is_some() {
                return Ok((used, item));
            }
        }
    }

    /// Takes a header, or what is there of it. Returns the bytes taken.
    fn take_header(&mut self, input: &[u8]) -> Result<usize, Violation> {
        if self.header_length == 0
            && let Some((header, length)) = Header::parse(input)?
        {
            self.begin(header)?;
            return Ok(length);
        }
        let kept = self.header_length;
        let room = self.header.get_mut(kept..).unwrap_or_default();
        let count = room.len().min(input.len());
        for (to, from) in room.iter_mut().zip(input) {
            *to = *from;
        }
        let seen = self.header.get(..kept + count).unwrap_or_default();
        let Some((header, length)) = Header::parse(seen)? else {
            self.header_length = kept + count;
            return Ok(count);
        };
        self.header_length = 0;
        self.begin(header)?;
        Ok(length - kept)
    }

    /// Begins a frame, if it may come now.
    fn begin(&mut self, header: Header) -> Result<(), Violation> {
        let Header { opcode, is_final, is_compressed, mask, length } = header;
        let is_first = matches!(opcode, Opcode::Text | Opcode::Binary);
        if is_compressed && !(is_first && self.is_deflate) {
            return Err(Violation::protocol("reserved bit set"));
        }
        if opcode == Opcode::Continuation && self.message.is_none() {
            return Err(Violation::protocol("continuation of nothing"));
        }
        if is_first && self.message.is_some() {
            return Err(Violation::protocol("message within a message"));
        }
        if !opcode.is_control() {
            let known = self.message.as_ref().map_or(0, |message| message.len());
            let is_packed = self.message.as_ref().map_or(is_compressed, |it| it.is_compressed);
            let limit = if is_packed { Inflater::packed_limit(self.limit) } else { self.limit };
            if length > limit.saturating_sub(known) as u64 {
                return Err(Violation::SIZE);
            }
        }
        self.frame = Some(Frame { opcode, is_final, is_compressed, mask, left: length });
        Ok(())
    }

    fn take_payload(
        &mut self,
        frame: Frame,
        piece: &[u8],
        inflater: &mut Inflater,
    ) -> Result<Option<Item>, Violation> {
        if frame.opcode.is_control() {
            return self.take_control(frame, piece);
        }
        let is_complete = frame.left == 0 && frame.is_final;
        if is_complete && self.message.is_none() {
            let is_text = frame.opcode == Opcode::Text;
            let bytes = if frame.is_compressed {
                inflater.inflate(piece, self.limit)?
            } else {
                Bytes::copy_from_slice(piece)
            };
            return message::whole(is_text, bytes).map(|message| Some(Item::Message(message)));
        }
        let start = || Fragments::new(frame.opcode == Opcode::Text, frame.is_compressed);
        let message = self.message.get_or_insert_with(|| Box::new(start()));
        message.push(piece, frame.left)?;
        let Some(message) = self.message.take_if(|_| is_complete) else { return Ok(None) };
        let message = if message.is_compressed {
            message::whole(message.is_text, inflater.inflate(message.bytes(), self.limit)?)?
        } else {
            message.finish()?
        };
        Ok(Some(Item::Message(message)))
    }

    fn take_control(&mut self, frame: Frame, piece: &[u8]) -> Result<Option<Item>, Violation> {
        if frame.left > 0 || !self.control.is_empty() {
            self.control.extend_from_slice(piece);
        }
        if frame.left > 0 {
            return Ok(None);
        }
        let kept = std::mem::take(&mut self.control);
        let payload = if kept.is_empty() { piece } else { &kept };
        Ok(Some(match frame.opcode {
            Opcode::Ping => Item::Ping(Bytes::copy_from_slice(payload)),
            Opcode::Close => Item::Close(close::parse(payload)?),
            _ => Item::Pong,
        }))
    }
}

#[cfg(test)]
mod tests;
