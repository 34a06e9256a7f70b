//! Logging out: one token, one session, everything.

use appserver_auth::issue::Kind;
use serde_json::{Value, json};

use super::{clear_cookies, presented};
use crate::answer::{self, Refusal};
use crate::config::Mode;
use crate::engine::{Engine, Outcome, stored};
use crate::request::Data;
use crate::tokens::{Claims, entry};
use crate::{Answer, Call, CallResult, Endpoint, Revoke};

/// Ends a refresh token; in families all that came out of its login.
pub(super) async fn blacklist(engine: &Engine, call: &Call, data: &Data) -> Outcome<Answer> {
    let token = presented(engine, call, data, Kind::Refresh)?;
    let now = engine.now();
    let claims = engine.examine(&token, Some(Kind::Refresh), now)?;
    let entry = entry(&engine.config.format, &Claims::from(claims), &token);
    if engine.config.rotation.mode == Mode::Family {
        // First: whoever dies in between has ended too much rather than too little.
        stored(engine.revoke(&Revoke::Session(entry.session.clone()))).await?;
    }
    let is_first = stored(engine.store.blacklist(&entry, now)).await?;
    if !is_first {
        return Err(Refusal::token("Token is blacklisted"));
    }
    Ok(ended(engine, Endpoint::Blacklist))
}

/// Ends a token of any kind. That there is nothing to end is no error (RFC 7009 section 2.2).
pub(super) async fn revoke(engine: &Engine, data: &Data) -> Outcome<Answer> {
    let token = super::token(data, "token")?;
    let now = engine.now();
    let Ok(claims) = engine.examine(&token, None, now) else {
        return Ok(ended(engine, Endpoint::Revoke));
    };
    let format = &engine.config.format;
    let kind = format.type_claim.as_ref().and_then(|name| claims.get(name)).and_then(Value::as_str);
    let is_access = kind == Some(Kind::Access.name());
    let entry = entry(format, &Claims::from(claims), &token);
    if is_access {
        stored(engine.revoke(&Revoke::Token(entry.jti))).await?;
        return Ok(ended(engine, Endpoint::Revoke));
    }
    if engine.config.rotation.mode == Mode::Family {
        // With the refresh token its access tokens end (RFC 7009 section 2.1).
        stored(engine.revoke(&Revoke::Session(entry.session.clone()))).await?;
    }
    stored(engine.revoke(&Revoke::Token(entry.jti.clone()))).await?;
    stored(engine.store.blacklist(&entry, now)).await?;
    Ok(ended(engine, Endpoint::Revoke))
}

/// Ends everything that the caller has, on all machines.
pub(super) async fn logout_all(engine: &Engine, call: &Call) -> Outcome<Answer> {
    let caller = call.user.as_ref().ok_or(Refusal::Unidentified)?;
    stored(engine.revoke(&Revoke::User(caller.user.clone()))).await?;
    if let Some(session) = &caller.session {
        // Whatever the clock that its tokens are from.
        stored(engine.revoke(&Revoke::Session(session.clone()))).await?;
    }
    Ok(ended(engine, Endpoint::LogoutAll))
}

fn ended(engine: &Engine, endpoint: Endpoint) -> Answer {
    let mut answer = answer::accept(&json!({}), endpoint, CallResult::Revoked);
    clear_cookies(engine, &mut answer);
    answer
}
