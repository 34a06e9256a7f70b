//! Lengths of time, always with their unit.

use std::{fmt, time};

use super::{Setting, text::text_serde};

/// Units with their length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time in whole milliseconds, written as `30s`, `500ms`, `2m`, `1h` or `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

impl Duration {
    /// A length of so many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A length of so many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// The same length as the standard library's type.
    #[must_use]
    pub const fn get(self) -> time::Duration {
        time::Duration::from_millis(self.0)
    }
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.get()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact =
            UNITS.iter().find(|(_, millis)| self.0 >= *millis && self.0.is_multiple_of(*millis));
        match exact {
            Some((unit, millis)) => write!(formatter, "{}{unit}", self.0 / millis),
            None => formatter.write_str("0s"),
        }
    }
}

impl Setting for Duration {
    const NAME: &'static str = "DURATION";

    fn expected() -> String {
        "a duration with its unit, like \"30s\", \"500ms\", \"2m\" or \"1h\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
        number.parse::<u64>().ok()?.checked_mul(*millis).map(Self)
    }

    fn magnitude(&self) -> Option<u64> {
        Some(self.0)
    }
}

text_serde!(Duration);
