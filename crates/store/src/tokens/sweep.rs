//! Removes what has expired, a few rows at a time, each table in a transaction of its own.

use crate::StoreError;
use crate::sql::{Access, Connection, Database, Fault, Operation, Outcome};

use super::ledger::Ledger;
use super::tables::KEPT;

/// Removes up to `most` rows of all tables.
pub(super) async fn all(
    database: &Database,
    ledger: &Ledger,
    now: i64,
    most: u32,
) -> Result<u64, StoreError> {
    let seconds = now.div_euclid(1000);
    let tables = [
        ("appserver_tokens", "jti", "expires_at", seconds - KEPT),
        ("appserver_denials", "mark", "ends_at", seconds),
        ("appserver_attempts", "name", "expires_at", now),
    ];
    let most = u64::from(most);
    let mut removed = 0;
    for (table, key, column, below) in tables {
        let most = most.saturating_sub(removed);
        if most > 0 {
            removed += database.perform(&Sweep { table, key, column, below, most }).await?;
        }
    }
    if let Ledger::Django(django) = ledger {
        let most = most.saturating_sub(removed);
        removed += django.sweep(database, now - KEPT * 1000, most).await?;
    }
    Ok(removed)
}

struct Sweep {
    table: &'static str,
    key: &'static str,
    column: &'static str,
    below: i64,
    most: u64,
}

impl Operation for Sweep {
    type Output = u64;
    const ACCESS: Access = Access::Step;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<u64>, Fault> {
        let sql = on.dialect().remove_below(self.table, self.key, self.column);
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        on.execute(&sql, &[self.below.into(), most.into()]).await.map(Outcome::Keep)
    }
}
