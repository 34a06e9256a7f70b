//! What an operator can set: declaration, layers, checks, and what is printed of them.
//!
//! Defaults lie below the settings file, below the platform's variables, below `APPSERVER_*`, below
//! flags. Loading reports every mistake at once, each with its place. Nothing here starts a
//! process, opens a socket or changes the process's own state.

mod areas;
mod check;
mod discover;
mod environment;
mod file;
mod found;
mod key;
mod layers;
mod load;
mod mask;
mod mistake;
mod places;
mod reference;
mod show;
pub(crate) mod table;
pub mod value;

#[cfg(test)]
mod tests;

pub use areas::{
    Auth, ClaimTest, Forward, Http, Issue, IssueCookies, IssueKeys, IssueLimits, IssuePaths,
    IssueStore, Jwks, Jwt, JwtProvider, JwtRule, Log, Python, Settings, Static, StaticMount,
    TokenSource, UserTable,
};
pub use discover::{Discovered, NotDiscovered, discover};
pub use found::{find_interpreter, find_on_path, find_runtime_dir};
pub(crate) use found::{is_bare, paths};
pub(crate) use key::join;
pub use layers::{FlagValue, Sources};
pub use load::{Loaded, load, runtime_dir};
pub(crate) use mask::{bare, masked};
pub use mistake::{Mistake, SettingsError};
pub(crate) use reference::prose;
pub use reference::reference;
pub use show::Shown;
pub use table::{Collection, Field, Order, Range, Table};

/// The file that is read from the directory where no other is named.
pub const FILE_NAME: &str = "appserver.toml";
