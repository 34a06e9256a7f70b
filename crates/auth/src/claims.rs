//! The claims of a token (RFC 7519 section 4): strictly parsed, with the types that they must have.

use serde_json::{Map, Value};

use crate::{Reason, json};

/// Claims of real providers nest three or four deep.
const MAX_DEPTH: usize = 16;

/// The longest name of a token or a session, in bytes: what stores keep of it.
pub(crate) const LONGEST_ID: usize = 255;

/// The claims of a token. Registered claims have the right types once this exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    text: String,
    members: Map<String, Value>,
}

impl Claims {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Reason::MalformedClaims`]: it is no strict JSON object, or a registered claim has another
    /// type than RFC 7519 section 4.1 gives it.
    pub(crate) fn parse(payload: Vec<u8>) -> Result<Self, Reason> {
        let malformed = Reason::MalformedClaims;
        let members = json::parse_object(&payload, MAX_DEPTH).map_err(|_| malformed)?;
        let are_right = members.iter().all(|(name, value)| has_its_type(name, value));
        let text = String::from_utf8(payload).map_err(|_| malformed)?;
        if are_right { Ok(Self { text, members }) } else { Err(malformed) }
    }

    /// The JSON text that was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All claims.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// All claims, without the text that was signed.
    pub(crate) fn into_members(self) -> Map<String, Value> {
        self.members
    }

    /// The claim of this name, or of this dotted path through objects. A name with dots comes first.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        find(&self.members, path)
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text_of(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// A claim of this very name that is a text.
    pub(crate) fn text_of_member(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// A claim that is a time: seconds since 1970-01-01 00:00 UTC, perhaps with a fraction.
    #[must_use]
    pub fn time_of(&self, name: &str) -> Option<f64> {
        self.members.get(name)?.as_f64()
    }
}

/// What a registered claim may be. Whoever takes another type for "not there" skips a check.
fn has_its_type(name: &str, value: &Value) -> bool {
    match name {
        "exp" | "nbf" | "iat" => value.as_f64().is_some_and(f64::is_finite),
        "iss" | "sub" | "jti" => value.is_string(),
        "aud" => match value {
            Value::Array(items) => items.iter().all(Value::is_string),
            other => other.is_string(),
        },
        _ => true,
    }
}

fn find<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = members.get(path) {
        return Some(value);
    }
    let mut dots = memchr::memchr_iter(b'.', path.as_bytes());
    dots.find_map(|dot| {
        let (name, rest) = (path.get(..dot)?, path.get(dot + 1..)?);
        find(members.get(name)?.as_object()?, rest)
    })
}
