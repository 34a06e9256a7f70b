//! Where the state of issued tokens is kept: which refresh tokens were used, what is revoked, who
//! fails to log in. Also where users are looked up. One trait, several databases.
//!
//! Tokens themselves are never stored. Every operation is one atomic step, whatever happens to the
//! process that asked for it. Times are milliseconds since 1970-01-01 00:00 UTC unless they are
//! said to be seconds. What a token is, and who may have one, is not known here.

#![forbid(unsafe_code)]

mod denial;
mod hashed;
pub mod lent;
mod redis;
mod sql;
mod token;
mod tokens;
mod users;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use appserver_auth::Mark;
pub use denial::{Denial, Since};
use lent::Lent;
pub use token::{Consumed, Entry, Reuse, State, Use};
pub use users::{NewUser, Row, UserTable, Users};

/// What an operation comes to, later.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why an operation has failed. What it was to change has either happened or not, as a whole.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or did not answer in time.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// The database has refused: no table, no right, no room.
    #[error("the store has refused: {0}")]
    Refused(String),
    /// The address of the store means nothing.
    #[error("{0}")]
    Address(String),
}

/// The state of issued tokens.
pub trait TokenStore: Send + Sync {
    /// Makes what the store needs, such as tables, where it is not there yet.
    fn prepare(&self) -> Pending<'_, ()>;

    /// Remembers a token that is about to be given out.
    fn record<'a>(&'a self, entry: &'a Entry) -> Pending<'a, ()>;

    /// What is known of a token. Denials count: of the token, its session, its subject, everybody.
    fn state<'a>(&'a self, entry: &'a Entry) -> Pending<'a, State>;

    /// Uses a refresh token up and remembers its successor, in one step: of any number of parallel
    /// calls with one token, exactly one is [`Consumed::Fresh`].
    fn consume<'a>(&'a self, used: &'a Use) -> Pending<'a, Consumed>;

    /// Revokes one token, as simplejwt's blacklist does; false if it was revoked or used before.
    fn blacklist<'a>(&'a self, entry: &'a Entry, now: i64) -> Pending<'a, bool>;

    /// Puts denials in. One that is there already only becomes stricter.
    fn deny<'a>(&'a self, denials: &'a [Denial], now: i64) -> Pending<'a, ()>;

    /// Denials that were put in or changed since, and those of a while before that, because several
    /// machines put them in; never one that ends before `now`.
    fn denials(&self, since: Since, now: i64) -> Pending<'_, (Vec<Denial>, Since)>;

    /// Takes one from each of these allowances, or from none; otherwise tells for how long to wait.
    fn take<'a>(&'a self, from: &'a [Allowance], now: i64) -> Pending<'a, Option<Duration>>;

    /// Counts a failure of this key within a window of time, and gives the count.
    fn fail<'a>(&'a self, key: &'a str, window: Duration, now: i64) -> Pending<'a, u32>;

    /// Forbids a key everything until then.
    fn lock<'a>(&'a self, key: &'a str, until: i64) -> Pending<'a, ()>;

    /// Until when one of the keys is locked, if any is.
    fn locked<'a>(&'a self, keys: &'a [String], now: i64) -> Pending<'a, Option<i64>>;

    /// Forgets failures and locks of a key.
    fn forgive<'a>(&'a self, key: &'a str) -> Pending<'a, ()>;

    /// Removes up to `most` rows that have expired; gives how many there were.
    fn sweep(&self, now: i64, most: u32) -> Pending<'_, u64>;
}

/// How often something may happen: a bucket of `burst`, filled in the time `per` (GCRA).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// What is counted; stored as a hash.
    pub key: String,
    /// How often at once.
    pub burst: u32,
    /// In which time it may happen that often again.
    pub per: Duration,
}

/// How a store is reached.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    /// `sqlite:///path`, `postgres://…`, `mysql://…`, `redis://…` or `rediss://…`. What has a meaning
    /// in URLs, such as `%` and `?`, is percent-encoded in paths too. May hold a password: never log
    /// it.
    pub url: String,
    /// Whether the tables are those of simplejwt's blacklist app, beside our own for the rest. Not
    /// for Redis.
    pub is_django: bool,
    /// Whether the application may have the file open, where it is SQLite's: then it is opened with the
    /// application's own library, where that is lent.
    #[serde(default)]
    pub is_applications: bool,
    /// For Django's table of outstanding tokens: whether users' keys are whole numbers.
    pub has_integer_users: bool,
    /// How long an operation may take.
    pub timeout: Duration,
    /// What the names of Redis keys begin with.
    pub prefix: String,
}

impl Address {
    /// A store of our own, with the defaults of the settings.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            is_django: false,
            is_applications: false,
            has_integer_users: true,
            timeout: Duration::from_secs(5),
            prefix: "appserver:".to_owned(),
        }
    }

    /// The file that it names, where it is SQLite's.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        sql::Target::named_file(&self.url)
    }
}

/// A store and the users beside it, opened but not yet connected: a database that is down is told
/// by each operation, and found again when it is back. `lent` is the application's SQLite library.
///
/// # Errors
/// [`StoreError::Address`].
pub fn open(address: &Address, lent: &Lent) -> Result<Arc<dyn TokenStore>, StoreError> {
    if redis::RedisStore::is_for(&address.url) {
        return Ok(Arc::new(redis::RedisStore::open(address)?));
    }
    Ok(Arc::new(tokens::SqlStore::open(address, lent)?))
}

/// The users of a table. Only for SQL databases. `lent` is as for [`open`].
///
/// # Errors
/// [`StoreError::Address`].
pub fn open_users(
    address: &Address,
    table: &UserTable,
    lent: &Lent,
) -> Result<Arc<dyn Users>, StoreError> {
    Ok(Arc::new(users::SqlUsers::open(address, table, lent)?))
}
