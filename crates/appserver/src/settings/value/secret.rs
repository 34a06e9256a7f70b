//! Where a secret is read from.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Setting;

/// The place of a secret: never the secret itself, so that settings can be shown, logged and handed
/// on. An inline text is refused, and not repeated: it would be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub enum Secret {
    /// The environment variable of this name.
    Variable(String),
    /// The whole content of this file, without one newline at its end.
    File(PathBuf),
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "the variable {name}"),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

impl Setting for Secret {
    const SECRET: bool = true;
    const HIDDEN: bool = false;

    fn expected() -> String {
        "{ env = \"NAME\" } or { file = \"PATH\" }, never the secret itself".to_owned()
    }

    fn parse(_text: &str) -> Option<Self> {
        None
    }
}

/// As it is written. A struct would also be read from a list, and a secret in it taken for a name.
type Parts = BTreeMap<String, String>;

impl TryFrom<Parts> for Secret {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        let mut parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        let secret = match (parts.next(), parts.next()) {
            (Some((key, name)), None) if key == "env" => Some(Self::Variable(name)),
            (Some((key, path)), None) if key == "file" => Some(Self::File(path.into())),
            _ => None,
        };
        secret.ok_or_else(|| format!("expected {}", Self::expected()))
    }
}

impl From<Secret> for Parts {
    fn from(secret: Secret) -> Self {
        let (key, text) = match secret {
            Secret::Variable(name) => ("env", name),
            Secret::File(path) => ("file", path.to_string_lossy().into_owned()),
        };
        Self::from([(key.to_owned(), text)])
    }
}
