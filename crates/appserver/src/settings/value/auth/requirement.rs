//! Whose token a rule wants.

use std::fmt;

use appserver_auth::config::Requirement as Inner;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Unexpected, Visitor},
    ser::SerializeMap,
};

use crate::settings::value::Setting;

/// A word, the name of a provider, or several of these: `{ all = [..] }`, `{ any = [..] }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement(pub Inner);

impl Requirement {
    /// Words that are no names of providers.
    pub const WORDS: [&'static str; 4] = ["none", "optional", "required", "missing"];

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(match text {
            "" => return None,
            "none" => Inner::None,
            "optional" => Inner::Optional,
            "required" => Inner::Required,
            "missing" => Inner::Missing,
            name => Inner::Provider(name.to_owned()),
        }))
    }
}

impl Setting for Requirement {
    fn expected() -> String {
        "\"none\", \"optional\", \"required\", the name of a provider, or { all = [..] } or \
         { any = [..] } of these and of \"missing\""
            .to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_text(text)
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (word, list) = match &self.0 {
            Inner::None => return serializer.serialize_str("none"),
            Inner::Optional => return serializer.serialize_str("optional"),
            Inner::Required => return serializer.serialize_str("required"),
            Inner::Missing => return serializer.serialize_str("missing"),
            Inner::Provider(name) => return serializer.serialize_str(name),
            Inner::All(list) => ("all", list),
            Inner::Any(list) => ("any", list),
        };
        let list: Vec<Self> = list.iter().cloned().map(Self).collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(word, &list)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RequirementVisitor)
    }
}

struct RequirementVisitor;

impl<'de> Visitor<'de> for RequirementVisitor {
    type Value = Requirement;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Requirement::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Requirement, E> {
        Requirement::from_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Requirement, A::Error> {
        let wrong = || de::Error::invalid_value(Unexpected::Map, &self);
        let first: Option<(String, Vec<Requirement>)> = map.next_entry()?;
        let (word, list) = first.ok_or_else(wrong)?;
        let list = list.into_iter().map(|each| each.0).collect();
        if map.next_key::<String>()?.is_some() {
            return Err(wrong());
        }
        match word.as_str() {
            "all" => Ok(Requirement(Inner::All(list))),
            "any" => Ok(Requirement(Inner::Any(list))),
            _ => Err(wrong()),
        }
    }
}
