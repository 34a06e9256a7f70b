//! One frame (RFC 6455 section 5.2): its header, and the masking of its payload.

use super::close::Violation;

/// The longest header of a client's frame.
pub(super) const LONGEST_HEADER: usize = 14;
/// The longest payload of a control frame (RFC 6455 section 5.5).
const LONGEST_CONTROL: usize = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn parse(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// The header of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    /// No other frame of this message follows.
    pub(super) is_final: bool,
    /// The first reserved bit: the message is compressed (RFC 7692 section 6).
    pub(super) is_compressed: bool,
    pub(super) mask: [u8; 4],
    /// Of the payload, in bytes.
    pub(super) length: u64,
}

impl Header {
    /// Reads a header at the start of `bytes`, and tells its length; `None` while it is incomplete.
    ///
    /// # Errors
    /// As early as the first bytes allow.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(Violation::protocol("reserved bit set"));
        }
        let opcode = Opcode::parse(first & 0x0f).ok_or(Violation::protocol("unknown opcode"))?;
        let is_final = first & FINAL != 0;
        let short = second & !MASKED;
        if opcode.is_control() && (!is_final || usize::from(short) > LONGEST_CONTROL) {
            return Err(Violation::protocol("fragmented or oversized control frame"));
        }
        if second & MASKED == 0 {
            return Err(Violation::protocol("frame without a mask"));
        }
        let Some((length, rest)) = parse_length(short, rest) else { return Ok(None) };
        if length > i64::MAX as u64 {
            return Err(Violation::protocol("impossible frame length"));
        }
        let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let is_compressed = first & COMPRESSED != 0;
        let header = Self { opcode, is_final, is_compressed, mask: *mask, length };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

/// The whole length, where the first seven bits of it say `short`.
fn parse_length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u64::from(u16::from_be_bytes(*length)), rest))
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u64::from_be_bytes(*length), rest))
        }
        short => Some((u64::from(short), rest)),
    }
}

/// Appends the header of a server's frame, which is the only one of its message.
pub(super) fn put_header(out: &mut Vec<u8>, opcode: Opcode, is_compressed: bool, length: usize) {
    out.push(FINAL | if is_compressed { COMPRESSED } else { 0 } | opcode.code());
    if let Ok(short @ 0..=125) = u8::try_from(length) {
        out.push(short);
    } else if let Ok(medium) = u16::try_from(length) {
        out.push(126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&(length as u64).to_be_bytes());
    }
}

/// Takes the mask off, eight bytes at a time, and turns it for the bytes that follow.
pub(super) fn unmask(bytes: &mut [u8], mask: &mut [u8; 4]) {
    let [a, b, c, d] = *mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    mask.rotate_left(bytes.len() % 4);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip([a, b, c, d, a, b, c, d]) {
        *byte ^= key;
    }
}
