//! What a refused request is answered (RFC 6750 section 3).
//!
//! Nothing of the request is in an answer, and nothing that is a secret.

mod body;
mod challenge;
mod cors;
mod words;

use crate::Reason;
use crate::config::ErrorBody;
pub use cors::Readers;
use words::{Kind, Words};

/// Why a request is refused, with what its answer and the log need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The number of the provider whose check failed, in the order of the configuration.
    pub provider: Option<usize>,
    /// More for the log and for people: never a part of a token, never a secret. With
    /// [`Reason::ClaimMissing`] it is the name of the claim, and no more.
    pub detail: String,
    /// The scopes that the rule wants, where they are missing.
    pub scopes: Vec<String>,
    /// The first four bytes of the token's SHA-256, where there was one.
    pub fingerprint: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { reason, provider: None, detail, scopes: Vec::new(), fingerprint: None }
    }
}

/// An answer, still without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The value of `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// The value of `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// The value of `Content-Type`, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
}

/// When keys that could not be fetched may be there, in seconds: a fetch that was begun for the
/// refused request has ended by then, one way or the other.
const RETRY_AFTER: u32 = 5;

/// What the provider is told by that a refusal is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner<'a> {
    /// The scheme of its tokens; `Bearer` where it has none that can be written.
    pub scheme: &'a str,
    /// The kinds of tokens that it accepts; an access token where it does not say.
    pub token_types: &'a [String],
}

impl Answer {
    /// The answer to a refusal. Whoever sends it adds `Cache-Control: no-store`.
    #[must_use]
    pub fn new(refusal: &Refusal, realm: &str, body: ErrorBody) -> Self {
        Self::in_manner(refusal, realm, body, Manner::default())
    }

    /// The answer to a refusal, as clients of this provider know it.
    #[must_use]
    pub fn in_manner(refusal: &Refusal, realm: &str, body: ErrorBody, manner: Manner<'_>) -> Self {
        let words = Words::new(refusal);
        let (content_type, body) = body::body(body, &words, refusal.reason, manner.token_types);
        Self {
            status: words.kind.status(refusal.reason).0,
            challenge: challenge::challenge(refusal, &words, (manner.scheme, realm)),
            retry_after: (words.kind == Kind::Unavailable).then_some(RETRY_AFTER),
            content_type,
            body,
        }
    }
}

#[cfg(test)]
mod tests;
