//! Why a statement has failed, as far as that decides what to do next.

use sqlx::error::DatabaseError;

use crate::StoreError;
use crate::lent::LentError;

use super::Dialect;

/// Why a statement has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It got into another transaction's way: the same again may succeed.
    Conflict(String),
    /// The connection is gone, or never came to be.
    Lost(String),
    /// There is no such table.
    NoTable(String),
    /// A value is none of the column's type.
    Misfit(String),
    /// The database does not do it.
    Refused(String),
}

impl Fault {
    /// What the driver says, for this kind of database.
    pub(crate) fn new(dialect: Dialect, error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(told) => Self::told(dialect, told.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Lost(error.to_string()),
            other => Self::Refused(other.to_string()),
        }
    }

    fn told(dialect: Dialect, told: &dyn DatabaseError) -> Self {
        match dialect {
            Dialect::Sqlite => {
                let code = told.code().and_then(|code| code.parse().ok());
                sqlite(code.unwrap_or_default(), told.message(), told.to_string())
            }
            Dialect::Postgres => postgres(told),
            Dialect::MySql => mysql(told),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Conflict(text) | Fault::Lost(text) => Self::Unavailable(text),
            Fault::NoTable(text) | Fault::Misfit(text) | Fault::Refused(text) => {
                Self::Refused(text)
            }
        }
    }
}

impl From<LentError> for Fault {
    fn from(error: LentError) -> Self {
        match error {
            LentError::Told { code: Some(code), message } => {
                sqlite(code, &message, format!("(code: {code}) {message}"))
            }
            LentError::Told { code: None, message } => {
                sqlite(sqlite_code(&message), &message, message.clone())
            }
            LentError::Gone(text) => Self::Lost(text),
        }
    }
}

/// The primary code of what SQLite says, as far as it decides anything: before CPython 3.11 the
/// message is all that is told. It is the same in all versions (`sqlite3_errstr`).
fn sqlite_code(message: &str) -> i32 {
    let codes = [
        ("no such table", 1),
        ("database is locked", 5),
        ("database table is locked", 6),
        ("database schema is locked", 6),
        ("unable to open database file", 14),
    ];
    let found = codes.into_iter().find(|(beginning, _)| message.starts_with(beginning));
    found.map_or(0, |(_, code)| code)
}

/// <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite(code: i32, message: &str, text: String) -> Fault {
    match code & 0xff {
        // SQLITE_ERROR has no code of its own for a table that is not there.
        1 if message.starts_with("no such table") => Fault::NoTable(text),
        // SQLITE_BUSY, SQLITE_LOCKED.
        5 | 6 => Fault::Conflict(text),
        // SQLITE_CANTOPEN: a directory that is not mounted yet.
        14 => Fault::Lost(text),
        _ => Fault::Refused(text),
    }
}

/// Appendix A of PostgreSQL's manual.
fn postgres(told: &dyn DatabaseError) -> Fault {
    let code = told.code().unwrap_or_default();
    let text = format!("{} ({code})", told.message());
    match code.as_ref() {
        // Serialization, deadlock, locks, time is up; a row that is referred to was removed meanwhile.
        "40001" | "40P01" | "55P03" | "57014" | "23503" => Fault::Conflict(text),
        "42P01" => Fault::NoTable(text),
        // Idle for too long, shutting down, crashed, starting, too many connections.
        "25P03" | "57P01" | "57P02" | "57P03" | "57P05" | "53300" => Fault::Lost(text),
        code if code.starts_with("08") => Fault::Lost(text),
        code if code.starts_with("22") => Fault::Misfit(text),
        _ => Fault::Refused(text),
    }
}

/// The server's error numbers, the same for MySQL and MariaDB.
fn mysql(told: &dyn DatabaseError) -> Fault {
    let number = told
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
        .unwrap_or_default();
    // The text of 1062 and its like quotes values.
    let text = format!("error {number} of the database");
    match number {
        // Lock wait timeout, deadlock; MariaDB's "record has changed since last read".
        1205 | 1213 | 1020 => Fault::Conflict(text),
        1146 => Fault::NoTable(text),
        // Too many connections, shutting down, killed.
        1040 | 1053 | 1077 | 1079 | 1317 | 1927 | 2006 | 2013 => Fault::Lost(text),
        1264 | 1292 | 1366 | 1406 => Fault::Misfit(text),
        _ => Fault::Refused(format!("{text}: {}", told.message())),
    }
}
