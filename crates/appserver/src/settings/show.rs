//! What the settings are, and where each came from.

use std::fmt;

use figment::value::Value;
use serde::Serialize;

use super::{Settings, layers::Layers, table::join, value::Kind};

/// Stands for a value that is not shown.
const HIDDEN: &str = "***";

/// One setting for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The full key.
    pub key: String,
    /// The value; `***` where it is or may be secret, null where it is not set.
    pub value: serde_json::Value,
    /// Where it came from: `default`, `FILE:LINE`, `environment NAME` or `flag --NAME`.
    pub from: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, from } = self;
        match value {
            serde_json::Value::Null => write!(formatter, "# {key} is not set"),
            value => write!(formatter, "{key} = {}  # {from}", toml_text(value)),
        }
    }
}

/// All settings of the merged layers, in the order of their declaration; of a table of names each
/// name.
pub(crate) fn show(layers: &Layers) -> Vec<Shown> {
    let mut all = Vec::new();
    for (key, field) in Settings::TABLE.all() {
        let value = layers.value(&key);
        let names = value.and_then(Value::as_dict).filter(|_| field.kind == Kind::Table);
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            // Texts for the app: the names tell enough, and a value may be a password.
            all.extend(names.iter().map(|(name, value)| {
                let key = join(&key, name);
                let from = layers.place(&key, value.tag());
                Shown { value: HIDDEN.into(), key, from }
            }));
            continue;
        }
        let value = match value {
            Some(_) if field.secret => serde_json::Value::from(HIDDEN),
            value => value.and_then(field.canonical).unwrap_or(serde_json::Value::Null),
        };
        all.push(Shown { from: layers.place_of(&key), key, value });
    }
    all
}

/// A value as it would stand in the settings file.
pub(crate) fn toml_text(value: &serde_json::Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

/// A merged value in the shape that its type prints.
pub(crate) fn canonical<T: super::value::Setting>(value: &Value) -> Option<serde_json::Value> {
    serde_json::to_value(value.deserialize::<T>().ok()?).ok()
}
