//! The header of a signed token (RFC 7515 section 4): what it may say, and what refuses it.
//!
//! Everything in it is the sender's word. `jku`, `jwk`, `x5u` and `x5c` are never looked at: keys come
//! from the provider alone (RFC 8725 section 3.10).

use serde_json::{Map, Value};

use crate::Reason;
use crate::compact::decode;
use crate::json;

/// The longest `kid`, in bytes. Real ones are thumbprints or UUIDs.
const MAX_KID: usize = 256;
/// A header has no reason to nest: an embedded key is one object.
const MAX_DEPTH: usize = 4;

/// A header that may be trusted as far as its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// `alg`, exactly as sent.
    pub(crate) alg: String,
    /// `kid`.
    pub(crate) kid: Option<String>,
    /// `typ`, in lower case, without `application/` (RFC 7515 section 4.1.9).
    pub(crate) typ: Option<String>,
}

impl Header {
    /// Reads the encoded header.
    ///
    /// # Errors
    /// [`Reason::Encoding`], [`Reason::MalformedHeader`], [`Reason::Critical`],
    /// [`Reason::Unsupported`].
    pub(crate) fn parse(encoded: &str) -> Result<Self, Reason> {
        let text = decode(encoded)?;
        let members = json::parse_object(&text, MAX_DEPTH).map_err(|_| Reason::MalformedHeader)?;
        // No extension is understood here, so none may be critical (RFC 7515 section 4.1.11). `b64`
        // without `crit` is one that must not be there (RFC 7797 section 6).
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(Reason::Critical);
        }
        if ["enc", "zip", "p2c", "epk"].iter().any(|name| members.contains_key(*name)) {
            return Err(Reason::Unsupported);
        }
        let alg = text_of(&members, "alg")?.ok_or(Reason::MalformedHeader)?;
        let kid = text_of(&members, "kid")?;
        if kid.as_ref().is_some_and(|kid| !is_kid(kid)) {
            return Err(Reason::MalformedHeader);
        }
        let typ = text_of(&members, "typ")?.map(|typ| media_type(&typ));
        if text_of(&members, "cty")?.is_some_and(|cty| media_type(&cty) == "jwt") {
            return Err(Reason::Unsupported);
        }
        Ok(Self { alg, kid, typ })
    }
}

fn text_of(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Reason> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Reason::MalformedHeader),
    }
}

/// It is only ever compared; this keeps it out of logs that it could harm.
fn is_kid(kid: &str) -> bool {
    !kid.is_empty() && kid.len() <= MAX_KID && !kid.chars().any(char::is_control)
}

/// A media type without its `application/`, which may be left out, in lower case.
pub(crate) fn media_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("application/") {
        Some(short) if !short.contains('/') => short.to_owned(),
        _ => lower,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Header, Reason> {
        Header::parse(&URL_SAFE_NO_PAD.encode(text))
    }

    #[test]
    fn simplejwts_header_is_read() {
        let header = parse(r#"{"alg":"HS256","typ":"JWT"}"#).unwrap();
        assert_eq!(header, Header { alg: "HS256".into(), kid: None, typ: Some("jwt".into()) });
    }

    #[test]
    fn alg_must_be_a_text() {
        let long = format!(r#"{{"alg":"{}"}}"#, "x".repeat(10_000));
        assert!(parse(&long).is_ok(), "it is compared, not looked up");
        for text in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":0}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":{"a":1}}"#,
            r#"{"ALG":"HS256"}"#,
        ] {
            assert_eq!(parse(text), Err(Reason::MalformedHeader), "{text}");
        }
    }

    #[test]
    fn nothing_is_critical_here() {
        for crit in [
            r#"["exp"]"#,
            r#"["b64"]"#,
            r#"["nope"],"nope":1"#,
            "[]",
            r#""b64""#,
            "[1]",
            r#"["alg"]"#,
            r#"["exp","exp"]"#,
            "null",
        ] {
            let text = format!(r#"{{"alg":"HS256","crit":{crit}}}"#);
            assert_eq!(parse(&text), Err(Reason::Critical), "{text}");
        }
        for b64 in ["false", "true"] {
            let text = format!(r#"{{"alg":"HS256","b64":{b64}}}"#);
            assert_eq!(parse(&text), Err(Reason::Critical), "{text}");
        }
    }

    #[test]
    fn what_is_encrypted_compressed_or_nested_is_refused() {
        for more in [
            r#""zip":"DEF""#,
            r#""enc":"A256GCM""#,
            r#""p2c":2147483647"#,
            r#""cty":"JWT""#,
            r#""cty":"application/jwt""#,
        ] {
            let text = format!(r#"{{"alg":"HS256",{more}}}"#);
            assert_eq!(parse(&text), Err(Reason::Unsupported), "{text}");
        }
    }

    #[test]
    fn a_kid_is_a_short_text() {
        let kid = |kid: &str| parse(&format!(r#"{{"alg":"HS256","kid":{kid}}}"#));
        for fine in [r#""../../dev/null""#, r#""' OR 1=1--""#, r#""|id""#, r#""http://127.0.0.1/""#]
        {
            assert!(kid(fine).is_ok(), "{fine} is a name like any other");
        }
        let long = format!("\"{}\"", "k".repeat(65_536));
        for wrong in ["5", "[]", "null", r#""""#, r#""a\u0000""#, &long] {
            assert_eq!(kid(wrong), Err(Reason::MalformedHeader), "{}", wrong.len());
        }
    }

    #[test]
    fn embedded_keys_are_not_looked_at() {
        let text = r#"{"alg":"RS256","jwk":{"kty":"RSA"},"jku":"http://127.0.0.1:1/","x5c":["AA"],"x5u":"file:///etc/passwd","kid":"a"}"#;
        let header = parse(text).unwrap();
        assert_eq!(header, Header { alg: "RS256".into(), kid: Some("a".into()), typ: None });
    }

    #[test]
    fn types_are_media_types() {
        let typ =
            |typ: &str| parse(&format!(r#"{{"alg":"a","typ":"{typ}"}}"#)).unwrap().typ.unwrap();
        for text in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert_eq!(typ(text), "at+jwt");
        }
        assert_eq!(typ("application/x/at+jwt"), "application/x/at+jwt");
    }

    #[test]
    fn what_is_no_object_is_no_header() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in [
            "[]",
            "\"x\"",
            "5",
            "",
            "{",
            "\u{feff}{\"alg\":\"HS256\"}",
            &deep,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
            "{\"alg\":\"HS256\",\"a\\u0000\":1}",
            r#"{"alg":"\ud800"}"#,
        ] {
            assert_eq!(parse(text), Err(Reason::MalformedHeader), "{text:.40}");
        }
        let utf16: Vec<u8> = "{\"alg\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let invalid = [utf16, b"{\"alg\":\"\xff\"}".to_vec()];
        for bytes in invalid {
            let encoded = URL_SAFE_NO_PAD.encode(bytes);
            assert_eq!(Header::parse(&encoded), Err(Reason::MalformedHeader));
        }
    }

    proptest! {
        #[test]
        fn anything_is_a_header_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Header::parse(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
