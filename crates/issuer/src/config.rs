//! What an issuer is built from: plain values, resolved, in the words of the settings file.
//!
//! Secrets are here in full, so this is handed between processes in memory only.

mod defaults;
mod files;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use appserver_auth::config::Provider;
use appserver_auth::issue::Format;
use appserver_passwords::Hashers;
use appserver_store::{Address, UserTable};
use serde::{Deserialize, Serialize};

use crate::Endpoint;

pub(crate) use defaults::LOGIN_FIELD;

/// Everything that an issuer needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// What is served where: paths as the client sees them, compared exactly.
    pub paths: BTreeMap<Endpoint, String>,
    /// How tokens look.
    pub format: Format,
    /// The provider that verifies what is issued, with its keys; of those of a directory the
    /// issuer knows more.
    pub provider: Provider,
    /// What signs.
    pub signing: Signing,
    /// The directory of our own keys, for a Django project that verifies with public keys and has
    /// none to sign with: it fetches ours.
    #[serde(default)]
    pub own_keys: Option<KeyDirectory>,
    /// How refresh tokens are exchanged.
    pub rotation: Rotation,
    /// Where users are.
    pub users: UserSource,
    /// How passwords are hashed.
    pub hashers: Hashers,
    /// Whether a password that was hashed in an outdated way is hashed anew at a login.
    pub upgrade_passwords: bool,
    /// `CHECK_REVOKE_TOKEN`: the claim with a hash of the stored password.
    pub password_claim: Option<String>,
    /// Whether logins set the user's last login.
    pub update_last_login: bool,
    /// Whether users that may not log in are refused (`CHECK_USER_IS_ACTIVE`).
    pub checks_active: bool,
    /// The name of the field that users are named in.
    pub login_field: String,
    /// The longest name and the longest password, in bytes.
    pub longest: (usize, usize),
    /// Threads that hash, in each worker, and logins that may wait for one.
    pub pool: (usize, usize),
    /// Limits of logins.
    pub limits: Limits,
    /// Where the state is kept. With [`Address::is_django`] and an empty address, the database of
    /// the Django project's tables is still to come.
    pub store: Address,
    /// Whether somebody has chosen the store; otherwise a Django project with simplejwt's blacklist
    /// app keeps the state in its tables.
    #[serde(default)]
    pub is_store_chosen: bool,
    /// How often the store is asked for what others have revoked.
    pub poll: Duration,
    /// For how long access tokens pass while the store cannot be asked; `None` is for ever.
    pub stale_after: Option<Duration>,
    /// Tokens in cookies, where they are.
    pub cookies: Option<Cookies>,
    /// More claims: names, with what they are made of.
    pub claims: Vec<(String, ClaimSource)>,
    /// Whether the application's callback adds claims.
    pub has_callback: bool,
    /// The `realm` of challenges.
    pub realm: String,
    /// Origins besides the request's own whose pages may send cookies.
    pub trusted_origins: Vec<String>,
    /// Whether much of this is still to be taken from the Django project.
    pub from_django: bool,
}

impl Config {
    /// The directory of our own keys, where tokens are signed with them.
    #[must_use]
    pub fn key_directory(&self) -> Option<&KeyDirectory> {
        match &self.signing {
            Signing::Directory(directory) => Some(directory),
            _ => self.own_keys.as_ref(),
        }
    }
}

/// What signs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Signing {
    /// A shared secret.
    Secret(Vec<u8>),
    /// A private key in PEM.
    Pem(String),
    /// Keys of our own, in a directory.
    Directory(KeyDirectory),
    /// The Django project's, still to come.
    Django,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(_) => f.write_str("Secret(***)"),
            Self::Pem(_) => f.write_str("Pem(***)"),
            Self::Directory(directory) => f.debug_tuple("Directory").field(directory).finish(),
            Self::Django => f.write_str("Django"),
        }
    }
}

/// Keys of our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyDirectory {
    /// Where they are.
    pub path: PathBuf,
    /// What for.
    pub algorithm: appserver_auth::Algorithm,
    /// After which time another key signs; `None` is never by itself.
    pub rotate_every: Option<Duration>,
    /// For how long a key is published before it signs.
    pub publish_ahead: Duration,
    /// For how long a key verifies after it has signed last: at least the longest lifetime of a token.
    pub retire_after: Duration,
    /// `max-age` of the published set.
    pub max_age: Duration,
}

/// How refresh tokens are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// As simplejwt does, or by families (RFC 9700).
    pub mode: Mode,
    /// `ROTATE_REFRESH_TOKENS`; always in families.
    pub rotates: bool,
    /// `BLACKLIST_AFTER_ROTATION`; always in families.
    pub blacklists: bool,
    /// For how long a used token gives its successor again. Only in families.
    pub grace: Duration,
    /// For how long a session may be refreshed at all.
    pub session_max_age: Option<Duration>,
}

/// What refresh tokens mean to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Nothing: simplejwt.
    Parity,
    /// They are of one session, which ends when one is used twice.
    Family,
}

/// Where users are.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserSource {
    /// In a table, which the server reads itself.
    Table(Address, UserTable),
    /// With the application.
    Application,
    /// Where the Django project has them, still to come.
    Django {
        /// Who looks.
        choice: UserChoice,
        /// The queries for claims, as [`UserTable::queries`].
        queries: Vec<String>,
    },
}

/// Who looks into a Django project's users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserChoice {
    /// The server where it sees all that the project does, otherwise the application.
    #[default]
    Auto,
    /// The server.
    Table,
    /// The application.
    Application,
}

/// Limits of logins. Keys are addresses (IPv4, or the first 64 bits of IPv6) and names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Logins of one address: how many in which time.
    pub per_address: Option<(u32, Duration)>,
    /// Logins for one name.
    pub per_user: Option<(u32, Duration)>,
    /// After so many failures of one name from one address, for how long both are locked; rising.
    pub tiers: Vec<(u32, Duration)>,
    /// For how long failures are remembered.
    pub window: Duration,
}

/// Tokens in cookies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookies {
    /// The name of the cookie with the access token.
    pub access: String,
    /// The name of that with the refresh token.
    pub refresh: String,
    /// `Path` of the access token's.
    pub access_path: String,
    /// `Path` of the refresh token's.
    pub refresh_path: String,
    /// `Domain`, where there is one.
    pub domain: Option<String>,
    /// `SameSite`: `Strict`, `Lax` or `None`.
    pub same_site: String,
    /// `Secure`.
    pub is_secure: bool,
    /// Whether tokens are left out of the bodies.
    pub only_cookies: bool,
}

/// What a claim is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimSource {
    /// A text with columns of the user in it, as `{user.email}`; one that is nothing else but one
    /// column may name a type: `{user.is_staff:bool}`, `:int`, `:json`.
    Template(String),
    /// The rows of the query of this number, as a list of texts.
    Query(usize),
}
