//! Tokens in the tables of simplejwt's blacklist app, where the Django admin sees them and revokes
//! them.
//!
//! A token is used up by its row in the table of blacklisted tokens, of which the database takes only
//! one. When it was used, and for what, is in a row of our own table beside it, made in the same
//! transaction; a token that has none was revoked by someone else. In the place of a token's text
//! there is its hash.

use tokio::sync::OnceCell;

use crate::hashed::hashed;
use crate::sql::{
    Access, Connection, Database, Dialect, Fault, Key, Operation, Outcome, Value, instant,
};
use crate::{Entry, StoreError};

use super::ledger::Known;
use super::own;

const OUTSTANDING: &str = "token_blacklist_outstandingtoken";

/// How many of the oldest rows are looked at: there is no index that leads to those that have expired,
/// and others wait meanwhile.
const HEAD: u32 = 5000;

/// How many tokens are removed in one transaction: a project's file of SQLite is locked meanwhile.
const BATCH: u64 = 100;

/// How long a `jti` may be there, in characters.
const LONGEST: usize = 255;

/// The tables of simplejwt's blacklist app.
#[derive(Default)]
pub(super) struct Django {
    /// How users are referred to, once it is known.
    user: OnceCell<Reference>,
}

/// The column that refers to users.
#[derive(Clone, Debug)]
struct Reference {
    key: Key,
    /// What gives the user's key if there is such a user, and NULL otherwise.
    sql: String,
}

impl Django {
    pub(super) async fn add(&self, on: &mut Connection, entry: &Entry) -> Result<bool, Fault> {
        // MySQL would cut it off.
        if entry.jti.chars().count() > LONGEST {
            return Err(Fault::Misfit("the id of a token is too long".to_owned()));
        }
        let dialect = on.dialect();
        let reference = self.user.get_or_try_init(|| Reference::find(on)).await?;
        let user = reference.key.value(&entry.subject).filter(|_| !entry.subject.is_empty());
        let into = format!(
            "INTO {OUTSTANDING} (jti, token, created_at, expires_at, user_id) \
             VALUES ($1, $2, {}, {}, {})",
            dialect.as_time("$3"),
            dialect.as_time("$4"),
            if user.is_some() { &reference.sql } else { "NULL" },
        );
        let [issued, expires] =
            [entry.issued, entry.expires].map(|at| instant(at.saturating_mul(1000)));
        let token = format!("sha256:{}", entry.digest);
        let mut values: Vec<Value> =
            vec![entry.jti.as_str().into(), token.into(), issued.into(), expires.into()];
        values.extend(user);
        Ok(on.execute(&dialect.insert_new(&into), &values).await? == 1)
    }

    pub(super) async fn claim(
        &self,
        on: &mut Connection,
        entry: &Entry,
        successor: &Entry,
        now: i64,
    ) -> Result<bool, Fault> {
        if !self.revoke(on, entry, now).await? {
            return Ok(false);
        }
        let dialect = on.dialect();
        let inserted = |column| (column, dialect.inserted(column));
        // A token that was taken off the list in the admin may be used again.
        let sql = dialect.insert_or(
            "INTO appserver_tokens (jti, expires_at, used_at, successor) VALUES ($1, $2, $3, $4)",
            "jti",
            &[inserted("used_at"), inserted("successor"), ("revoked_at", "NULL".to_owned())],
        );
        let [token, next] = [entry, successor].map(|of| hashed(&of.jti).into());
        on.execute(&sql, &[token, entry.expires.into(), now.into(), next]).await?;
        Ok(true)
    }

    pub(super) async fn revoke(
        &self,
        on: &mut Connection,
        entry: &Entry,
        now: i64,
    ) -> Result<bool, Fault> {
        let dialect = on.dialect();
        let into = format!(
            "INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) \
             SELECT id, {} FROM {OUTSTANDING} WHERE jti = $2",
            dialect.as_time("$1")
        );
        let values = [instant(now).into(), entry.jti.as_str().into()];
        Ok(on.execute(&dialect.insert_new(&into), &values).await? == 1)
    }

    pub(super) async fn find(
        &self,
        on: &mut Connection,
        jti: &str,
    ) -> Result<Option<Known>, Fault> {
        let sql = format!(
            "SELECT listed.id FROM {OUTSTANDING} token \
             LEFT JOIN token_blacklist_blacklistedtoken listed ON listed.token_id = token.id \
             WHERE token.jti = $1"
        );
        let Some(line) = on.first(&sql, &[jti.into()]).await? else { return Ok(None) };
        if line.int(0).is_none() {
            return Ok(Some(Known::default()));
        }
        let used = own::find(on, jti).await?.and_then(|known| known.used);
        Ok(Some(Known { is_revoked: used.is_none(), used }))
    }

    /// Removes tokens that have expired before that time, as `flushexpiredtokens` does.
    pub(super) async fn sweep(
        &self,
        database: &Database,
        before: i64,
        most: u64,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        while removed < most {
            let batch = BATCH.min(most - removed);
            let count = database.perform(&Sweep { before, most: batch }).await?;
            removed += count;
            if count < batch {
                break;
            }
        }
        Ok(removed)
    }
}

impl Reference {
    async fn find(on: &mut Connection) -> Result<Self, Fault> {
        let dialect = on.dialect();
        let key = Key::of(on, OUTSTANDING, "user_id").await?.ok_or_else(|| {
            Fault::Refused(format!("there is no table {OUTSTANDING}: run `manage.py migrate`"))
        })?;
        let parameter = key.parameter(dialect, 5);
        let sql = match users(on).await? {
            Some((table, column)) => {
                format!("(SELECT {column} FROM {table} WHERE {column} = {parameter})")
            }
            None => parameter,
        };
        Ok(Self { key, sql })
    }
}

/// The table of users and its column, quoted, if the database knows what is referred to.
async fn users(on: &mut Connection) -> Result<Option<(String, String)>, Fault> {
    let dialect = on.dialect();
    let sql = match dialect {
        Dialect::Sqlite => {
            "SELECT \"table\", \"to\" FROM pragma_foreign_key_list($1) WHERE \"from\" = $2"
        }
        Dialect::Postgres => {
            "SELECT CAST(CAST(confrelid AS regclass) AS text), CAST(theirs.attname AS text) \
             FROM pg_constraint \
             JOIN pg_attribute ours ON ours.attrelid = conrelid AND ours.attnum = conkey[1] \
             JOIN pg_attribute theirs ON theirs.attrelid = confrelid \
             AND theirs.attnum = confkey[1] \
             WHERE contype = 'f' AND conrelid = to_regclass($1) \
             AND ours.attname = CAST($2 AS name)"
        }
        Dialect::MySql => {
            "SELECT referenced_table_name, referenced_column_name \
             FROM information_schema.key_column_usage WHERE table_schema = DATABASE() \
             AND table_name = $1 AND column_name = $2 AND referenced_table_name IS NOT NULL"
        }
    };
    let Some(line) = on.first(sql, &[OUTSTANDING.into(), "user_id".into()]).await? else {
        return Ok(None);
    };
    let (Some(table), Some(column)) = (line.text(0), line.text(1)) else { return Ok(None) };
    // PostgreSQL gives it quoted, and with its schema where need be.
    let table = if dialect == Dialect::Postgres { table } else { dialect.quote(&table) };
    Ok(Some((table, dialect.quote(&column))))
}

struct Sweep {
    before: i64,
    most: u64,
}

impl Operation for Sweep {
    type Output = u64;
    const ACCESS: Access = Access::Write;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<u64>, Fault> {
        let dialect = on.dialect();
        // There is no index on the time, but rows are made in the order in which they expire.
        let expired = format!(
            "SELECT id FROM (SELECT id, expires_at FROM {OUTSTANDING} ORDER BY id LIMIT {HEAD}) head \
             WHERE expires_at < {} ORDER BY id LIMIT $2",
            dialect.as_time("$1")
        );
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        let values = [instant(self.before).into(), most.into()];
        let (ids, values) = match dialect {
            // Nobody else writes meanwhile, so that both statements mean the same rows. To read them
            // would take a turn of the application's interpreter for each, with its file locked.
            Dialect::Sqlite => (expired, &values[..]),
            Dialect::Postgres | Dialect::MySql => {
                let lines = on.rows(&expired, &values).await?;
                let ids: Vec<String> = lines.iter().filter_map(|line| line.text(0)).collect();
                if ids.is_empty() {
                    return Ok(Outcome::Undo(0));
                }
                (ids.join(", "), &[][..])
            }
        };
        let listed =
            format!("DELETE FROM token_blacklist_blacklistedtoken WHERE token_id IN ({ids})");
        on.execute(&listed, values).await?;
        let sql = format!("DELETE FROM {OUTSTANDING} WHERE id IN ({ids})");
        on.execute(&sql, values).await.map(Outcome::Keep)
    }
}
