//! Whom the workers run as, and the permissions of what they create.

use std::fmt;

use super::{Setting, text::text_serde};

/// A user or a group: a name or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(String);

impl Account {
    /// The name or number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, where the account was written as one.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.0.parse().ok()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Setting for Account {
    const NAME: &'static str = "NAME";

    fn expected() -> String {
        "a name like \"www-data\" or a number".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.$@".contains(letter);
        (!text.is_empty() && text.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    fn from_integer(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(|number| Self(number.to_string()))
    }
}

/// The permission bits that new files do not get, written as an octal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Umask(u32);

impl Umask {
    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Umask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:03o}", self.0)
    }
}

impl Setting for Umask {
    const NAME: &'static str = "OCTAL";

    fn expected() -> String {
        "an octal text like \"027\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let octal = digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        let bits = u32::from_str_radix(digits, 8).ok()?;
        (octal && bits <= 0o777).then_some(Self(bits))
    }
}

text_serde!(Account, Umask);
