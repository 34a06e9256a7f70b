//! Frames made by hand, whole and in pieces.

use appserver_app::websocket::{Close, Message};
use bytes::Bytes;
use proptest::prelude::*;

use super::super::close::Violation;
use super::super::deflate::{Deflater, Inflater};
use super::super::extension::negotiate;
use super::{Decoder, Item};

const LIMIT: usize = 1000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Everything that the pieces say, up to the first violation.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Item>, Option<Violation>) {
    let mut decoder = Decoder::new(LIMIT, true);
    let mut inflater = Inflater::default();
    let mut items = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut used = 0;
        loop {
            match decoder.decode(&mut piece[used..], &mut inflater) {
                Err(violation) => return (items, Some(violation)),
                Ok((count, None)) => {
                    assert_eq!(used + count, piece.len());
                    break;
                }
                Ok((count, Some(item))) => {
                    used += count;
                    items.push(item);
                }
            }
        }
    }
    (items, None)
}

fn whole(bytes: &[u8]) -> (Vec<Item>, Option<Violation>) {
    decode([bytes])
}

fn text(text: &str) -> Item {
    Item::Message(Message::Text(Bytes::copy_from_slice(text.as_bytes())))
}

/// The code of the violation that these bytes are.
fn refused(bytes: &[u8]) -> Option<u16> {
    whole(bytes).1.map(|violation| violation.code)
}

#[test]
fn control_frames_come_between_fragments() {
    let bytes = [
        frame(0x01, b"one "),
        frame(0x89, b"ping"),
        frame(0x00, b"two "),
        frame(0x8a, b"pong"),
        frame(0x80, b"three"),
        frame(0x88, b"\x0f\xa0bye"),
    ];
    let ping = Item::Ping(Bytes::from_static(b"ping"));
    let close = Item::Close(Close { code: 4000, reason: "bye".into() });
    let expected = vec![ping, Item::Pong, text("one two three"), close];
    assert_eq!(whole(&bytes.concat()), (expected, None));
}

#[test]
fn messages_may_be_empty() {
    let bytes = [frame(0x81, b""), frame(0x02, b""), frame(0x80, b""), frame(0xc1, b"\0")].concat();
    let empty = Item::Message(Message::Binary(Bytes::new()));
    assert_eq!(whole(&bytes), (vec![text(""), empty, text("")], None));
}

#[test]
fn the_rules_are_kept() {
    for (bytes, why) in [
        (frame(0x83, b""), "unknown opcode"),
        (frame(0x8b, b""), "unknown control opcode"),
        (frame(0xa1, b""), "second reserved bit"),
        (frame(0x91, b""), "third reserved bit"),
        (frame(0xc9, b""), "compressed ping"),
        ([frame(0x41, b"\0"), frame(0xc0, b"\0")].concat(), "continuation with the compressed bit"),
        (frame(0x09, b""), "fragmented ping"),
        (frame(0x89, &[0; 126]), "long ping"),
        (frame(0x80, b""), "continuation of nothing"),
        ([frame(0x01, b""), frame(0x81, b"")].concat(), "message within a message"),
        (vec![0x81, 0x00], "no mask"),
        (vec![0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], "impossible length"),
        (frame(0x88, b"\x03"), "half a code"),
        (frame(0x88, b"\x03\xed"), "1005"),
        (frame(0x88, b"\x03\xee"), "1006"),
        (frame(0x88, b"\x03\xf7"), "1015"),
        (frame(0x88, b"\x0b\xb7"), "2999"),
        (frame(0x88, b"\x13\x88"), "5000"),
    ] {
        assert_eq!(refused(&bytes), Some(1002), "{why}");
    }
}

#[test]
fn text_is_checked_as_early_as_possible() {
    assert_eq!(refused(&frame(0x81, b"\xff")), Some(1007));
    assert_eq!(refused(&frame(0x81, b"\xc3")), Some(1007));
    assert_eq!(refused(&frame(0x88, b"\x03\xe8\xff")), Some(1007));
    assert_eq!(refused(&frame(0x01, b"\xc3")), None);
    assert_eq!(refused(&[frame(0x01, b"\xc3"), frame(0x80, b"")].concat()), Some(1007));
    // A surrogate is known by its second byte; the third is not waited for.
    let long = frame(0x01, b"\xed\xa0\x80");
    assert_eq!(refused(long.get(..8).unwrap()), Some(1007));
    assert_eq!(refused(&frame(0x82, b"\xff")), None);
}

#[test]
fn long_messages_are_refused_by_their_header() {
    let most = frame(0x82, &[b'x'; LIMIT]);
    assert_eq!(refused(&most), None);
    let header = frame(0x82, &[b'x'; LIMIT + 1]);
    assert_eq!(refused(header.get(..8).unwrap()), Some(1009));
    let second = [frame(0x02, &[b'x'; LIMIT]), frame(0x80, b"x")].concat();
    assert_eq!(refused(&second), Some(1009));
}

fn packed(message: &[u8]) -> Bytes {
    let mut headers = http::HeaderMap::new();
    let name = http::header::SEC_WEBSOCKET_EXTENSIONS;
    headers.insert(name, http::HeaderValue::from_static("permessage-deflate"));
    let agreed = negotiate(&headers).unwrap();
    Deflater::default().deflate(message, agreed).unwrap()
}

#[test]
fn compressed_messages_are_unpacked_up_to_the_limit() {
    let most = "x".repeat(LIMIT);
    assert_eq!(whole(&frame(0xc1, &packed(most.as_bytes()))), (vec![text(&most)], None));
    let bytes = packed(most.as_bytes());
    let (head, tail) = bytes.split_at(3);
    let fragments = [frame(0x41, head), frame(0x89, b""), frame(0x80, tail)].concat();
    assert_eq!(whole(&fragments).0.last(), Some(&text(&most)));
    assert_eq!(refused(&frame(0xc1, &packed(&[b'x'; LIMIT + 1]))), Some(1009));
    assert_eq!(refused(&frame(0xc1, &packed(&[b'x'; 1 << 20]))), Some(1009));
    assert_eq!(refused(&frame(0xc1, &packed(&[0xff; 100]))), Some(1007));
    assert_eq!(refused(&frame(0xc1, b"\xff\xff\xff")), Some(1007));
}

/// Any sequence of frames, good or bad.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => Just(0x81_u8),
        6 => Just(0x82),
        4 => Just(0x01),
        4 => Just(0x80),
        2 => Just(0x89),
        1 => Just(0xc1),
        1 => Just(0x88),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof!["[aä€😀]{0,40}".prop_map(String::into_bytes), any::<Vec<u8>>()];
    let frame = (first, payload).prop_map(|(first, payload)| frame(first, &payload));
    prop::collection::vec(frame, 1..8).prop_map(|frames| frames.concat())
}

proptest! {
    #[test]
    fn cutting_changes_nothing(bytes in frames(), cuts in prop::collection::vec(1_usize..9, 1..99)) {
        let mut pieces = Vec::new();
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let (items, violation) = whole(&bytes);
        let (cut_items, cut_violation) = decode(pieces);
        prop_assert_eq!(items, cut_items);
        // What is wrong in two ways may be found in either.
        prop_assert_eq!(violation.is_some(), cut_violation.is_some());
    }

    #[test]
    fn any_bytes_are_survived(bytes in any::<Vec<u8>>()) {
        whole(&bytes);
    }
}
