//! New tokens for a user, remembered before they are given out.

use std::time::Duration;

use appserver_auth::issue::Kind;
use serde_json::{Map, Value};

use super::user::User;
use crate::answer;
use crate::clock::seconds;
use crate::cookies::{self, Tokens};
use crate::engine::{Engine, Outcome, stored};
use crate::tokens::Minted;
use crate::{Answer, CallResult, Endpoint, Issued};

/// What a call is answered with: a token that opens views, and perhaps a refresh token.
pub(super) struct Given {
    /// The field of the body that tells it.
    field: &'static str,
    opening: Minted,
    refresh: Option<Minted>,
}

/// A pair for a user; `now` in milliseconds.
pub(super) async fn pair(engine: &Engine, user: &User, now: i64) -> Outcome<Given> {
    let more = user.claims(engine, Kind::Refresh).await?;
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    let now = seconds(now);
    let claims = mint.begin(Kind::Refresh, &user.id, now, &more)?;
    let refresh = mint.sign(Kind::Refresh, &claims)?;
    let access = mint.access(&claims, now)?;
    let access = mint.sign(Kind::Access, &access)?;
    stored(engine.store.record(&refresh.entry)).await?;
    Ok(Given::pair(access, Some(refresh)))
}

/// A pair for the user of this id, who has not logged in; `None` if there is none, or one that may
/// not.
pub(crate) async fn unasked(engine: &Engine, id: &str) -> Outcome<Option<Issued>> {
    // A token of the second in which everything of the user was revoked would be denied.
    let wait = engine.admitted_from(id).saturating_mul(1000).saturating_sub(engine.now());
    tokio::time::sleep(Duration::from_millis(wait.clamp(0, 2000).unsigned_abs())).await;
    // Before the user is looked at, so that what is revoked after that denies the token.
    let now = engine.now();
    let Some(user) = super::user::by_id(engine, id).await? else { return Ok(None) };
    if !user.is_admitted(engine) {
        return Ok(None);
    }
    let Given { opening, refresh, .. } = pair(engine, &user, now).await?;
    Ok(Some(Issued { access: opening.text, refresh: refresh.map(|token| token.text) }))
}

/// A sliding token for a user; `now` in milliseconds.
pub(super) async fn sliding(engine: &Engine, user: &User, now: i64) -> Outcome<Given> {
    let more = user.claims(engine, Kind::Sliding).await?;
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    let claims = mint.begin(Kind::Sliding, &user.id, seconds(now), &more)?;
    let token = mint.sign(Kind::Sliding, &claims)?;
    stored(engine.store.record(&token.entry)).await?;
    Ok(Given::sliding(token))
}

impl Given {
    /// An access token, and what it is renewed with.
    pub(super) fn pair(access: Minted, refresh: Option<Minted>) -> Self {
        Self { field: "access", opening: access, refresh }
    }

    /// A token that opens views and is renewed by itself.
    pub(super) fn sliding(token: Minted) -> Self {
        Self { field: "token", opening: token, refresh: None }
    }

    /// Tells the tokens, and sets cookies where there are any.
    pub(super) fn answer(&self, engine: &Engine, endpoint: Endpoint, result: CallResult) -> Answer {
        let cookies = engine.config.cookies.as_ref();
        let mut body = Map::new();
        if !cookies.is_some_and(|cookies| cookies.only_cookies) {
            let refresh = self.refresh.as_ref();
            body.extend(refresh.map(|token| ("refresh".to_owned(), token.text.as_str().into())));
            body.insert(self.field.to_owned(), self.opening.text.as_str().into());
        }
        let mut answer = answer::accept(&Value::Object(body), endpoint, result);
        if let Some(cookies) = cookies {
            let aged = |token: &Minted| token.entry.expires - token.entry.issued;
            let tokens = Tokens {
                access: (&self.opening.text, aged(&self.opening)),
                refresh: self.refresh.as_ref().map(|token| (token.text.as_str(), aged(token))),
            };
            cookies::set(&mut answer, cookies, &tokens);
        }
        answer
    }
}
