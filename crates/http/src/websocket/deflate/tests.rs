//! Packing and unpacking.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::super::extension::{Deflate, negotiate};
use super::{Deflater, Inflater};

fn agreed(bits: u8) -> Deflate {
    let offer = format!("permessage-deflate; server_max_window_bits={bits}");
    let mut headers = HeaderMap::new();
    headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::try_from(offer).unwrap());
    negotiate(&headers).unwrap()
}

#[test]
fn what_is_not_worth_it_is_left_alone() {
    let mut deflater = Deflater::default();
    assert_eq!(deflater.deflate(&[b'x'; 63], agreed(15)), None);
    let mut noise = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    })
    .take(10_000)
    .collect();
    assert_eq!(deflater.deflate(&noise, agreed(15)), None);
    assert!(deflater.deflate(&[b'x'; 10_000], agreed(15)).unwrap().len() < 200);
}

/// RFC 7692, section 7.2.3: the same message in several forms.
#[test]
fn the_examples_of_the_standard_are_understood() {
    let mut inflater = Inflater::default();
    for packed in [
        &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
        &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        // A final block, and one after it.
        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ] {
        assert_eq!(inflater.inflate(packed, 5).unwrap(), b"Hello"[..]);
        assert!(inflater.inflate(packed, 4).is_err());
    }
}

#[test]
fn one_message_does_not_see_another() {
    let (mut deflater, mut inflater) = (Deflater::default(), Inflater::default());
    let message = "abcdefghij".repeat(20);
    let first = deflater.deflate(message.as_bytes(), agreed(15)).unwrap();
    assert_eq!(deflater.deflate(message.as_bytes(), agreed(15)).unwrap(), first);
    assert!(inflater.inflate(&[0xff], 100).is_err());
    assert_eq!(inflater.inflate(&first, 1000).unwrap(), message.as_bytes());
}

proptest! {
    #[test]
    fn packing_loses_nothing(word in "[a-z]{1,50}", count in 1_usize..4000, bits in 9_u8..=15) {
        let message = word.repeat(count).into_bytes();
        if let Some(packed) = Deflater::default().deflate(&message, agreed(bits)) {
            prop_assert!(packed.len() < message.len());
            let unpacked = Inflater::default().inflate(&packed, message.len()).unwrap();
            prop_assert_eq!(unpacked, message);
        }
    }
}

/// Bytes that cannot be packed.
fn noise() -> impl FnMut() -> u8 {
    let mut noise = 1_u32;
    move || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise.to_le_bytes()[0]
    }
}

/// What cannot be packed must leave nothing behind for the message after it. Short enough for one
/// block: what is left of that would be added up, message by message.
#[test]
fn noise_in_a_row_is_given_up_again_and_again() {
    let (mut deflater, mut next) = (Deflater::default(), noise());
    for bits in 9..=15 {
        for length in [8000, 16_000] {
            for _ in 0..12 {
                let message: Vec<u8> = (0..length).map(|_| next()).collect();
                assert_eq!(deflater.deflate(&message, agreed(bits)), None);
            }
        }
    }
}

#[test]
fn one_packer_takes_messages_of_every_kind_in_every_window() {
    let (mut deflater, mut inflater) = (Deflater::default(), Inflater::default());
    let mut next = noise();
    for bits in 9..=15 {
        for length in [100, 1000, 4096, 8191, 30_000, 65_536, 131_072, 300_000] {
            let random: Vec<u8> = (0..length).map(|_| next()).collect();
            let words: Vec<u8> = (0..length).map(|_| next() % 4 + b'a').collect();
            let mixed: Vec<u8> = [&random[..length / 2], &words[length / 2..]].concat();
            for message in [random, words, mixed] {
                if let Some(packed) = deflater.deflate(&message, agreed(bits)) {
                    assert!(packed.len() < message.len());
                    let unpacked = inflater.inflate(&packed, message.len()).unwrap();
                    assert_eq!(unpacked, message, "{bits} bits, {length} bytes");
                }
            }
        }
    }
}
