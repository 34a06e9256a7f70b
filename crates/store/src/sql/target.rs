//! Which database an address means, and how a connection to it is made.

use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::Semaphore;

use crate::lent::Lent;
use crate::{Address, StoreError};

use super::lent::LentConnection;
use super::{Connection, Dialect, Fault};

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    device: u64,
    number: u64,
}

/// A database.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A file. Ours is made where it is not there, and written to as suits us; a project's is
    /// taken as it is. What the application may have open is opened with its own library.
    Sqlite { path: PathBuf, is_ours: bool, lent: Lent },
    /// PostgreSQL.
    Postgres(Box<PgConnectOptions>),
    /// MySQL or MariaDB.
    MySql(Box<MySqlConnectOptions>),
}

impl Target {
    /// Of an address, whose file is opened with the lent library where it is the application's, too.
    ///
    /// # Errors
    /// [`StoreError::Address`], without what may be a password.
    pub(crate) fn of(address: &Address, is_ours: bool, lent: &Lent) -> Result<Self, StoreError> {
        let mut target = Self::parse(&address.url, is_ours)?;
        if let Self::Sqlite { lent: library, .. } = &mut target
            && address.is_applications
        {
            library.clone_from(lent);
        }
        Ok(target)
    }

    /// Of the text of an address.
    fn parse(url: &str, is_ours: bool) -> Result<Self, StoreError> {
        let bad = |why: &str| StoreError::Address(format!("the address of the store {why}"));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("has no scheme"))?;
        match scheme {
            "sqlite" => {
                let path = rest.split_once('?').map_or(rest, |(path, _)| path);
                let path = decoded(path).ok_or_else(|| bad("is no file's"))?;
                if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') {
                    return Err(bad("names no file: write sqlite:///path"));
                }
                Ok(Self::Sqlite { path: PathBuf::from(path), is_ours, lent: None })
            }
            "postgres" | "postgresql" => PgConnectOptions::from_str(url)
                .map(|options| Self::Postgres(Box::new(options.disable_statement_logging())))
                .map_err(|_| bad("is none of PostgreSQL's")),
            "mysql" | "mariadb" => MySqlConnectOptions::from_str(url)
                .map(|options| Self::MySql(Box::new(options.disable_statement_logging())))
                .map_err(|_| bad("is none of MySQL's")),
            _ => Err(bad("is of no database that is known")),
        }
    }

    /// The file that an address names, where it is SQLite's.
    pub(crate) fn named_file(url: &str) -> Option<PathBuf> {
        match Self::parse(url, false).ok()? {
            Self::Sqlite { path, .. } => Some(path),
            Self::Postgres(_) | Self::MySql(_) => None,
        }
    }

    /// Its kind.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Whether commits may be left to the operating system, but for those that must last.
    pub(crate) fn is_lax(&self) -> bool {
        matches!(self, Self::Sqlite { is_ours: true, .. })
    }

    /// The file that is there now, where it is one.
    pub(crate) fn file(&self) -> Option<File> {
        let Self::Sqlite { path, .. } = self else { return None };
        std::fs::metadata(path).ok().map(|file| File { device: file.dev(), number: file.ino() })
    }

    /// Connects. A connection that has a thread of its own takes one of `threads`, for as long as the
    /// thread is there.
    pub(crate) async fn connect(
        &self,
        patience: Duration,
        threads: &Arc<Semaphore>,
    ) -> Result<Connection, Fault> {
        let made = match self {
            Self::Sqlite { path, is_ours, lent: Some(library) } => {
                if *is_ours {
                    make(path)?;
                }
                let lent = LentConnection::open((library, path), patience, threads).await?;
                return greet(Connection::Lent(lent), *is_ours).await;
            }
            Self::Sqlite { path, is_ours, lent: None } => {
                let options = sqlite(path, *is_ours)?.busy_timeout(patience);
                options.connect().await.map(Connection::Sqlite)
            }
            Self::Postgres(options) => options.connect().await.map(Connection::Postgres),
            Self::MySql(options) => options.connect().await.map(Connection::MySql),
        };
        let dialect = self.dialect();
        let mut made = made.map_err(|error| Fault::new(dialect, &error))?;
        if let Some(greeting) = dialect.greet(patience) {
            made.run(&greeting).await?;
        }
        Ok(made)
    }
}

fn sqlite(path: &Path, is_ours: bool) -> Result<SqliteConnectOptions, Fault> {
    let options =
        SqliteConnectOptions::new().filename(path).foreign_keys(false).disable_statement_logging();
    if !is_ours {
        return Ok(options);
    }
    make(path)?;
    // A process that dies loses nothing by NORMAL; what must outlive the machine says FULL.
    Ok(options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal))
}

/// The same of a connection of a lent library.
async fn greet(mut made: Connection, is_ours: bool) -> Result<Connection, Fault> {
    if is_ours {
        made.run("PRAGMA journal_mode = WAL").await?;
        made.run("PRAGMA synchronous = NORMAL").await?;
    }
    // Some libraries are built with another default.
    made.run("PRAGMA foreign_keys = OFF").await?;
    Ok(made)
}

/// Makes a file that only its owner may read, where it is not there. SQLite gives those beside it the
/// same mode.
fn make(path: &Path) -> Result<(), Fault> {
    try_make(path).map_err(|error| Fault::Lost(format!("{}: {error}", path.display())))
}

fn try_make(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    // A file that somebody has made meanwhile is not opened: to close it would drop the locks that this
    // process has on it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => follow(path),
        made => made.map(drop),
    }
}

/// Makes what a link leads to. Links that lead to each other are an error of their own (ELOOP).
fn follow(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let target = std::fs::read_link(path)?;
            try_make(&path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)))
        }
        found => found.map(drop),
    }
}

/// Percent-decoded (RFC 3986 section 2.1).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (rest.next()?, rest.next()?);
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Target, decoded};

    #[test]
    fn files_are_named_in_full() {
        let path = |url: &str| match Target::parse(url, true) {
            Ok(Target::Sqlite { path, .. }) => Some(path.display().to_string()),
            _ => None,
        };
        assert_eq!(path("sqlite:///a%20b/c.db?mode=rwc").as_deref(), Some("/a b/c.db"));
        for bad in [
            "sqlite://c.db",
            "sqlite://",
            "sqlite:///",
            "sqlite::memory:",
            "c.db",
            "x://y",
            "sqlite:///a%00",
        ] {
            assert_eq!(path(bad), None, "{bad}");
        }
        assert_eq!(decoded("%4"), None);
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn passwords_are_not_in_what_is_said_of_addresses() {
        let error = Target::parse("postgres://me:secret@host:port/db", true).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
