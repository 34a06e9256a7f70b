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
    fn incomplete_escapes_stay() {
        assert_eq!(&*percent_decode(b"/100%"), b"/100%");
        assert_eq!(&*percent_decode(b"/%4"), b"/%4");
        assert_eq!(&*percent_decode(b"/%zz%41"), b"/%zzA");
    }
}
