//! Whether a token is valid.

use appserver_auth::{Denials, Mark};
use appserver_store::{Entry, State};
use serde_json::json;

use crate::answer::{self, Refusal};
use crate::engine::{Engine, Outcome, stored};
use crate::request::Data;
use crate::tokens::{Claims, entry};
use crate::{Answer, CallResult, Endpoint};

/// Tells it of a token of any kind.
pub(super) async fn verify(engine: &Engine, data: &Data) -> Outcome<Answer> {
    let token = super::token(data, "token")?;
    let claims = engine.examine(&token, None, engine.now())?;
    let entry = entry(&engine.config.format, &Claims::from(claims), &token);
    let state = stored(engine.store.state(&entry)).await?;
    if matches!(state, State::Used | State::Revoked) || is_denied(engine, &entry) {
        return Err(Refusal::Blacklisted);
    }
    Ok(answer::accept(&json!({}), Endpoint::Verify, CallResult::Valid))
}

/// Whether a token is denied, as far as this machine knows.
fn is_denied(engine: &Engine, entry: &Entry) -> bool {
    let marks = [
        Mark::of_token(&entry.jti),
        Mark::of_session(&entry.session),
        Mark::of_subject(&entry.subject),
        Mark::of_everybody(),
    ];
    let before = marks.into_iter().filter_map(|mark| engine.denied.before(mark)).max();
    before.is_some_and(|before| entry.issued < before)
}
