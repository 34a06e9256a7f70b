//! How often something may happen, and what follows when it happens too often.

use std::fmt;
use std::time;

use super::super::{Duration, Setting, text::text_serde};

/// Units with their length in seconds.
const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

/// So many in a time: `20/m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: &'static str,
    seconds: u64,
}

impl Rate {
    /// So many per minute.
    pub(crate) const fn per_minute(count: u32) -> Self {
        Self { count, unit: "m", seconds: 60 }
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// In which time.
    #[must_use]
    pub fn per(self) -> time::Duration {
        time::Duration::from_secs(self.seconds)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.count, self.unit)
    }
}

impl Setting for Rate {
    const NAME: &'static str = "N/UNIT";

    fn expected() -> String {
        "a number per second, minute, hour or day, like \"20/m\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, name) = text.split_once('/')?;
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| *unit == name.trim())?;
        let is_number = count.trim().bytes().all(|byte| byte.is_ascii_digit());
        let count = count.trim().parse().ok().filter(|_| is_number)?;
        Some(Self { count, unit, seconds })
    }

    fn magnitude(&self) -> Option<u64> {
        Some(self.count.into())
    }
}

/// After so many failures, locked for a time: `5:1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// How many failures.
    pub failures: u32,
    /// For how long nothing is tried then.
    pub locked: Duration,
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.failures, self.locked)
    }
}

impl Setting for Tier {
    const NAME: &'static str = "N:DURATION";

    fn expected() -> String {
        "a number of failures and a duration, like \"5:1m\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (failures, locked) = text.split_once(':')?;
        let failures = failures.trim().parse().ok().filter(|failures| *failures > 0)?;
        Some(Self { failures, locked: Duration::parse(locked.trim())? })
    }
}

text_serde!(Rate, Tier);
