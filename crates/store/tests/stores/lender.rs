//! A library that is lent: the bundled one behind the trait, each connection with a loop of its own.

use std::path::Path;
use std::time::Duration;

use appserver_store::lent::{Cell, Done, LentError, Library, Session, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, TypeInfo, ValueRef};
use tokio::runtime::Runtime;

/// The library.
#[derive(Debug, Default)]
pub(crate) struct Lender {
    /// Whether it tells no codes of its errors.
    pub(crate) is_silent: bool,
}

impl Library for Lender {
    fn open(&self, path: &Path, patience: Duration) -> Result<Box<dyn Session>, LentError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(patience);
        let connection = runtime.block_on(options.disable_statement_logging().connect());
        let connection = connection.map_err(|error| told(&error, self.is_silent))?;
        Ok(Box::new(Lending { runtime, connection, is_silent: self.is_silent }))
    }
}

struct Lending {
    runtime: Runtime,
    connection: SqliteConnection,
    is_silent: bool,
}

impl Session for Lending {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<Done, LentError> {
        let query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(sql));
        let query = values.iter().fold(query, |query, value| match value {
            Value::Int(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
        });
        let connection = &mut self.connection;
        let done = self.runtime.block_on(async {
            let rows = query.fetch_all(&mut *connection).await?;
            let changes: i64 =
                sqlx::query_scalar("SELECT changes()").fetch_one(&mut *connection).await?;
            let rows = rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect());
            Ok(Done { rows: rows.collect(), changes: changes.try_into().unwrap() })
        });
        done.map_err(|error| told(&error, self.is_silent))
    }
}

fn cell(row: &SqliteRow, column: usize) -> Cell {
    let raw = row.try_get_raw(column).unwrap();
    match raw.type_info().name() {
        _ if raw.is_null() => Cell::Null,
        "INTEGER" => Cell::Int(row.get_unchecked(column)),
        "REAL" => Cell::Real(row.get_unchecked(column)),
        "TEXT" => Cell::Text(row.get_unchecked(column)),
        "BLOB" => Cell::Blob(row.get_unchecked(column)),
        other => panic!("what is {other}?"),
    }
}

fn told(error: &sqlx::Error, is_silent: bool) -> LentError {
    let sqlx::Error::Database(told) = error else { return LentError::Gone(error.to_string()) };
    let code = told.code().map(|code| code.parse().unwrap());
    LentError::Told { code: code.filter(|_| !is_silent), message: told.message().to_owned() }
}
