//! The compact serialization of a signed token (RFC 7515 section 7.1): three parts between dots, each
//! in canonical base64url. Every other form is refused (RFC 8725 section 3.3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Reason;

/// The parts of a token, still encoded. None is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compact<'a> {
    /// The header.
    pub(crate) header: &'a str,
    /// The payload.
    pub(crate) payload: &'a str,
    /// The signature.
    pub(crate) signature: &'a str,
    /// What was signed: header, dot, payload.
    pub(crate) signed: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Reason::Unsupported`] for the five parts of an encrypted one (RFC 7516 section 7.1),
    /// [`Reason::NotCompact`] for everything else that is not three parts.
    pub(crate) fn split(token: &'a str) -> Result<Self, Reason> {
        let bytes = token.as_bytes();
        // Without a way out in the middle the compiler takes many bytes at once.
        if !bytes.iter().fold(true, |so_far, byte| so_far & is_of_token(*byte)) {
            return Err(Reason::NotCompact);
        }
        let mut dots = memchr::memchr_iter(b'.', bytes);
        let (Some(first), Some(second)) = (dots.next(), dots.next()) else {
            return Err(Reason::NotCompact);
        };
        match dots.count() {
            0 => {}
            2 => return Err(Reason::Unsupported),
            _ => return Err(Reason::NotCompact),
        }
        let part = |from: usize, to: usize| token.get(from..to).filter(|part| !part.is_empty());
        let parts = (
            part(0, first),
            part(first + 1, second),
            part(second + 1, token.len()),
            part(0, second),
        );
        let (Some(header), Some(payload), Some(signature), Some(signed)) = parts else {
            return Err(Reason::NotCompact);
        };
        Ok(Self { header, payload, signature, signed })
    }
}

/// The characters of base64url, and the dot.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_') | (byte == b'.')
}

/// Decodes canonical base64url: no padding, no other characters, unused bits zero (RFC 4648 section 3.5).
///
/// # Errors
/// [`Reason::Encoding`].
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_three_parts_are_a_token() {
        let parts = Compact::split("aa.bb.cc").unwrap();
        assert_eq!((parts.header, parts.payload, parts.signature), ("aa", "bb", "cc"));
        assert_eq!(parts.signed, "aa.bb");
        let wrong = [
            "",
            ".",
            "..",
            "...",
            "aa",
            "aa.bb",
            "aa.bb.",
            "aa..cc",
            ".bb.cc",
            ".aa.bb.cc",
            "aa.bb.cc.",
            "a.b.c.d",
            "a.b.c.d.e.f",
            "aa.bb.cc ",
            " aa.bb.cc",
            "aa.b\n.cc",
            "aa.bb.c=",
            "aa.bb.c+",
            "aa.bb.c/",
            "aa.bb.\u{ff43}",
            "{\"payload\":\"a\"}",
            "aa.bb.c?",
        ];
        for token in wrong {
            assert_eq!(Compact::split(token), Err(Reason::NotCompact), "{token:?}");
        }
        assert_eq!(Compact::split("a.b.c.d.e"), Err(Reason::Unsupported));
        assert_eq!(Compact::split("a....e"), Err(Reason::Unsupported));
        assert_eq!(Compact::split(&".".repeat(10_000_000)), Err(Reason::NotCompact));
    }

    #[test]
    fn only_canonical_base64url_is_decoded() {
        assert_eq!(decode("AA").unwrap(), [0]);
        for text in ["AB", "A", "AAAAA", "AA==", "A+", "A/", "A A", "AA\n", "A?"] {
            assert_eq!(decode(text), Err(Reason::Encoding), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn each_text_has_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = URL_SAFE_NO_PAD.encode(&bytes);
            prop_assert_eq!(decode(&text).unwrap(), bytes);
        }

        #[test]
        fn what_decodes_encodes_to_itself(text in "[A-Za-z0-9_-]{0,40}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(URL_SAFE_NO_PAD.encode(bytes), text);
            }
        }
    }
}
