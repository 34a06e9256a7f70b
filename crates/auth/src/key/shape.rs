//! Whether a secret is in truth the text of a key, in any of the forms in which keys are passed
//! around. A public key as a secret lets everybody sign (CVE-2015-9235 and its many successors).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ParsedPublicKey,
};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;
use serde_json::Value;

use super::choice::Curve;

/// How often an encoding inside an encoding is taken off, and how deep JSON is looked into.
const MAX_DEPTH: usize = 4;

/// What is in the text of a key wherever it begins: with spaces, a prefix or another file around.
const MARKS: [(&[u8], &str); 13] = [
    (b"-----BEGIN ", PEM),
    (b"---- BEGIN ", SSH),
    (b"PuTTY-User-Key-File", SSH),
    (b"ssh-rsa", SSH),
    (b"ssh-dss", SSH),
    (b"ssh-ed25519", SSH),
    (b"ecdsa-sha2-nistp", SSH),
    (b"openssh-key-v1", SSH),
    (b"\"kty\"", JWK),
    (b"'kty'", JWK),
    // The base64 of the object identifiers of RSA, P-256 and Ed25519 keys, as they stand in DER.
    (b"ANBgkqhkiG9w0BAQEF", DER),
    (b"EwYHKoZIzj0CAQYI", DER),
    (b"MCowBQYDK2Vw", DER),
];

const PEM: &str = "a key in PEM";
const SSH: &str = "an SSH key";
const JWK: &str = "a JWK";
const DER: &str = "a key in DER";
const POINT: &str = "the point of an EC key";

/// The kind of key that this is the text of, if it is one.
pub(super) fn of_key(secret: &[u8]) -> Option<&'static str> {
    look(secret, MAX_DEPTH)
}

fn look(text: &[u8], depth: usize) -> Option<&'static str> {
    let marked = MARKS.iter().find(|(mark, _)| memmem::find(text, mark).is_some());
    if let Some((_, shape)) = marked {
        return Some(shape);
    }
    let trimmed = text.trim_ascii();
    if is_der(text) || is_der(trimmed) {
        return Some(DER);
    }
    if is_point(text) {
        return Some(POINT);
    }
    let depth = depth.checked_sub(1)?;
    let json = trimmed.strip_prefix("\u{feff}".as_bytes()).unwrap_or(trimmed);
    if let Ok(value) = serde_json::from_slice::<Value>(json)
        && let Some(shape) = look_into(&value, depth)
    {
        return Some(shape);
    }
    decoded(trimmed).into_iter().find_map(|inner| look(&inner, depth))
}

/// A key may be anywhere in JSON, also as a text. What is nested deeper than serde reads is no JSON
/// to any library of keys.
fn look_into(value: &Value, depth: usize) -> Option<&'static str> {
    match value {
        Value::Object(members) if members.contains_key("kty") => Some(JWK),
        Value::Object(members) => members.values().find_map(|it| look_into(it, depth)),
        Value::Array(items) => items.iter().find_map(|it| look_into(it, depth)),
        Value::String(text) => look(text.as_bytes(), depth),
        _ => None,
    }
}

/// What a text stands for in base64 or hexadecimal.
fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
    let packed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let base64 = [&STANDARD, &URL_SAFE]
        .map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(&packed).ok());
    base64.into_iter().flatten().chain(hexadecimal(&packed)).collect()
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(high)? * 16 + digit(low)?)).collect()
}

/// Whether it is one ASN.1 sequence of at least two values and nothing else, as every key and every
/// certificate is. That of random bytes is practically never so.
fn is_der(text: &[u8]) -> bool {
    let Some((0x30, content, [])) = value(text) else { return false };
    let (mut rest, mut count) = (content, 0);
    while !rest.is_empty() {
        let Some((_, _, behind)) = value(rest) else { return false };
        (rest, count) = (behind, count + 1);
    }
    count >= 2
}

/// The first value: its tag, its content, and what is behind it (X.690 section 8.1).
fn value(text: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, text) = text.split_first()?;
    let (first, text) = text.split_first()?;
    let (length, text) = match first {
        short @ 0..=0x7f => (usize::from(*short), text),
        long @ 0x81..=0x83 => {
            let (length, text) = text.split_at_checked(usize::from(long & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), text)
        }
        _ => return None,
    };
    let (content, behind) = text.split_at_checked(length)?;
    Some((*tag, content, behind))
}

/// Whether it is the uncompressed point of a public key.
fn is_point(text: &[u8]) -> bool {
    let scheme = match Curve::of_point(text) {
        Some(Curve::P256) => &ECDSA_P256_SHA256_FIXED,
        Some(Curve::P384) => &ECDSA_P384_SHA384_FIXED,
        Some(Curve::P521) => &ECDSA_P521_SHA512_FIXED,
        None => return false,
    };
    ParsedPublicKey::new(scheme, text).is_ok()
}
