//! Where SQLite, PostgreSQL and MySQL differ.
//!
//! Statements are written with numbered parameters (`$1`), which may come more than once.

use std::time::Duration;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite 3.24 or later: it is built in, or the application's own.
    Sqlite,
    /// PostgreSQL 12 or later.
    Postgres,
    /// MySQL 8, MariaDB 10.5 or later.
    MySql,
}

impl Dialect {
    /// A name of a table or a column, whatever is in it.
    pub(crate) fn quote(self, name: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::MySql => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// A column as a text.
    pub(crate) fn as_text(self, column: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("CAST({column} AS TEXT)"),
            Self::MySql => format!("CAST({column} AS CHAR)"),
        }
    }

    /// A parameter that is a time as text, for a column of times.
    pub(crate) fn as_time(self, parameter: &str) -> String {
        match self {
            Self::Postgres => format!("CAST({parameter} AS timestamp with time zone)"),
            Self::Sqlite | Self::MySql => parameter.to_owned(),
        }
    }

    /// The greater of two.
    pub(crate) fn greater(self, one: &str, other: &str) -> String {
        match self {
            Self::Sqlite => format!("max({one}, {other})"),
            Self::Postgres | Self::MySql => format!("GREATEST({one}, {other})"),
        }
    }

    /// A statement that inserts, which begins with `INTO`; does nothing where the row is there.
    pub(crate) fn insert_new(self, into: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("INSERT {into} ON CONFLICT DO NOTHING"),
            Self::MySql => format!("INSERT IGNORE {into}"),
        }
    }

    /// A statement that inserts, which begins with `INTO`, or else changes the row of this key.
    /// `changes` are made in their order, which MySQL insists on.
    pub(crate) fn insert_or(self, into: &str, key: &str, changes: &[(&str, String)]) -> String {
        let changes: Vec<String> =
            changes.iter().map(|(column, to)| format!("{column} = {to}")).collect();
        let changes = changes.join(", ");
        match self {
            Self::Sqlite | Self::Postgres => {
                format!("INSERT {into} ON CONFLICT ({key}) DO UPDATE SET {changes}")
            }
            Self::MySql => format!("INSERT {into} ON DUPLICATE KEY UPDATE {changes}"),
        }
    }

    /// In [`Self::insert_or`]: the value that was to be inserted.
    pub(crate) fn inserted(self, column: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("excluded.{column}"),
            // The word that both MySQL and MariaDB understand.
            Self::MySql => format!("VALUES({column})"),
        }
    }

    /// What a query of rows that are going to be changed ends with.
    pub(crate) fn for_update(self) -> &'static str {
        match self {
            // The transaction has the whole database already.
            Self::Sqlite => "",
            Self::Postgres | Self::MySql => " FOR UPDATE",
        }
    }

    /// The time of the database, in milliseconds since 1970: that of now, not of the transaction.
    pub(crate) fn clock(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
            Self::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
            Self::MySql => "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
        }
    }

    /// Removes rows of which `column` is less than `$1`, up to `$2`, the oldest first.
    pub(crate) fn remove_below(self, table: &str, key: &str, column: &str) -> String {
        let oldest = format!("{column} < $1 ORDER BY {column} LIMIT $2");
        match self {
            Self::Sqlite => format!(
                "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {oldest})"
            ),
            // Rows that others are removing are left to them.
            Self::Postgres => format!(
                "DELETE FROM {table} WHERE {key} IN \
                 (SELECT {key} FROM {table} WHERE {oldest} FOR UPDATE SKIP LOCKED)"
            ),
            Self::MySql => format!("DELETE FROM {table} WHERE {oldest}"),
        }
    }

    /// The type of a column of a hash in hexadecimal.
    pub(crate) fn hash(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "text",
            Self::MySql => "varchar(64) CHARACTER SET ascii COLLATE ascii_bin",
        }
    }

    /// What begins a transaction that writes, none of whose statements takes longer.
    pub(crate) fn begin(self, patience: Duration) -> String {
        match self {
            // Not later at the first write, where nobody could wait for another's.
            Self::Sqlite => "BEGIN IMMEDIATE".to_owned(),
            // Whatever the database's default: each statement sees what was committed before it. A
            // machine that is gone must not hold its locks until TCP notices.
            Self::Postgres => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {0}; \
                 SET LOCAL idle_in_transaction_session_timeout = {0}",
                patience.as_millis().clamp(1, 3_600_000)
            ),
            Self::MySql => "START TRANSACTION".to_owned(),
        }
    }

    /// What a connection begins with.
    pub(crate) fn greet(self, patience: Duration) -> Option<String> {
        match self {
            Self::Sqlite | Self::Postgres => None,
            // As PostgreSQL's default and Django's own: fewer locks between rows. The last is for a
            // machine that is gone with its locks; a connection that was only idle is made anew.
            Self::MySql => Some(format!(
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                 SET SESSION innodb_lock_wait_timeout = {}, wait_timeout = 60",
                patience.as_secs().clamp(1, 3600)
            )),
        }
    }

    /// Writes `parameter` for each `$1`, or `$2`, and so on; gives the numbers in their order. What
    /// is quoted or in a comment is left alone.
    pub(crate) fn parameters(
        sql: &str,
        parameter: impl Fn(usize) -> String,
    ) -> (String, Vec<usize>) {
        let mut text = String::with_capacity(sql.len());
        let mut numbers = Vec::new();
        let mut rest = sql;
        while let Some(first) = rest.chars().next() {
            let length = quoted(rest).unwrap_or(first.len_utf8());
            let (this, after) = rest.split_at(length);
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, behind) = after.split_at(digits);
            if let ("$", Ok(number)) = (this, number.parse()) {
                text.push_str(&parameter(number));
                numbers.push(number);
                rest = behind;
            } else {
                text.push_str(this);
                rest = after;
            }
        }
        (text, numbers)
    }
}

/// The length of the quoted text or the comment that this begins with.
fn quoted(sql: &str) -> Option<usize> {
    for (open, close) in [("'", "'"), ("\"", "\""), ("`", "`"), ("--", "\n"), ("/*", "*/")] {
        if let Some(inside) = sql.strip_prefix(open) {
            let end = inside.find(close).map_or(inside.len(), |at| at + close.len());
            return Some(open.len() + end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn parameters_are_found_outside_of_quotes_and_comments() {
        let sql = "SELECT '$1', \"$2\", `$3`, $2 -- $1\n, $1 /* $9 */, $12, '$' || $1";
        let (text, numbers) = Dialect::parameters(sql, |n| format!("<{n}>"));
        assert_eq!(text, "SELECT '$1', \"$2\", `$3`, <2> -- $1\n, <1> /* $9 */, <12>, '$' || <1>");
        assert_eq!(numbers, [2, 1, 12, 1]);
        assert_eq!(Dialect::parameters("SELECT 'it''s $1', $1", |_| "?".into()).1, [1]);
        assert_eq!(Dialect::parameters("'open $1", |_| "?".into()).1, [0_usize; 0]);
    }

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        assert_eq!(Dialect::Postgres.quote("a\"b"), "\"a\"\"b\"");
        assert_eq!(Dialect::MySql.quote("a`b"), "`a``b`");
    }
}
