//! Percent-encoding (RFC 3986, section 2.1).

use std::borrow::Cow;

/// The bytes that a path stands for. An incomplete escape stands for itself.
pub(crate) fn percent_decode(path: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', path).is_none() {
        return Cow::Borrowed(path);
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, tail)) = rest.split_first() {
        let escaped = if *byte == b'%' { escape(tail) } else { None };
        decoded.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    Cow::Owned(decoded)
}

/// A path as a URL has it, but for its slashes.
pub(crate) fn percent_encode(path: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            let digits = [byte >> 4, byte & 15].map(|digit| DIGITS.get(usize::from(digit)));
            text.extend(digits.into_iter().flatten().copied().map(char::from));
        }
    }
    text
}

fn escape(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4) | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(&*percent_decode(b"/a%20b%C3%a9%2F%2525"), b"/a b\xc3\xa9/%25");
        assert_eq!(&*percent_decode(b"/plain"), b"/plain");
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(percent_encode(b"/a b/100%?#/\xc3\xa9:"), "/a%20b/100%25%3F%23/%C3%A9%3A");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(&*percent_decode(percent_encode(&all).as_bytes()), all);
    }

    #[test]
    fn incomplete_escapes_stay() {
        assert_eq!(&*percent_decode(b"/100%"), b"/100%");
        assert_eq!(&*percent_decode(b"/%4"), b"/%4");
        assert_eq!(&*percent_decode(b"/%zz%41"), b"/%zzA");
    }
}
