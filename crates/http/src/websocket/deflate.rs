//! Compressed messages (RFC 7692), each by itself.
//!
//! Neither side keeps its window between messages, so one compressor and one decompressor serve all
//! connections of a worker.

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::close::Violation;
use super::extension::Deflate;

/// What each message ends with, and leaves out (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Inflated at once.
const PIECE: usize = 64 * 1024;

/// A message that is shorter is not worth it.
const SHORTEST: usize = 64;
/// Quick rather than small: the loop waits for it.
const LEVEL: Compression = Compression::fast();

/// Unpacks messages. Makes what it needs when it is first used.
#[derive(Default)]
pub(super) struct Inflater(Option<Unpacking>);

struct Unpacking {
    inner: Decompress,
    piece: Box<[u8]>,
}

impl Inflater {
    /// The longest packed form of a message of this length that a sane client makes: blocks that are
    /// stored as they are, each with five bytes more.
    pub(super) fn packed_limit(limit: usize) -> usize {
        limit.saturating_add(limit / 1024).saturating_add(64)
    }

    /// Unpacks one message of at most `limit` bytes; never makes more of it.
    pub(super) fn inflate(&mut self, packed: &[u8], limit: usize) -> Result<Bytes, Violation> {
        let unpacking = self.0.get_or_insert_with(|| Unpacking {
            inner: Decompress::new(false),
            piece: vec![0; PIECE].into_boxed_slice(),
        });
        unpacking.inner.reset(false);
        let mut message = Vec::new();
        unpacking.append(packed, limit, &mut message)?;
        unpacking.append(&TAIL, limit, &mut message)?;
        Ok(Bytes::from(message))
    }
}

impl Unpacking {
    fn append(
        &mut self,
        mut packed: &[u8],
        limit: usize,
        message: &mut Vec<u8>,
    ) -> Result<(), Violation> {
        loop {
            let (read, made) = (self.inner.total_in(), self.inner.total_out());
            let status = self.inner.decompress(packed, &mut self.piece, FlushDecompress::None);
            let status = status.map_err(|_| Violation::DEFLATE)?;
            let read = usize::try_from(self.inner.total_in() - read).unwrap_or(usize::MAX);
            let made = usize::try_from(self.inner.total_out() - made).unwrap_or(usize::MAX);
            if made > limit.saturating_sub(message.len()) {
                return Err(Violation::SIZE);
            }
            message.extend_from_slice(self.piece.get(..made).unwrap_or_default());
            packed = packed.get(read..).unwrap_or_default();
            if status == Status::StreamEnd {
                // A final block need not be the last (RFC 7692 section 7.2.3.5).
                self.inner.reset(false);
            } else if read == 0 && made == 0 {
                return Ok(());
            }
            if packed.is_empty() && made < PIECE {
                return Ok(());
            }
        }
    }
}

/// Packs messages. Makes what it needs when it is first used.
#[derive(Default)]
pub(super) struct Deflater(Vec<(Deflate, Compress)>);

impl Deflater {
    /// Packs a message; `None` if that does not make it shorter.
    pub(super) fn deflate(&mut self, message: &[u8], agreed: Deflate) -> Option<Bytes> {
        if message.len() < SHORTEST {
            return None;
        }
        let inner = self.with(agreed)?;
        inner.reset();
        let mut packed = Vec::with_capacity(Inflater::packed_limit(message.len()));
        let status = inner.compress_vec(message, &mut packed, FlushCompress::Sync);
        // Room left over says that nothing is missing.
        if status.is_err() || packed.len() == packed.capacity() {
            // What is left inside would be taken for a part of the next message: zlib-rs forgets to
            // forget it in `reset`, and panics later.
            self.0.retain(|(known, _)| *known != agreed);
            return None;
        }
        let length = packed.strip_suffix(&TAIL)?.len();
        packed.truncate(length);
        (length < message.len()).then(|| Bytes::from(packed))
    }

    /// The compressor of this window size, of which there are few.
    fn with(&mut self, agreed: Deflate) -> Option<&mut Compress> {
        let place = self.0.iter().position(|(known, _)| *known == agreed);
        let place = place.unwrap_or_else(|| {
            let made = Compress::new_with_window_bits(LEVEL, false, agreed.bits());
            self.0.push((agreed, made));
            self.0.len() - 1
        });
        self.0.get_mut(place).map(|(_, inner)| inner)
    }
}

#[cfg(test)]
mod tests;
