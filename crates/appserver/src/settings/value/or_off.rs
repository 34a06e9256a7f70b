//! Values that can be switched off.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Setting, text};

/// A value, or `off`, which may also be written as `0` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrOff<T>(Option<T>);

impl<T> OrOff<T> {
    /// Switched on, with this value.
    pub const fn on(value: T) -> Self {
        Self(Some(value))
    }

    /// Switched off.
    pub const fn off() -> Self {
        Self(None)
    }

    /// The value, or `None` where it is off.
    pub fn get(self) -> Option<T> {
        self.0
    }

    fn from_value(value: T) -> Self
    where
        T: Setting,
    {
        Self(Some(value).filter(|value| value.magnitude() != Some(0)))
    }
}

impl<T: fmt::Display> fmt::Display for OrOff<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(formatter),
            None => formatter.write_str("off"),
        }
    }
}

impl<T: Setting + fmt::Display> Setting for OrOff<T> {
    const NAME: &'static str = T::NAME;

    fn expected() -> String {
        format!("{}, or \"off\"", T::expected())
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" | "0" | "false" => Some(Self(None)),
            _ => T::parse(text).map(Self::from_value),
        }
    }

    fn from_integer(number: u64) -> Option<Self> {
        if number == 0 { Some(Self(None)) } else { T::from_integer(number).map(Self::from_value) }
    }

    fn from_bool(truth: bool) -> Option<Self> {
        (!truth).then_some(Self(None))
    }

    fn magnitude(&self) -> Option<u64> {
        self.0.as_ref().and_then(T::magnitude)
    }
}

impl<T: fmt::Display> Serialize for OrOff<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Setting + fmt::Display> Deserialize<'de> for OrOff<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::deserialize(from)
    }
}
