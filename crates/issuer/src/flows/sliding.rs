//! A sliding token for a newer one.

use appserver_auth::issue::Kind;
use serde_json::Value;

use super::issue::Given;
use super::presented;
use super::refresh::{check_state, check_user};
use crate::answer::Refusal;
use crate::clock::seconds;
use crate::engine::{Engine, Outcome, stored};
use crate::request::Data;
use crate::tokens::{Claims, entry};
use crate::{Answer, Call, CallResult};

/// Makes a token valid for longer, as long as it may be.
pub(super) async fn refresh(engine: &Engine, call: &Call, data: &Data) -> Outcome<Answer> {
    let token = presented(engine, call, data, Kind::Sliding)?;
    let now = engine.now();
    let claims = engine.examine(&token, Some(Kind::Sliding), now)?;
    let format = &engine.config.format;
    let name = &format.refresh_exp_claim;
    let Some(end) = claims.get(name).and_then(Value::as_f64) else {
        return Err(Refusal::Token(format!("Token has no '{name}' claim")));
    };
    #[expect(clippy::cast_precision_loss, reason = "times of today fit")]
    let is_over = end <= now as f64 / 1000.0 - format.leeway.as_secs_f64();
    if is_over {
        return Err(Refusal::Token(format!("Token '{name}' claim has expired")));
    }
    check_user(engine, &claims).await?;
    let claims = Claims::from(claims);
    check_state(stored(engine.store.state(&entry(format, &claims, &token))).await?)?;
    let signer = engine.signer();
    let mint = engine.mint(&signer);
    let slid = mint.sign(Kind::Sliding, &mint.slid(&claims, seconds(now)))?;
    Ok(Given::sliding(slid).answer(engine, call.endpoint, CallResult::Refreshed))
}
