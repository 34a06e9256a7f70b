//! One connection: statements with parameters, and rows of texts and whole numbers.

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, TypeInfo, ValueRef};

use super::lent::{self, LentConnection};
use super::{Dialect, Fault, Line, Value};

/// A connection. To drop it closes it, and undoes what was not committed.
pub(crate) enum Connection {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a file, with a lent library.
    Lent(LentConnection),
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To MySQL or MariaDB.
    MySql(MySqlConnection),
}

/// Binds the parameters and calls the driver: the same words for three types. `$map` makes something
/// of what a driver gives, `$lent` of what a lent library does.
macro_rules! call {
    ($self:expr, ($sql:expr, $values:expr), $method:ident, $map:expr, $lent:expr) => {{
        let sql: &str = $sql;
        let values: &[Value] = $values;
        match $self {
            Connection::Sqlite(connection) => {
                let query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(sql));
                let query = values.iter().fold(query, |query, value| match value {
                    Value::Int(number) => query.bind(*number),
                    Value::Text(text) => query.bind(text.clone()),
                });
                let done = query.$method(connection).await.and_then($map);
                done.map_err(|error| Fault::new(Dialect::Sqlite, &error))
            }
            Connection::Lent(connection) => connection.call(sql, values).await.and_then($lent),
            Connection::Postgres(connection) => {
                let query = sqlx::query::<sqlx::Postgres>(AssertSqlSafe(sql));
                let query = values.iter().fold(query, |query, value| match value {
                    Value::Int(number) => query.bind(*number),
                    Value::Text(text) => query.bind(text.clone()),
                });
                let done = query.$method(connection).await.and_then($map);
                done.map_err(|error| Fault::new(Dialect::Postgres, &error))
            }
            Connection::MySql(connection) => {
                let (sql, numbers) = Dialect::parameters(sql, |_| "?".to_owned());
                let query = sqlx::query::<sqlx::MySql>(AssertSqlSafe(sql));
                let values = numbers.iter().filter_map(|number| values.get(number - 1));
                let query = values.fold(query, |query, value| match value {
                    Value::Int(number) => query.bind(*number),
                    Value::Text(text) => query.bind(text.clone()),
                });
                let done = query.$method(connection).await.and_then($map);
                done.map_err(|error| Fault::new(Dialect::MySql, &error))
            }
        }
    }};
}

impl Connection {
    /// Its kind.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) | Self::Lent(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Runs a statement; gives how many rows it has changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        call!(
            self,
            (sql, values),
            execute,
            |done| Ok(done.rows_affected()),
            |done| Ok(done.changes)
        )
    }

    /// Runs a query.
    pub(crate) async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Line>, Fault> {
        call!(
            self,
            (sql, values),
            fetch_all,
            |rows| rows.iter().map(Read::line).collect::<Result<Vec<Line>, _>>(),
            |done| done.rows.into_iter().map(lent::line).collect()
        )
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn first(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Line>, Fault> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs a statement as it is, without preparing it.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), Fault> {
        let dialect = self.dialect();
        let statement = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Lent(connection) => return connection.call(sql, &[]).await.map(drop),
            Self::Sqlite(connection) => statement.execute(connection).await.map(drop),
            Self::Postgres(connection) => statement.execute(connection).await.map(drop),
            Self::MySql(connection) => statement.execute(connection).await.map(drop),
        }
        .map_err(|error| Fault::new(dialect, &error))
    }
}

/// Reads rows of any types that are texts or numbers.
trait Read: Row {
    fn value(&self, column: usize) -> Result<Option<Value>, sqlx::Error>;

    fn line(&self) -> Result<Line, sqlx::Error> {
        (0..self.len()).map(|column| self.value(column)).collect::<Result<_, _>>().map(Line)
    }
}

impl Read for SqliteRow {
    fn value(&self, column: usize) -> Result<Option<Value>, sqlx::Error> {
        let raw = self.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(None);
        }
        let value = match raw.type_info().name() {
            "INTEGER" | "BOOLEAN" => Value::Int(self.try_get_unchecked(column)?),
            "REAL" => Value::Text(self.try_get_unchecked::<f64, _>(column)?.to_string()),
            _ => Value::Text(self.try_get_unchecked(column)?),
        };
        Ok(Some(value))
    }
}

impl Read for PgRow {
    fn value(&self, column: usize) -> Result<Option<Value>, sqlx::Error> {
        let raw = self.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(None);
        }
        let value = match raw.type_info().name() {
            "INT8" => Value::Int(self.try_get(column)?),
            "INT4" => Value::Int(self.try_get::<i32, _>(column)?.into()),
            _ => Value::Text(self.try_get(column)?),
        };
        Ok(Some(value))
    }
}

impl Read for MySqlRow {
    fn value(&self, column: usize) -> Result<Option<Value>, sqlx::Error> {
        let raw = self.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(None);
        }
        let value = match raw.type_info().name() {
            name if name.ends_with("UNSIGNED") => {
                Value::Text(self.try_get_unchecked::<u64, _>(column)?.to_string())
            }
            name if name.contains("INT") || name == "BOOLEAN" => {
                Value::Int(self.try_get_unchecked(column)?)
            }
            "FLOAT" => Value::Text(self.try_get::<f32, _>(column)?.to_string()),
            "DOUBLE" => Value::Text(self.try_get::<f64, _>(column)?.to_string()),
            // These come as binary fields, not as texts.
            name @ ("DATE" | "TIME" | "DATETIME" | "TIMESTAMP" | "BIT") => {
                let why = format!("a {name} is no text: write CAST(... AS CHAR)");
                return Err(sqlx::Error::Decode(why.into()));
            }
            _ => {
                let bytes: Vec<u8> = self.try_get_unchecked(column)?;
                Value::Text(String::from_utf8(bytes).map_err(|e| sqlx::Error::Decode(e.into()))?)
            }
        };
        Ok(Some(value))
    }
}
