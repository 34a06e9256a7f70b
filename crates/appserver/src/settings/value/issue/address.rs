//! The address of a database, or where it is read from.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::super::{Secret, Setting};

/// An address as it stands, which may be empty, or the place of one that holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The address.
    Text(String),
    /// Where it is.
    Secret(Secret),
}

impl Address {
    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(formatter),
            Self::Secret(secret) => secret.fmt(formatter),
        }
    }
}

impl Setting for Address {
    /// An address may hold a password, which others could read on a command line.
    const SECRET: bool = true;
    const HIDDEN: bool = false;
    const NAME: &'static str = "URL";

    fn expected() -> String {
        format!("an address without a password in its query, or {}", Secret::expected())
    }

    /// A password before the host is masked wherever an address is shown; one in the query is not.
    fn parse(text: &str) -> Option<Self> {
        let query = text.split_once('?').map_or("", |(_, query)| query);
        let has_password = query.to_ascii_lowercase().contains("password");
        (!has_password).then(|| Self::Text(text.to_owned()))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret(secret) => secret.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AddressVisitor)
    }
}

struct AddressVisitor;

impl<'de> de::Visitor<'de> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Address::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
        Address::parse(text.trim()).ok_or_else(|| E::custom("not an address"))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Address, A::Error> {
        Secret::deserialize(de::value::MapAccessDeserializer::new(map)).map(Address::Secret)
    }
}
