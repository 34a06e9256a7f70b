//! Amounts of bytes.

use std::fmt;

use super::{Setting, text::text_serde};

/// Units with their bytes. The binary ones come first, longest first: they are what is printed.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// An amount of bytes, written as `1MiB`, `8KiB`, `64KB`, `240B` or as a bare integer of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// So many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The amount in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The amount in bytes as a length in memory; the longest possible one where it does not fit.
    #[must_use]
    pub fn len(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Whether it is no byte at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact =
            UNITS.iter().find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes));
        match exact {
            Some((unit, bytes)) => write!(formatter, "{}{unit}", self.0 / bytes),
            None => formatter.write_str("0B"),
        }
    }
}

impl Setting for ByteSize {
    const NAME: &'static str = "SIZE";

    fn expected() -> String {
        "an amount of bytes like \"1MiB\", \"8KiB\", \"64KB\" or 1024".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = if unit.is_empty() { "B" } else { unit.trim_start() };
        let (_, bytes) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
        number.parse::<u64>().ok()?.checked_mul(*bytes).map(Self)
    }

    fn from_integer(number: u64) -> Option<Self> {
        Some(Self(number))
    }

    fn magnitude(&self) -> Option<u64> {
        Some(self.0)
    }
}

text_serde!(ByteSize);
