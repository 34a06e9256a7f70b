//! Values that the server can find by itself.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Setting, text};

/// A value, or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrAuto<T>(Option<T>);

impl<T> OrAuto<T> {
    /// The server finds it.
    pub const fn auto() -> Self {
        Self(None)
    }

    /// The value, or `None` where the server finds it.
    pub fn get(self) -> Option<T> {
        self.0
    }
}

impl<T: fmt::Display> fmt::Display for OrAuto<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(formatter),
            None => formatter.write_str("auto"),
        }
    }
}

impl<T: Setting + fmt::Display> Setting for OrAuto<T> {
    const NAME: &'static str = T::NAME;

    fn expected() -> String {
        format!("{}, or \"auto\"", T::expected())
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self(None)),
            _ => T::parse(text).map(|value| Self(Some(value))),
        }
    }

    fn from_integer(number: u64) -> Option<Self> {
        T::from_integer(number).map(|value| Self(Some(value)))
    }

    fn magnitude(&self) -> Option<u64> {
        self.0.as_ref().and_then(T::magnitude)
    }
}

impl<T: fmt::Display> Serialize for OrAuto<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Setting + fmt::Display> Deserialize<'de> for OrAuto<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::deserialize(from)
    }
}
