//! The claims of a token (RFC 7519 section 4): strictly parsed, with the types that they must have.

use serde_json::{Map, Value};

/// The claims of a token. Registered claims have the right types once this exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    text: Box<str>,
    members: Map<String, Value>,
}

impl Claims {
    pub(crate) fn new(text: Box<str>, members: Map<String, Value>) -> Self {
        Self { text, members }
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

    /// A claim that is a time: seconds since 1970-01-01 00:00 UTC, perhaps with a fraction.
    #[must_use]
    pub fn time_of(&self, name: &str) -> Option<f64> {
        self.members.get(name)?.as_f64()
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
