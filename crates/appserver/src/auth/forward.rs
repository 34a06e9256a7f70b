//! What the app is told.

use std::collections::BTreeMap;

use appserver_auth::config;

use super::Reader;
use crate::settings::Forward;

/// Fields that mean something to a server: set from a claim, they would lead an app astray.
const TAKEN: [&str; 22] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-csrftoken",
    "x-http-method-override",
    "x-real-ip",
    "x-request-id",
];
/// So do all that begin like this.
const TAKEN_BEGINNINGS: [&str; 3] = ["proxy-", "sec-websocket-", "x-forwarded-"];

impl Reader<'_> {
    pub(super) fn forward(&mut self, forward: &Forward) -> config::Forward {
        let mut claim_headers = BTreeMap::new();
        for (name, claim) in forward.claim_headers.iter() {
            let key = format!("forward.claim_headers.{name}");
            let Some(lower) = self.header_name(&key, name) else { continue };
            let is_taken = TAKEN.contains(&lower.as_str())
                || TAKEN_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning));
            if is_taken {
                self.mistake(&key, "this field means something else; choose another name");
            } else if claim.is_empty() {
                self.mistake(&key, "expected the name of a claim");
            } else if claim_headers.insert(lower, claim.clone()).is_some() {
                self.mistake(&key, "the same field is there twice");
            }
        }
        config::Forward {
            token: forward.token.is_on(),
            claim_headers,
            remote_user: Some(forward.remote_user.clone()).filter(|claim| !claim.is_empty()),
            starlette: forward.starlette_user.is_on(),
        }
    }
}
