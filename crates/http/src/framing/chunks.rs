//! The chunked transfer coding up to its last chunk: RFC 9112 section 7.1.
//!
//! Stricter than the grammar in one point: the optional "bad" whitespace around extensions is
//! refused, because peers disagree on where it may stand.

use super::bytes::is_token;
use super::fault::Fault;

/// All extensions of one body together. None is understood, so there is no reason to take many.
const EXTENSION_BYTES: u32 = 4 * 1024;
/// Digits of a chunk size: what fits 64 bits.
const SIZE_DIGITS: u8 = 16;

/// Where the reading of a chunked body stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks {
    at: At,
    size: u64,
    digits: u8,
    extension_bytes: u32,
    /// So many bytes of data may still come.
    left: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size,
    Extension(Extension),
    SizeLf,
    Data,
    DataCr,
    DataLf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extension {
    NameStart,
    Name,
    ValueStart,
    Value,
    Quoted,
    Escaped,
    QuotedEnd,
}

/// What came of some bytes.
pub(super) struct Taken {
    /// So many bytes were right.
    pub(super) bytes: usize,
    /// The last chunk has been read; trailers follow.
    pub(super) is_last: bool,
}

impl Chunks {
    /// The start of a body that may hold so many bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self { at: At::Size, size: 0, digits: 0, extension_bytes: 0, left: limit }
    }

    /// Reads on, to the end of `input` or of the last chunk's line.
    pub(super) fn take(&mut self, input: &[u8]) -> Result<Taken, Fault> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.at == At::Data {
                at += self.skip_data(input.len() - at);
                continue;
            }
            at += 1;
            if self.step(byte)? {
                return Ok(Taken { bytes: at, is_last: true });
            }
        }
        Ok(Taken { bytes: at, is_last: false })
    }

    fn skip_data(&mut self, available: usize) -> usize {
        let taken = usize::try_from(self.size).unwrap_or(usize::MAX).min(available);
        self.size -= taken as u64;
        if self.size == 0 {
            self.at = At::DataCr;
        }
        taken
    }

    /// One byte outside of chunk data. True at the end of the last chunk's line.
    fn step(&mut self, byte: u8) -> Result<bool, Fault> {
        self.at = match (self.at, byte) {
            (At::Size, b'\r') if self.digits > 0 => At::SizeLf,
            (At::Size, b';') if self.digits > 0 => At::Extension(Extension::NameStart),
            (At::Size, _) => return self.take_digit(byte).map(|()| false),
            (At::Extension(state), _) => self.take_extension(state, byte)?,
            (At::SizeLf, b'\n') => return self.start_data(),
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Size,
            _ => return Err(Fault::malformed("malformed end of a chunk")),
        };
        Ok(false)
    }

    fn take_digit(&mut self, byte: u8) -> Result<(), Fault> {
        let digit = char::from(byte).to_digit(16).filter(|_| self.digits < SIZE_DIGITS);
        let digit = digit.ok_or(Fault::malformed("malformed chunk size"))?;
        self.digits += 1;
        self.size = (self.size << 4) | u64::from(digit);
        Ok(())
    }

    /// Starts the data of a chunk. True if it is the last chunk, which has none.
    fn start_data(&mut self) -> Result<bool, Fault> {
        self.digits = 0;
        self.at = At::Data;
        self.left = self.left.checked_sub(self.size).ok_or(Fault::LARGE_BODY)?;
        Ok(self.size == 0)
    }

    fn take_extension(&mut self, state: Extension, byte: u8) -> Result<At, Fault> {
        self.extension_bytes += 1;
        if self.extension_bytes > EXTENSION_BYTES {
            return Err(Fault::malformed("too many chunk extensions"));
        }
        use Extension::{Escaped, Name, NameStart, Quoted, QuotedEnd, Value, ValueStart};
        let next = match (state, byte) {
            (Name | Value | QuotedEnd, b'\r') => return Ok(At::SizeLf),
            (Name | Value | QuotedEnd, b';') => NameStart,
            (Name, b'=') => ValueStart,
            (ValueStart, b'"') => Quoted,
            (NameStart | Name, _) if is_token(byte) => Name,
            (ValueStart | Value, _) if is_token(byte) => Value,
            (Quoted, b'"') => QuotedEnd,
            (Quoted, b'\\') => Escaped,
            (Quoted | Escaped, b'\t' | b' '..=b'~' | 0x80..) => Quoted,
            _ => return Err(Fault::malformed("malformed chunk extension")),
        };
        Ok(At::Extension(next))
    }
}
