//! Tokens, signed here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::SECRET;

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and these claims.
pub(super) fn signed(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = base64url(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Claims of somebody, for the next hour, with more of them.
pub(super) fn claims(user: &str, more: &Value) -> Value {
    let hour = SystemTime::now() + Duration::from_secs(3600);
    let mut claims =
        json!({ "user_id": user, "exp": hour.duration_since(UNIX_EPOCH).unwrap().as_secs() });
    let members = claims.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    claims
}

fn hs256(claims: &Value, secret: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    signed(&header, claims, |message| hmac::sign(&key, message).as_ref().to_vec())
}

/// The token of somebody.
pub(crate) fn of(user: &str) -> String {
    with(user, &json!({}))
}

/// The token of somebody, with more claims.
pub(super) fn with(user: &str, more: &Value) -> String {
    hs256(&claims(user, more), SECRET)
}

/// A token that has expired.
pub(super) fn expired() -> String {
    with("9", &json!({ "exp": 1 }))
}

/// A token that somebody else has signed.
pub(super) fn forged() -> String {
    hs256(&claims("1", &json!({})), b"another secret that is long enough to be one")
}
