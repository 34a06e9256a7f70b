//! Tokens in our own table.

use crate::Entry;
use crate::hashed::hashed;
use crate::sql::{Connection, Fault};

use super::ledger::Known;

pub(super) async fn add(on: &mut Connection, entry: &Entry) -> Result<bool, Fault> {
    let into = "INTO appserver_tokens (jti, expires_at) VALUES ($1, $2)";
    let values = [hashed(&entry.jti).into(), entry.expires.into()];
    Ok(on.execute(&on.dialect().insert_new(into), &values).await? == 1)
}

pub(super) async fn claim(
    on: &mut Connection,
    entry: &Entry,
    successor: &Entry,
    now: i64,
) -> Result<bool, Fault> {
    let sql = "UPDATE appserver_tokens SET used_at = $1, successor = $2 \
               WHERE jti = $3 AND used_at IS NULL AND revoked_at IS NULL";
    let values = [now.into(), hashed(&successor.jti).into(), hashed(&entry.jti).into()];
    Ok(on.execute(sql, &values).await? == 1)
}

pub(super) async fn revoke(on: &mut Connection, entry: &Entry, now: i64) -> Result<bool, Fault> {
    let sql = "UPDATE appserver_tokens SET revoked_at = $1 \
               WHERE jti = $2 AND used_at IS NULL AND revoked_at IS NULL";
    Ok(on.execute(sql, &[now.into(), hashed(&entry.jti).into()]).await? == 1)
}

pub(super) async fn find(on: &mut Connection, jti: &str) -> Result<Option<Known>, Fault> {
    let sql = "SELECT used_at, successor, revoked_at FROM appserver_tokens WHERE jti = $1";
    let Some(line) = on.first(sql, &[hashed(jti).into()]).await? else { return Ok(None) };
    let used = line.int(0).map(|at| (at, line.text(1).unwrap_or_default()));
    Ok(Some(Known { used, is_revoked: line.int(2).is_some() }))
}
