//! An SQLite library that somebody else in this process has, lent to this crate.
//!
//! Locks on files belong to the process, and whoever closes one of its descriptors drops them all:
//! two libraries that have one file open in one process do not keep each other out
//! (<https://www.sqlite.org/howtocorrupt.html>, section 2.2.1). So files that an application may have
//! open are opened with the application's own library. Whose that is, is not known here.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use crate::sql::Value;

/// The library of the application, where there is one.
pub type Lent = Option<Arc<dyn Library>>;

/// An SQLite library, 3.24 or later.
pub trait Library: Debug + Send + Sync {
    /// Opens a file for reading and writing, on the thread that is going to use it; a file that is not
    /// there is not made. Statements wait for other connections for as long as `patience`. Nothing
    /// begins a transaction but `BEGIN`. May block.
    ///
    /// # Errors
    /// It cannot be opened, or the library is there no more.
    fn open(&self, path: &Path, patience: Duration) -> Result<Box<dyn Session>, LentError>;
}

/// A connection, used by one thread. To drop it closes it, and undoes what was not committed.
pub trait Session {
    /// Runs one statement, whose parameters are written `?`, to its end. May block.
    ///
    /// # Errors
    /// The statement has failed, or the library is there no more.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<Done, LentError>;
}

/// What a statement comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// All rows that it gives.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows an `INSERT`, an `UPDATE` or a `DELETE` has changed.
    pub changes: u64,
}

/// A value as SQLite stores it (<https://www.sqlite.org/datatype3.html>), whatever type its column
/// was declared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Why a statement has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LentError {
    /// SQLite has said so.
    #[error("{message}")]
    Told {
        /// SQLite's own code (<https://www.sqlite.org/rescode.html>), extended or not, where the
        /// library tells it.
        code: Option<i32>,
        /// What it says.
        message: String,
    },
    /// The library, or the thread that has used it, is there no more.
    #[error("{0}")]
    Gone(String),
}
