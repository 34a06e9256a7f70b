//! WebSocket frames as a client writes and reads them (RFC 6455, section 5): whole messages only.
//!
//! It must not know sockets. A server that sends fragments, extensions or masked frames is refused:
//! the benchmarks offer nothing that allows the first two.

use std::io;

use bytes::{Buf, BufMut, BytesMut};

/// Clients have to mask. The key of every frame is the same: choosing one would cost the client
/// more than it tells about the server, for which all keys but zero are alike.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a frame is, with its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// The bytes of a frame from a client.
pub(crate) fn encode(opcode: Opcode, payload: &[u8]) -> BytesMut {
    let mut frame = BytesMut::with_capacity(payload.len() + 14);
    frame.put_u8(FINAL | opcode as u8);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..=125), _) => frame.put_u8(MASKED | short),
        (_, Ok(medium)) => {
            frame.put_u8(MASKED | 126);
            frame.put_u16(medium);
        }
        _ => {
            frame.put_u8(MASKED | 127);
            frame.put_u64(payload.len() as u64);
        }
    }
    frame.put_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// What stands at the front of the bytes that came from a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) opcode: Opcode,
    /// Bytes of the head itself.
    pub(crate) size: usize,
    /// Bytes of the payload that follows.
    pub(crate) payload: usize,
}

/// The head of the next frame, `None` while it is not complete.
///
/// # Errors
/// The frame is one that was not asked for.
pub(crate) fn head(mut bytes: &[u8]) -> io::Result<Option<Head>> {
    let &[first, second, ..] = bytes else { return Ok(None) };
    let opcode = opcode(first)?;
    if second & MASKED != 0 {
        return Err(io::Error::other("the server masked a frame"));
    }
    bytes.advance(2);
    let head = match (second, bytes.len()) {
        (126, 2..) => Head { opcode, size: 4, payload: bytes.get_u16().into() },
        (127, 8..) => {
            let payload = usize::try_from(bytes.get_u64()).map_err(io::Error::other)?;
            Head { opcode, size: 10, payload }
        }
        (126 | 127, _) => return Ok(None),
        (short, _) => Head { opcode, size: 2, payload: short.into() },
    };
    Ok(Some(head))
}

fn opcode(first: u8) -> io::Result<Opcode> {
    let all = [Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];
    let known = all.into_iter().find(|&one| first == FINAL | one as u8);
    known.ok_or_else(|| io::Error::other(format!("a frame that was not asked for: {first:#04x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_masked_and_has_the_shortest_length() {
        // The example of RFC 6455, section 5.7.
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(encode(Opcode::Text, b"Hello"), hello.as_slice());
        assert!(encode(Opcode::Binary, &[0; 126]).starts_with(&[0x82, 0xfe, 0, 126]));
        let long = encode(Opcode::Binary, &[0; 65536]);
        assert!(long.starts_with(&[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]));
        assert_eq!(long.len(), 65536 + 14);
    }

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let medium = [0x82, 126, 0x40, 0x00];
        assert_eq!(head(&medium[..3]).unwrap(), None);
        let expected = Head { opcode: Opcode::Binary, size: 4, payload: 16384 };
        assert_eq!(head(&medium).unwrap(), Some(expected));
        let expected = Head { opcode: Opcode::Text, size: 2, payload: 5 };
        assert_eq!(head(&[0x81, 5]).unwrap(), Some(expected));
        assert_eq!(head(&[0x81, 127, 0, 0, 0, 0, 0, 1, 0]).unwrap(), None);
    }

    #[test]
    fn fragments_compression_and_masks_are_refused() {
        for bytes in [[0x01, 5], [0xc1, 5], [0x81, 0x85], [0x80, 5]] {
            assert!(head(&bytes).is_err(), "{bytes:?}");
        }
    }
}
