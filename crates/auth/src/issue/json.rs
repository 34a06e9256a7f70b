//! JSON as Python's `json.dumps` writes it with `separators=(",", ":")`, which is what PyJWT signs:
//! in the order given, without spaces, and all of it in ASCII.

use std::io::{self, Write};

use serde::Serializer as _;
use serde_json::{Serializer, Value, ser::Formatter};

/// The text of an object with these members.
///
/// # Errors
/// Never for values of JSON; what writes them has to say so.
pub(super) fn object(members: &[(String, Value)]) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(256);
    let mut serializer = Serializer::with_formatter(&mut text, Ascii);
    serializer.collect_map(members.iter().map(|(name, value)| (name, value)))?;
    Ok(text)
}

/// Compact, with everything but printable ASCII escaped.
struct Ascii;

impl Formatter for Ascii {
    /// What needs no escape in JSON. Python escapes the rest of Unicode as UTF-16, in small letters.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.bytes().all(is_plain) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        for char in fragment.chars() {
            match u8::try_from(char) {
                Ok(byte) if is_plain(byte) => writer.write_all(&[byte])?,
                _ => {
                    for unit in char.encode_utf16(&mut units) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(members: &[(&str, Value)]) -> String {
        let members: Vec<_> =
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        String::from_utf8(object(&members).unwrap()).unwrap()
    }

    /// The right sides are what `json.dumps` of CPython 3.13 prints.
    #[test]
    fn it_is_written_as_python_does() {
        assert_eq!(text(&[]), "{}");
        let written = text(&[
            ("token_type", json!("access")),
            ("exp", json!(1_700_000_000)),
            ("b", json!({"x": [1, -2, true, null, 1.5]})),
            ("a", json!([])),
        ]);
        let wanted =
            r#"{"token_type":"access","exp":1700000000,"b":{"x":[1,-2,true,null,1.5]},"a":[]}"#;
        assert_eq!(written, wanted);
        let odd = "ä€😀\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}<>&'";
        let wanted =
            r#"{"\u00e4":"\u00e4\u20ac\ud83d\ude00\"\\/\n\r\t\b\f\u0000\u001f\u007f<>&'"}"#;
        assert_eq!(text(&[("ä", json!(odd))]), wanted);
    }
}
