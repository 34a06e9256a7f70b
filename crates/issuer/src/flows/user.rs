//! Who a user is, whoever keeps the users.

use appserver_auth::issue::Kind;
use appserver_store::Row;
use serde_json::{Map, Value};

use crate::claims;
use crate::engine::{Engine, Outcome, stored};

/// A user, as far as tokens are concerned.
pub(super) struct User {
    pub(super) id: String,
    /// The stored, encoded password; empty where nobody needs it.
    pub(super) password: String,
    pub(super) is_active: bool,
    /// Where the server has read it itself.
    row: Option<Row>,
}

impl User {
    pub(super) fn of_row(row: Row) -> Self {
        let (id, password) = (row.id.clone(), row.password.clone());
        Self { id, password, is_active: row.is_active, row: Some(row) }
    }

    pub(super) fn of_login(login: crate::Login) -> Self {
        let crate::Login { id, is_active, password } = login;
        Self { id, password, is_active, row: None }
    }

    /// Whether the user may have tokens.
    pub(super) fn is_admitted(&self, engine: &Engine) -> bool {
        self.is_active || !engine.config.checks_active
    }

    /// What the claim with a hash of the password has to be, where there is one (`CHECK_REVOKE_TOKEN`).
    pub(super) fn password_claim(&self, engine: &Engine) -> Option<(String, Value)> {
        let name = engine.config.password_claim.clone()?;
        let hash = appserver_passwords::md5_hex(self.password.as_bytes()).to_uppercase();
        Some((name, hash.into()))
    }

    /// The claims that come on top of simplejwt's.
    ///
    /// # Errors
    /// The application's callback has failed.
    pub(super) async fn claims(&self, engine: &Engine, kind: Kind) -> Outcome<Map<String, Value>> {
        let mut claims: Map<String, Value> = self.password_claim(engine).into_iter().collect();
        if let Some(row) = &self.row {
            claims.extend(claims::of_row(&engine.config.claims, row));
        }
        if engine.config.has_callback {
            let id = self.id.clone();
            claims.extend(engine.delegate(move |app| app.claims(&id, kind)).await?);
        }
        Ok(claims)
    }
}

/// The user of an id; `None` if there is none.
///
/// # Errors
/// Nobody can be asked.
pub(super) async fn by_id(engine: &Engine, id: &str) -> Outcome<Option<User>> {
    if let Some(users) = &engine.users {
        return Ok(stored(users.by_id(id)).await?.map(User::of_row));
    }
    let id = id.to_owned();
    let found = engine.delegate(move |app| app.user(&id)).await?;
    Ok(found.map(User::of_login))
}
