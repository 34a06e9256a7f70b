//! Tables of ours, and which version of them a database has.

use super::{Access, Connection, Dialect, Fault, Operation, Outcome};

/// PostgreSQL's advisory lock that is held while tables are made: `CREATE TABLE IF NOT EXISTS` fails
/// there if two do it at once. The letters are `appserv`.
const LOCK: i64 = 0x61_70_70_73_65_72_76;

/// Tables that belong together.
#[derive(Clone, Copy)]
pub(crate) struct Schema {
    /// What the version is kept under.
    pub(crate) name: &'static str,
    /// The version that this program knows.
    pub(crate) version: i64,
    /// The statements that make the tables where they are not there.
    pub(crate) tables: fn(Dialect) -> Vec<String>,
}

/// Finds out whether the tables have been made.
pub(super) struct Find<'a>(pub(super) &'a Schema);

impl Operation for Find<'_> {
    type Output = bool;
    const ACCESS: Access = Access::Read;
    const NEEDS_TABLES: bool = false;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<bool>, Fault> {
        match version(on, self.0).await {
            Ok(found) => Ok(Outcome::Keep(found.is_some())),
            Err(Fault::NoTable(_)) => Ok(Outcome::Keep(false)),
            Err(fault) => Err(fault),
        }
    }
}

/// Makes the tables.
pub(super) struct Make<'a>(pub(super) &'a Schema);

impl Operation for Make<'_> {
    type Output = ();
    const ACCESS: Access = Access::Write;
    const NEEDS_TABLES: bool = false;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<()>, Fault> {
        let dialect = on.dialect();
        if dialect == Dialect::Postgres {
            on.rows("SELECT 1 FROM pg_advisory_xact_lock($1)", &[LOCK.into()]).await?;
        }
        let hash = dialect.hash();
        on.run(&format!(
            "CREATE TABLE IF NOT EXISTS appserver_schema \
             (name {hash} NOT NULL PRIMARY KEY, version bigint NOT NULL)"
        ))
        .await?;
        version(on, self.0).await?;
        for statement in (self.0.tables)(dialect) {
            on.run(&statement).await?;
        }
        let into = "INTO appserver_schema (name, version) VALUES ($1, $2)";
        let values = [self.0.name.into(), self.0.version.into()];
        on.execute(&dialect.insert_new(into), &values).await?;
        Ok(Outcome::Keep(()))
    }
}

/// The version that the tables have.
async fn version(on: &mut Connection, schema: &Schema) -> Result<Option<i64>, Fault> {
    let sql = "SELECT version FROM appserver_schema WHERE name = $1";
    let found = on.first(sql, &[schema.name.into()]).await?.and_then(|line| line.int(0));
    match found {
        Some(version) if version > schema.version => Err(Fault::Refused(format!(
            "its tables are of version {version}, made by a newer program; this one knows {}",
            schema.version
        ))),
        found => Ok(found),
    }
}
