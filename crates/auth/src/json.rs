//! JSON with nothing left to interpretation (RFC 8259, RFC 7493): no duplicate names at any level, a
//! limited depth, UTF-8 only, nothing behind the value. Two readers cannot understand it differently.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a text is not accepted. It never holds a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// No JSON, or more than that.
    #[error("no valid JSON")]
    Syntax,
    /// A name occurs twice in one object.
    #[error("a member occurs twice")]
    Duplicate,
    /// Arrays and objects inside each other, more than allowed.
    #[error("nested too deeply")]
    Depth,
    /// A name with a control character in it.
    #[error("a member's name has a control character")]
    Name,
}

/// Parses one value. A lone text, number or literal has depth 0, each array or object around one more.
///
/// # Errors
/// [`JsonError`]. Numbers beyond the range of a double are no JSON here.
pub fn parse(text: &[u8], max_depth: usize) -> Result<Value, JsonError> {
    // The whole text at once is quicker than each string in it.
    let text = std::str::from_utf8(text).map_err(|_| JsonError::Syntax)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value =
        Strict { depth: max_depth }.deserialize(&mut reader).map_err(|error| known(&error))?;
    reader.end().map_err(|_| JsonError::Syntax)?;
    Ok(value)
}

/// Parses one object.
///
/// # Errors
/// [`JsonError`]; anything else than an object is [`JsonError::Syntax`].
pub fn parse_object(text: &[u8], max_depth: usize) -> Result<Map<String, Value>, JsonError> {
    match parse(text, max_depth)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError::Syntax),
    }
}

/// serde carries a text only; these are the ones that we put in.
fn known(error: &serde_json::Error) -> JsonError {
    if error.classify() != serde_json::error::Category::Data {
        return JsonError::Syntax;
    }
    let text = error.to_string();
    let ours = [JsonError::Duplicate, JsonError::Depth, JsonError::Name];
    let found = ours.into_iter().find(|ours| text.starts_with(&ours.to_string()));
    found.unwrap_or(JsonError::Syntax)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(JsonError::Depth))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut found = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            found.push(item);
        }
        Ok(Value::Array(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut found = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.bytes().any(|byte| byte.is_ascii_control()) {
                return Err(A::Error::custom(JsonError::Name));
            }
            let value = members.next_value_seed(inner)?;
            if found.insert(name, value).is_some() {
                return Err(A::Error::custom(JsonError::Duplicate));
            }
        }
        Ok(Value::Object(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> JsonError {
        parse(text.as_bytes(), 8).unwrap_err()
    }

    #[test]
    fn duplicates_are_found_at_every_level_and_in_every_spelling() {
        assert_eq!(refused(r#"{"a":1,"a":1}"#), JsonError::Duplicate);
        assert_eq!(refused(r#"{"a":1,"b":2,"\u0061":1}"#), JsonError::Duplicate);
        assert_eq!(refused(r#"{"x":[{"y":{"a":1,"a":2}}]}"#), JsonError::Duplicate);
        assert!(parse(br#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#, 8).is_ok());
    }

    #[test]
    fn depth_is_limited_before_the_stack_is() {
        assert_eq!(refused(&"[".repeat(100_000)), JsonError::Depth);
        assert_eq!(refused(&"{\"a\":".repeat(100_000)), JsonError::Depth);
        assert!(parse(b"[[1]]", 2).is_ok());
        assert_eq!(parse(b"[[[1]]]", 2), Err(JsonError::Depth));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let wrong = [
            "",
            " ",
            "{",
            "{}{}",
            "{},",
            "{} x",
            "{a:1}",
            "{'a':1}",
            "{\"a\":1,}",
            "[1,]",
            "NaN",
            "Infinity",
            "1e400",
            "-",
            "01",
            "+1",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "/**/{}",
            "{\"a\":\"\n\"}",
            "\u{feff}{}",
            "tru",
        ];
        for text in wrong {
            assert_eq!(refused(text), JsonError::Syntax, "{text:?}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}", 8), Err(JsonError::Syntax));
        assert_eq!(parse(b"\xff\xfe{\0}\0", 8), Err(JsonError::Syntax));
    }

    #[test]
    fn a_name_with_a_control_character_is_refused() {
        assert_eq!(refused("{\"a\\u0000\":1}"), JsonError::Name);
        assert!(parse(b"{\"a\":\"\\u0000\"}", 8).is_ok());
    }

    #[test]
    fn numbers_keep_their_value() {
        let value = parse(br#"[9007199254740993,1.5,-0,1e2]"#, 8).unwrap();
        assert_eq!(value[0].as_u64(), Some(9_007_199_254_740_993));
        assert_eq!(value[1].as_f64(), Some(1.5));
        assert_eq!(value[3].as_f64(), Some(100.0));
    }

    #[test]
    fn only_an_object_is_one() {
        for text in ["[]", "\"x\"", "5", "null", "true"] {
            assert_eq!(parse_object(text.as_bytes(), 8), Err(JsonError::Syntax));
        }
        assert_eq!(parse_object(b"{}", 8), Ok(Map::new()));
    }
}
