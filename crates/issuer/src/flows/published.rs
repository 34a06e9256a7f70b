//! What anybody may know: the public keys, and what there is.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::{Answer, Call, CallResult, Endpoint};

/// How long others may keep what seldom changes, where nobody says.
const MAX_AGE: Duration = Duration::from_mins(5);

/// The public keys (RFC 7517 section 5). Secrets are in no set.
pub(super) fn keys(engine: &Engine) -> Answer {
    let published = engine.published.borrow().clone();
    let max_age = engine.config.key_directory().map_or(MAX_AGE, |directory| directory.max_age);
    open(published.jwks.clone(), max_age, CallResult::Keys)
}

/// What there is (RFC 8414 section 3.2).
pub(super) fn metadata(engine: &Engine, call: &Call) -> Answer {
    let base = base(engine, call);
    let mut told = Map::new();
    told.insert("issuer".to_owned(), base.as_str().into());
    let named = [(Endpoint::Jwks, "jwks_uri"), (Endpoint::Revoke, "revocation_endpoint")];
    for (endpoint, name) in named {
        let path = engine.config.paths.get(&endpoint);
        told.extend(path.map(|path| (name.to_owned(), format!("{base}{path}").into())));
    }
    let nothing = || Value::Array(Vec::new());
    told.insert("response_types_supported".to_owned(), nothing());
    told.insert("grant_types_supported".to_owned(), nothing());
    open(Value::Object(told).to_string(), MAX_AGE, CallResult::Metadata)
}

/// The issuer, where it is an address; otherwise the request's own origin.
fn base(engine: &Engine, call: &Call) -> String {
    let issuer = engine.config.format.issuer.as_deref();
    if let Some(issuer) = issuer.filter(|issuer| issuer.starts_with("https://")) {
        return issuer.trim_end_matches('/').to_owned();
    }
    let host = call.field("host").map(String::from_utf8_lossy).unwrap_or_default();
    format!("{}://{host}", call.scheme)
}

/// Pages of every origin may read it: it is no secret.
fn open(body: String, max_age: Duration, result: CallResult) -> Answer {
    let fields = vec![
        ("content-type", "application/json".to_owned()),
        ("cache-control", format!("public, max-age={}", max_age.as_secs())),
        ("access-control-allow-origin", "*".to_owned()),
        ("allow", Endpoint::Jwks.methods().to_owned()),
    ];
    Answer { status: 200, fields, body, result }
}
