//! From a refresh token to an access token, and to what takes the refresh token's place.
//!
//! A token is used up in one step of the store, before anything is given out: whoever asks again, at
//! whatever moment, gets the same or nothing.

use appserver_auth::issue::Kind;
use appserver_store::{Consumed, Reuse, State, Use};
use serde_json::{Map, Value};

use super::issue::Given;
use super::{presented, user};
use crate::answer::Refusal;
use crate::clock::seconds;
use crate::config::Mode;
use crate::engine::{Engine, Outcome, stored};
use crate::request::Data;
use crate::tokens::{Claims, Minted, SESSION, entry, text_of};
use crate::{Answer, Call, CallResult, Revoke};

/// A refresh token that was found in order.
struct Presented {
    token: String,
    claims: Claims,
    /// In milliseconds; before the store was asked, so that later revocations deny what is issued.
    now: i64,
}

/// Exchanges a refresh token.
pub(super) async fn refresh(engine: &Engine, call: &Call, data: &Data) -> Outcome<Answer> {
    let token = presented(engine, call, data, Kind::Refresh)?;
    let now = engine.now();
    let claims = engine.examine(&token, Some(Kind::Refresh), now)?;
    if engine.config.rotation.mode == Mode::Family && !claims.contains_key(SESSION) {
        // From before there were sessions: nothing could end what comes out of it.
        return Err(Refusal::token("Token is invalid"));
    }
    check_user(engine, &claims).await?;
    let presented = Presented { token, claims: Claims::from(claims), now };
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    if mint.session_end(&presented.claims).is_some_and(|end| end <= seconds(now)) {
        return Err(Refusal::token("Token is expired"));
    }
    let (refresh, result) = rotate(engine, &presented).await?;
    let access = mint.access(&presented.claims, seconds(now))?;
    let access = mint.sign(Kind::Access, &access)?;
    Ok(Given::pair(access, refresh).answer(engine, call.endpoint, result))
}

/// Holds that the user of a token may still have tokens. A token of nobody is one for everybody who
/// has it, as simplejwt has it.
pub(super) async fn check_user(engine: &Engine, claims: &Map<String, Value>) -> Outcome<()> {
    let id = match claims.get(&engine.config.format.user_claim) {
        None | Some(Value::Null | Value::Bool(false)) => return Ok(()),
        Some(value) => text_of(value).ok_or(Refusal::Account)?,
    };
    if id.is_empty() || claims.get(&engine.config.format.user_claim) == Some(&Value::from(0)) {
        return Ok(());
    }
    let user = user::by_id(engine, &id).await?.ok_or(Refusal::Account)?;
    if !user.is_admitted(engine) {
        return Err(Refusal::Account);
    }
    match user.password_claim(engine) {
        Some((name, hash)) if claims.get(&name) != Some(&hash) => Err(Refusal::PasswordChanged),
        _ => Ok(()),
    }
}

/// Uses the token up where it is to be, and gives what takes its place.
async fn rotate(engine: &Engine, presented: &Presented) -> Outcome<(Option<Minted>, CallResult)> {
    let rotation = engine.config.rotation;
    let reuse = match rotation.mode {
        Mode::Family => Reuse::Theft { grace: rotation.grace },
        Mode::Parity => Reuse::Refused,
    };
    let is_rotated = rotation.rotates || rotation.mode == Mode::Family;
    let is_used_up = rotation.mode == Mode::Family || rotation.rotates && rotation.blacklists;
    let token = entry(&engine.config.format, &presented.claims, &presented.token);
    if is_used_up {
        let successor = successor(engine, presented, presented.now)?;
        let used = Use { token, successor: successor.entry.clone(), reuse, now: presented.now };
        let consumed = stored(engine.store.consume(&used)).await?;
        return give(engine, presented, &used, (consumed, successor)).await;
    }
    check_state(stored(engine.store.state(&token)).await?)?;
    if !is_rotated {
        return Ok((None, CallResult::Refreshed));
    }
    // Each use gives another one, since none is used up.
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    let claims = mint.renewed(&presented.claims, seconds(presented.now))?;
    let renewed = mint.sign(Kind::Refresh, &claims)?;
    stored(engine.store.record(&renewed.entry)).await?;
    Ok((Some(renewed), CallResult::Refreshed))
}

/// Holds that a token was neither used up nor revoked.
pub(super) fn check_state(state: State) -> Outcome<()> {
    match state {
        State::Unknown | State::Live => Ok(()),
        State::Used | State::Revoked => Err(Refusal::token("Token is blacklisted")),
    }
}

async fn give(
    engine: &Engine,
    presented: &Presented,
    used: &Use,
    (consumed, successor): (Consumed, Minted),
) -> Outcome<(Option<Minted>, CallResult)> {
    match consumed {
        Consumed::Fresh => Ok((Some(successor), CallResult::Refreshed)),
        Consumed::Replayed { at } => {
            Ok((Some(self::successor(engine, presented, at)?), CallResult::Replayed))
        }
        Consumed::Reused => {
            if matches!(used.reuse, Reuse::Theft { .. }) {
                let (session, user) = (&used.token.session, &used.token.subject);
                tracing::warn!(%session, %user, "a refresh token was used twice: its session is revoked");
                // The store has it already; the other workers of this machine learn it at once.
                stored(engine.revoke(&Revoke::Session(session.clone()))).await?;
            }
            Err(Refusal::Reused)
        }
        Consumed::Revoked => Err(Refusal::token("Token is blacklisted")),
        Consumed::Unknown => Err(Refusal::token("Token is invalid")),
    }
}

/// What takes the place of a token that was used at this time, in milliseconds.
fn successor(engine: &Engine, presented: &Presented, at: i64) -> Outcome<Minted> {
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    let claims = mint.successor(&presented.claims, &presented.token, seconds(at));
    Ok(mint.sign(Kind::Refresh, &claims)?)
}
