//! From name and password to tokens.
//!
//! Whether there is such a user does not show: not in the answer, and not in the time that it takes.

use std::time::Duration;

use appserver_store::Row;

use super::issue;
use super::user::User;
use crate::answer::Refusal;
use crate::clock::seconds;
use crate::engine::{Engine, Outcome, stored};
use crate::limits::Try;
use crate::request::{Data, Fields, Text};
use crate::{Answer, Call, CallResult, Credentials};

/// How often a login is begun anew because the user was logged out meanwhile.
const MOST_TRIES: usize = 3;

/// A pair of tokens for name and password.
pub(super) async fn obtain(engine: &Engine, call: &Call, data: &Data) -> Outcome<Answer> {
    let (user, now) = login(engine, call, data).await?;
    let pair = issue::pair(engine, &user, now).await?;
    Ok(pair.answer(engine, call.endpoint, CallResult::Obtained))
}

/// A sliding token for name and password.
pub(super) async fn obtain_sliding(engine: &Engine, call: &Call, data: &Data) -> Outcome<Answer> {
    let (user, now) = login(engine, call, data).await?;
    let token = issue::sliding(engine, &user, now).await?;
    Ok(token.answer(engine, call.endpoint, CallResult::Obtained))
}

/// Who has logged in, and the time that the tokens are issued at: when the password was looked at,
/// so that whatever is revoked after that denies them too.
async fn login(engine: &Engine, call: &Call, data: &Data) -> Outcome<(User, i64)> {
    let (username, password) = read(engine, data)?;
    let limited = Try::new(call.client, &username);
    let limits = &engine.config.limits;
    let now = engine.now();
    if let Some(wait) = stored(limited.wait(limits, &*engine.store, now)).await? {
        return Err(Refusal::Limited(
            wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX),
        ));
    }
    for _ in 0..MOST_TRIES {
        let now = engine.now();
        let Some(user) = authenticate(engine, call, &username, &password).await? else {
            stored(limited.failed(limits, &*engine.store, engine.now())).await?;
            return Err(Refusal::Credentials);
        };
        let from = engine.admitted_from(&user.id);
        if from <= seconds(now) {
            stored(limited.succeeded(limits, &*engine.store)).await?;
            logged_in(engine, &user).await;
            return Ok((user, now));
        }
        let wait = from.saturating_mul(1000).saturating_sub(now);
        tokio::time::sleep(Duration::from_millis(wait.clamp(0, 2000).unsigned_abs())).await;
    }
    Err(Refusal::Busy(1))
}

fn read(engine: &Engine, data: &Data) -> Outcome<(String, String)> {
    let (name, password) = engine.config.longest;
    let mut fields = Fields::new(data);
    let username = fields.text(Text { name: &engine.config.login_field, most: name });
    let password = fields.text(Text { name: "password", most: password });
    match (username, password) {
        (Some(username), Some(password)) => Ok((username, password)),
        _ => Err(Refusal::Fields(fields.into_errors())),
    }
}

/// The user who has these, and may log in.
async fn authenticate(
    engine: &Engine,
    call: &Call,
    username: &str,
    password: &str,
) -> Outcome<Option<User>> {
    let user = match &engine.users {
        // As Django's `ModelBackend`, whatever `CHECK_USER_IS_ACTIVE` says of tokens.
        Some(_) => of_table(engine, username, password).await?,
        None => of_application(engine, call, username, password).await?,
    };
    Ok(user.filter(|user| user.is_admitted(engine)))
}

async fn of_application(
    engine: &Engine,
    call: &Call,
    username: &str,
    password: &str,
) -> Outcome<Option<User>> {
    let credentials = Credentials {
        field: engine.config.login_field.clone(),
        username: username.to_owned(),
        password: password.to_owned(),
        client: call.client,
    };
    let login = engine.authenticate(move |app| app.authenticate(&credentials)).await?;
    Ok(login.map(User::of_login))
}

/// Hashes in any case, and looks only then at whether there is a user at all. What else is to be known
/// of the user is read when the password was right.
async fn of_table(engine: &Engine, username: &str, password: &str) -> Outcome<Option<User>> {
    let Some(users) = &engine.users else { return Ok(None) };
    let row = stored(users.by_name(username)).await?;
    // A database may take other names for this one, each with tries of its own.
    let row = row.filter(|row| row.username.to_lowercase() == username.to_lowercase());
    let (is_right, anew) = check(engine, row.as_ref(), password).await?;
    let Some(row) = row.filter(|row| is_right && row.is_active) else { return Ok(None) };
    let mut is_changed = false;
    if let Some(anew) = anew {
        is_changed = !stored(users.replace_password(&row.id, &row.password, &anew)).await?;
    }
    let Some(found) = stored(users.by_id(&row.id)).await? else { return Ok(None) };
    if is_changed && !check(engine, Some(&found), password).await?.0 {
        // It was the right one a moment ago.
        return Ok(None);
    }
    Ok(Some(found).filter(|found| found.is_active).map(User::of_row))
}

/// Whether the password is this user's, and how it is to be stored anew, if it is.
async fn check(
    engine: &Engine,
    row: Option<&Row>,
    password: &str,
) -> Outcome<(bool, Option<String>)> {
    let encoded = row.map(|row| row.password.clone());
    let (hashers, password) = (engine.config.hashers.clone(), password.to_owned());
    let upgrades = engine.config.upgrade_passwords;
    let (checked, anew) = engine
        .compute(move || {
            let checked = hashers.check(&password, encoded.as_deref());
            let upgrades = upgrades && checked.is_right && checked.is_outdated;
            let anew = upgrades.then(|| hashers.encode(&password).ok()).flatten();
            (checked, anew)
        })
        .await?;
    if let (Some(problem), Some(row)) = (checked.problem, row) {
        tracing::warn!(user = %row.id, problem, "a stored password cannot be used");
    }
    Ok((checked.is_right, anew))
}

/// That the time of a login is not kept keeps nobody from logging in.
async fn logged_in(engine: &Engine, user: &User) {
    if !engine.config.update_last_login {
        return;
    }
    let id = user.id.clone();
    let kept = match &engine.users {
        Some(users) => stored(users.logged_in(&id)).await,
        None => engine.delegate(move |app| app.logged_in(&id)).await,
    };
    if kept.is_err() {
        tracing::warn!(user = %user.id, "the time of a login is not kept");
    }
}
