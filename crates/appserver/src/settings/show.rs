//! What the settings are, and where each came from.

use std::fmt;

use figment::value::Value;
use serde::Serialize;

use super::{
    Settings,
    key::join,
    layers::Layers,
    mask::masked_value,
    places::Places,
    table::{Collection, Field, Table},
    value::Kind,
};

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
    let mut shower = Shower { layers, places: Places::new(layers), all: Vec::new() };
    shower.table("", &Settings::TABLE, None);
    for shown in &mut shower.all {
        shown.value = masked_value(std::mem::take(&mut shown.value));
    }
    shower.all
}

struct Shower<'l> {
    layers: &'l Layers,
    places: Places,
    all: Vec<Shown>,
}

impl Shower<'_> {
    /// Shows a table. What one of several tables does not say is among its defaults.
    fn table(&mut self, prefix: &str, table: &'static Table, defaults: Option<&serde_json::Value>) {
        for field in table.fields {
            let default = defaults.and_then(|defaults| defaults.get(field.name));
            self.field(join(prefix, field.name), field, default);
        }
        for inner in table.tables {
            let defaults = defaults.and_then(|defaults| defaults.get(inner.name));
            self.table(&join(prefix, inner.name), inner, defaults);
        }
        for each in table.collections {
            self.collection(&join(prefix, each.table.name), each);
        }
    }

    fn field(&mut self, key: String, field: &Field, default: Option<&serde_json::Value>) {
        let value = self.layers.value(&key);
        let names = value.and_then(Value::as_dict).filter(|_| field.kind == Kind::Table);
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            let shown = names.iter().map(|(name, value)| {
                let key = join(&key, name);
                // Texts for the app: the names tell enough, and a value may be a password.
                let hidden = || serde_json::Value::from(HIDDEN);
                let value = if field.hidden { hidden() } else { plain(value) };
                Shown { from: self.places.of(&key), value, key }
            });
            self.all.extend(shown);
            return;
        }
        let (value, from) = match (value, default) {
            (Some(_), _) if field.hidden && field.kind != Kind::Table => {
                (serde_json::Value::from(HIDDEN), self.places.of(&key))
            }
            (None, Some(default)) => (default.clone(), "default".to_owned()),
            (value, _) => {
                let value = value.and_then(field.canonical);
                (value.unwrap_or(serde_json::Value::Null), self.places.of(&key))
            }
        };
        self.all.push(Shown { key, value, from });
    }

    /// Tables with names are shown key by key; those of a list as a whole, as nothing else could
    /// stand in a file.
    fn collection(&mut self, key: &str, collection: &'static Collection) {
        let defaults = (collection.table.defaults)();
        match self.layers.value(key) {
            Some(Value::Dict(_, tables)) => {
                for name in tables.keys() {
                    self.table(&join(key, name), collection.table, Some(&defaults));
                }
            }
            Some(value) if value.as_array().is_some_and(|items| !items.is_empty()) => {
                let (key, value) = (key.to_owned(), plain(value));
                self.all.push(Shown { from: self.places.of(&key), key, value });
            }
            _ => {}
        }
    }
}

/// A value as it was written.
fn plain(value: &Value) -> serde_json::Value {
    value.deserialize().unwrap_or_default()
}

/// A value as it would stand in the settings file.
pub(crate) fn toml_text(value: &serde_json::Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

/// A merged value in the shape that its type prints.
pub(crate) fn canonical<T: super::value::Setting>(value: &Value) -> Option<serde_json::Value> {
    serde_json::to_value(value.deserialize::<T>().ok()?).ok()
}
