//! Our own tables.

use crate::sql::{Dialect, Schema};

/// Our own tables.
pub(super) const SCHEMA: Schema = Schema { name: "tokens", version: 1, tables };

/// For how long a token that has expired is remembered, in seconds: longer than any leeway of a
/// clock, because one that is forgotten may count as new.
pub(super) const KEPT: i64 = 3600;

/// Times are milliseconds, but for those that come from tokens: `expires_at`, `before_iat` and
/// `ends_at` are seconds. In `appserver_attempts`, `arrival` is microseconds and 0 is never.
fn tables(dialect: Dialect) -> Vec<String> {
    let hash = dialect.hash();
    let tables = [
        (
            "appserver_tokens",
            format!(
                "jti {hash} NOT NULL PRIMARY KEY, expires_at bigint NOT NULL, used_at bigint, \
                 successor {hash}, revoked_at bigint"
            ),
            vec!["expires_at"],
        ),
        (
            "appserver_denials",
            format!(
                "mark {hash} NOT NULL PRIMARY KEY, before_iat bigint NOT NULL, \
                 ends_at bigint NOT NULL, changed_at bigint NOT NULL"
            ),
            vec!["ends_at", "changed_at"],
        ),
        (
            "appserver_attempts",
            format!(
                "name {hash} NOT NULL PRIMARY KEY, arrival bigint NOT NULL, \
                 failures bigint NOT NULL, failures_end bigint NOT NULL, \
                 locked_until bigint NOT NULL, expires_at bigint NOT NULL"
            ),
            vec!["expires_at"],
        ),
    ];
    let made = tables
        .into_iter()
        .map(|(table, columns, indexes)| make(dialect, table, &columns, &indexes));
    made.flatten().collect()
}

/// A table with its indexes. MySQL makes these only together.
fn make(dialect: Dialect, table: &str, columns: &str, indexes: &[&str]) -> Vec<String> {
    let mut within = String::new();
    let mut beside = Vec::new();
    for column in indexes {
        match dialect {
            Dialect::MySql => within.push_str(&format!(", KEY {table}_{column} ({column})")),
            Dialect::Sqlite | Dialect::Postgres => beside
                .push(format!("CREATE INDEX IF NOT EXISTS {table}_{column} ON {table} ({column})")),
        }
    }
    let mut statements = vec![format!("CREATE TABLE IF NOT EXISTS {table} ({columns}{within})")];
    statements.append(&mut beside);
    statements
}
