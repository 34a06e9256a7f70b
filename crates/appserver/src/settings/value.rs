//! The types a setting's value can have, each written with its unit.
//!
//! Every type reads the same text in the file, in a variable and behind a flag, prints the text it
//! reads, and goes through serde both ways, so that resolved settings reach a child process
//! unchanged. It knows nothing of layers or of single settings.

mod account;
mod auth;
mod bind;
mod duration;
mod issue;
mod keyword;
mod list;
mod native;
mod network;
mod or_auto;
mod or_off;
mod secret;
mod size;
mod text;
mod workers;

#[cfg(test)]
mod tests;

pub use account::{Account, Umask};
pub use auth::{Algorithm, CsrfProof, ErrorBody, Json, Pairs, Presence, Requirement, Wanted};
pub use bind::Bind;
pub use duration::Duration;
pub use issue::{Address, IssueMode, IssueUsers, Rate, SameSite, Tier};
pub use keyword::{
    AccessFormat, AccessLog, Immutable, Interface, Lifespan, LogFormat, LogLevel, Preload, Switch,
};
pub use list::List;
pub use network::Network;
pub use or_auto::OrAuto;
pub use or_off::OrOff;
pub use secret::Secret;
pub use size::ByteSize;
pub use workers::Workers;

use serde::{Serialize, de::DeserializeOwned};

/// How a text from the environment or from a flag becomes a value, and what the file must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text that the type itself parses.
    Text,
    /// A bare integer.
    Integer,
    /// Several values: a list, or one text with commas.
    List,
    /// A table of names and values.
    Table,
}

/// A type that a setting may have.
pub trait Setting: Sized + Serialize + DeserializeOwned {
    /// How texts become this type.
    const KIND: Kind = Kind::Text;
    /// Whether the value must never be repeated, nor be given on the command line.
    const SECRET: bool = false;
    /// Whether `config show` keeps the value to itself.
    const HIDDEN: bool = Self::SECRET;
    /// Whether the flag may stand without a value, which then means `true`.
    const BARE: bool = false;

    /// What stands for the value in the description of its flag.
    const NAME: &'static str = "VALUE";

    /// The words that are right values, where it takes only words.
    const WORDS: &'static [&'static str] = &[];

    /// What a right value looks like, to follow the word "expected".
    fn expected() -> String;

    /// Reads the value from its text; `None` where the text is not one.
    fn parse(text: &str) -> Option<Self>;

    /// Reads the value from a bare integer of the file, where the type has one.
    fn from_integer(_number: u64) -> Option<Self> {
        None
    }

    /// Reads the value from a boolean of the file, where the type has one.
    fn from_bool(_truth: bool) -> Option<Self> {
        None
    }

    /// What a range compares: milliseconds, bytes or a count. `None` is in every range.
    fn magnitude(&self) -> Option<u64> {
        None
    }
}
