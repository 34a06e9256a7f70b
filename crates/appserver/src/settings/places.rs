//! Where each key was set, also inside lists, for mistakes that are found after loading.

use std::collections::BTreeMap;

use figment::value::Value;

use super::{
    key::{join, outer},
    layers::Layers,
};

/// The place of every key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(BTreeMap<String, String>);

impl Places {
    /// Of all merged layers.
    pub(crate) fn new(layers: &Layers) -> Self {
        let mut places = Self::default();
        for (name, value) in &layers.values {
            places.add(layers, name, value);
        }
        places
    }

    /// Where a key was set, or the nearest table around it.
    pub(crate) fn of(&self, key: &str) -> String {
        let mut key = key;
        loop {
            if let Some(place) = self.0.get(key) {
                return place.clone();
            }
            let Some(around) = outer(key) else { return "default".to_owned() };
            key = around;
        }
    }

    fn add(&mut self, layers: &Layers, key: &str, value: &Value) {
        let written = layers.file.as_ref().filter(|(_, file)| file.has(key));
        let place = match (value, written) {
            (Value::Dict(..), Some((_, file))) => Some(file.place(key)),
            // A table that is not written itself came with what is in it.
            (Value::Dict(_, inner), None) => {
                inner.values().next().map(|first| layers.place(key, first.tag()))
            }
            (value, _) => Some(layers.place(key, value.tag())),
        };
        self.0.extend(place.map(|place| (key.to_owned(), place)));
        match value {
            Value::Dict(_, inner) => {
                inner.iter().for_each(|(name, value)| self.add(layers, &join(key, name), value));
            }
            Value::Array(_, items) => {
                let items = items.iter().enumerate();
                items.for_each(|(at, item)| self.add(layers, &join(key, &at.to_string()), item));
            }
            _ => {}
        }
    }
}
