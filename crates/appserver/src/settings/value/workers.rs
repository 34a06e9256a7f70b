//! How many workers serve.

use std::{fmt, num::NonZero, thread};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Setting, text};

/// A number of workers, or `auto`: as many as the machine gives this process CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// One per CPU.
    Auto,
    /// Exactly so many.
    Count(u32),
}

impl Workers {
    /// The number of workers. `auto` counts the CPUs that the affinity mask and the quota of the
    /// control group (v1 and v2) leave to this process, at least one.
    #[must_use]
    pub fn count(self) -> u32 {
        match self {
            Self::Auto => thread::available_parallelism()
                .map_or(1, NonZero::get)
                .try_into()
                .unwrap_or(u32::MAX),
            Self::Count(count) => count,
        }
    }
}

impl fmt::Display for Workers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Count(count) => count.fmt(formatter),
        }
    }
}

impl Setting for Workers {
    const NAME: &'static str = "N";

    fn expected() -> String {
        "a number of workers or \"auto\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            _ => text.parse().ok().map(Self::Count),
        }
    }

    fn from_integer(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(Self::Count)
    }

    fn magnitude(&self) -> Option<u64> {
        match self {
            Self::Auto => None,
            Self::Count(count) => Some(u64::from(*count)),
        }
    }
}

impl Serialize for Workers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Count(count) => serializer.serialize_u32(*count),
        }
    }
}

impl<'de> Deserialize<'de> for Workers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::deserialize(from)
    }
}
