//! The header fields that an application gives, checked and sorted.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, TRAILER,
};

/// The header fields of a response, as far as they were added.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// What goes out.
    pub(crate) map: HeaderMap,
    /// The declared length of the body, in bytes.
    pub(crate) length: Option<u64>,
    /// Whether `Trailer` is the application's affair: it sends trailers.
    pub(crate) keeps_trailer: bool,
}

impl Fields {
    /// Adds one field. Hop-by-hop fields (RFC 9110, section 7.6.1) are the server's affair and
    /// dropped, except `Connection: close`, which is a wish that can be granted.
    ///
    /// # Errors
    ///
    /// What is wrong with the name or the value.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let name = HeaderName::from_bytes(name).map_err(|_| "header name is not a token")?;
        let value = field_value(value).map_err(|_| CONTROL)?;
        self.put(name, value)
    }

    /// Adds one field that is well-formed.
    ///
    /// # Errors
    ///
    /// What is wrong with a Content-Length.
    pub(crate) fn put(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), &'static str> {
        if name == CONTENT_LENGTH {
            return self.set_length(value);
        }
        let is_close = || value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"close");
        if !is_hop_by_hop(&name) || (self.keeps_trailer && name == TRAILER) {
            self.map.append(name, value);
        } else if name == CONNECTION && is_close() {
            self.map.insert(name, value);
        }
        Ok(())
    }

    fn set_length(&mut self, value: HeaderValue) -> Result<(), &'static str> {
        let length =
            parse_length(value.as_bytes()).ok_or("Content-Length is not a number of bytes")?;
        if self.length.is_some_and(|before| before != length) {
            return Err("Content-Length is given twice");
        }
        self.length = Some(length);
        self.map.insert(CONTENT_LENGTH, value);
        Ok(())
    }
}

/// A field value without the whitespace around it, which is no part of it (RFC 9110, section 5.5):
/// Django's cookies begin with a space.
///
/// # Errors
///
/// When it has a control character.
pub(crate) fn field_value(text: &[u8]) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_bytes(text.trim_ascii())
}

const CONTROL: &str = "header value has a control character";

fn parse_length(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    let name = name.as_str();
    match name.as_bytes().first() {
        Some(b'c') => name == "connection",
        Some(b'k') => name == "keep-alive",
        Some(b'p') => name.starts_with("proxy-"),
        Some(b't') => matches!(name, "te" | "trailer" | "transfer-encoding"),
        Some(b'u') => name == "upgrade",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_kept_in_order() {
        let mut fields = Fields::default();
        fields.add(b"Set-Cookie", b"a=1").unwrap();
        fields.add(b"Set-Cookie", b"b=\xe9").unwrap();
        let values: Vec<_> = fields.map.get_all("set-cookie").iter().collect();
        assert_eq!(values, [&b"a=1"[..], &b"b=\xe9"[..]]);
    }

    #[test]
    fn hop_by_hop_fields_are_dropped() {
        let mut fields = Fields::default();
        let names: [&[u8]; 8] = [
            b"Connection",
            b"Keep-Alive",
            b"Transfer-Encoding",
            b"TE",
            b"Trailer",
            b"Upgrade",
            b"Proxy-Authenticate",
            b"Proxy-Connection",
        ];
        for name in names {
            fields.add(name, b"chunked").unwrap();
        }
        assert!(fields.map.is_empty());
        fields.add(b"Connection", b"Close").unwrap();
        assert_eq!(fields.map.len(), 1);
    }

    #[test]
    fn impossible_fields_are_refused() {
        let fields: [(&[u8], &[u8]); 7] = [
            (b"", b"x"),
            (b"a b", b"x"),
            (b"a:", b"x"),
            (b"a", b"x\r\ny: z"),
            (b"a", b"x\0"),
            (b"Content-Length", b"+5"),
            (b"Content-Length", b"18446744073709551616"),
        ];
        for (name, value) in fields {
            assert!(Fields::default().add(name, value).is_err(), "{name:?}: {value:?}");
        }
    }

    #[test]
    fn one_content_length() {
        let mut fields = Fields::default();
        fields.add(b"content-length", b"5").unwrap();
        assert!(fields.add(b"Content-Length", b"6").is_err());
        fields.add(b"Content-Length", b"5").unwrap();
        assert_eq!((fields.length, fields.map.len()), (Some(5), 1));
    }
}
