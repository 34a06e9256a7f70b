//! What endpoints do, one file for each kind of flow.

mod end;
mod issue;
mod login;
mod published;
mod refresh;
mod sliding;
mod user;
mod verify;

use std::sync::Arc;

use appserver_auth::issue::Kind;

pub(crate) use issue::unasked;

use crate::answer::{self, Refusal};
use crate::engine::{Engine, Outcome};
use crate::request::{self, BodyError, Data, Fields, Text, takes_json};
use crate::{Answer, Call, CallResult, Endpoint, cookies};

/// Longer tokens than anybody issues: nothing of them is looked at.
const LONGEST_TOKEN: usize = 16 << 10;

/// Answers a call.
pub(crate) async fn answer(engine: Arc<Engine>, call: Call) -> Answer {
    let endpoint = call.endpoint;
    match run(&engine, &call).await {
        Ok(answer) => answer,
        Err(refusal) => {
            tracing::debug!(id = %call.id, ?endpoint, ?refusal, "a call is refused");
            let mut answer = answer::refuse(&refusal, endpoint, &engine.config.realm);
            if let (Endpoint::Blacklist, Refusal::Token(_)) = (endpoint, &refusal) {
                // Who logs out keeps nothing, whatever has ended the token before.
                clear_cookies(&engine, &mut answer);
            }
            answer
        }
    }
}

async fn run(engine: &Engine, call: &Call) -> Outcome<Answer> {
    let accepts = call.fields.iter().filter(|(name, _)| name == "accept");
    if !takes_json(accepts.map(|(_, value)| value.as_slice())) {
        return Err(Refusal::Unacceptable);
    }
    match (call.endpoint, call.method.as_str()) {
        (endpoint, "OPTIONS") => {
            let told = answer::describe(endpoint, &engine.config.login_field);
            Ok(answer::accept(&told, endpoint, CallResult::Described))
        }
        (Endpoint::Jwks, "GET" | "HEAD") => Ok(published::keys(engine)),
        (Endpoint::Metadata, "GET" | "HEAD") => Ok(published::metadata(engine, call)),
        (Endpoint::Jwks | Endpoint::Metadata, method) => Err(Refusal::Method(method.to_owned())),
        (_, "POST") => post(engine, call).await,
        (_, method) => Err(Refusal::Method(method.to_owned())),
    }
}

async fn post(engine: &Engine, call: &Call) -> Outcome<Answer> {
    let is_of_page = |(name, _): &(String, _)| name == "origin" || name == "referer";
    if engine.config.cookies.is_some() && call.fields.iter().any(is_of_page) {
        // What is answered sets cookies: another site could log somebody in, or out.
        cookies::prove(call, &engine.config)?;
    }
    let body = call.body.as_deref().ok_or(Refusal::Body(BodyError::TooLong))?;
    let media_type = String::from_utf8_lossy(call.field("content-type").unwrap_or_default());
    let data = request::read(&media_type, body).await.map_err(Refusal::Body)?;
    match call.endpoint {
        Endpoint::Obtain => login::obtain(engine, call, &data).await,
        Endpoint::SlidingObtain => login::obtain_sliding(engine, call, &data).await,
        Endpoint::Refresh => refresh::refresh(engine, call, &data).await,
        Endpoint::SlidingRefresh => sliding::refresh(engine, call, &data).await,
        Endpoint::Verify => verify::verify(engine, &data).await,
        Endpoint::Blacklist => end::blacklist(engine, call, &data).await,
        Endpoint::Revoke => end::revoke(engine, &data).await,
        Endpoint::LogoutAll => end::logout_all(engine, call).await,
        Endpoint::Jwks | Endpoint::Metadata => Err(Refusal::Method(call.method.clone())),
    }
}

fn clear_cookies(engine: &Engine, answer: &mut Answer) {
    if let Some(cookies) = &engine.config.cookies {
        cookies::clear(answer, cookies);
    }
}

/// The token that a call exchanges or ends: of the body, or else of the cookie.
fn presented(engine: &Engine, call: &Call, data: &Data, kind: Kind) -> Outcome<String> {
    let field = if kind == Kind::Refresh { "refresh" } else { "token" };
    if let Some(cookies) = engine.config.cookies.as_ref().filter(|_| !data.contains_key(field)) {
        let name = if kind == Kind::Refresh { &cookies.refresh } else { &cookies.access };
        if let Some(token) = cookies::take(call, &engine.config, name)? {
            return Ok(token);
        }
    }
    token(data, field)
}

/// The one field of a body that holds a token.
fn token(data: &Data, name: &str) -> Outcome<String> {
    let mut fields = Fields::new(data);
    match fields.text(Text { name, most: usize::MAX }) {
        Some(token) if token.len() > LONGEST_TOKEN => Err(Refusal::token("Token is invalid")),
        Some(token) => Ok(token),
        None => Err(Refusal::Fields(fields.into_errors())),
    }
}
