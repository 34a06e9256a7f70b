//! Values that must not be seen.

use std::{fmt, fs, path::PathBuf};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use super::Setting;

/// A value that prints as `***`. It comes from the settings file, from a file that
/// `{ file = "PATH" }` names, or from the environment; never from the command line, which every
/// user of the machine can read.
///
/// Serializing reveals it: that is how it reaches a child process, through a channel that only
/// this child reads.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn expected() -> String {
        "a text, or { file = \"PATH\" }".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Secret::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let entry: Option<(String, PathBuf)> = map.next_entry()?;
        let Some((_, path)) = entry.filter(|(key, _)| key == "file") else {
            return Err(de::Error::custom("expected { file = \"PATH\" }"));
        };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Secret(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => {
                Err(de::Error::custom(format!("cannot read {}: {error}", path.display())))
            }
        }
    }
}
