//! Giving tokens out: their claims, as simplejwt 5.5 lays them out, their signatures, and the keys
//! for these.
//!
//! Nothing here knows a store, a user or a request. Keys are never printed.

mod examiner;
mod json;
mod jwk;
mod new_key;
mod private;
mod signer;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Algorithm;

pub use examiner::{Examiner, Fault};
pub use new_key::NewKey;
pub use signer::{Signer, SignerError};

/// How tokens look: simplejwt's settings, under their names where they differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// What they are signed with.
    pub algorithm: Algorithm,
    /// `iss`, where there is one.
    pub issuer: Option<String>,
    /// `aud` as it is written: a text or a list of texts.
    pub audience: Option<Value>,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// `ACCESS_TOKEN_LIFETIME`.
    pub access_lifetime: Duration,
    /// `REFRESH_TOKEN_LIFETIME`.
    pub refresh_lifetime: Duration,
    /// `SLIDING_TOKEN_LIFETIME`.
    pub sliding_lifetime: Duration,
    /// `SLIDING_TOKEN_REFRESH_LIFETIME`.
    pub sliding_refresh_lifetime: Duration,
    /// `USER_ID_CLAIM`.
    pub user_claim: String,
    /// `TOKEN_TYPE_CLAIM`; `None` is no such claim.
    pub type_claim: Option<String>,
    /// `JTI_CLAIM`; `None` is no such claim.
    pub jti_claim: Option<String>,
    /// `SLIDING_TOKEN_REFRESH_EXP_CLAIM`.
    pub refresh_exp_claim: String,
    /// Whether tokens bear `sid`, the session that they came out of.
    pub has_session: bool,
    /// `typ` of access tokens: `JWT`, or `at+jwt` (RFC 9068).
    pub access_type: String,
}

impl Format {
    /// simplejwt's defaults.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let name = |text: &str| text.to_owned();
        let (short, long) = (Duration::from_mins(5), Duration::from_hours(24));
        Self {
            algorithm,
            issuer: None,
            audience: None,
            leeway: Duration::ZERO,
            access_lifetime: short,
            refresh_lifetime: long,
            sliding_lifetime: short,
            sliding_refresh_lifetime: long,
            user_claim: name("user_id"),
            type_claim: Some(name("token_type")),
            jti_claim: Some(name("jti")),
            refresh_exp_claim: name("refresh_exp"),
            has_session: false,
            access_type: name("JWT"),
        }
    }

    /// How long any token may be accepted after its issue.
    #[must_use]
    pub fn longest_lifetime(&self) -> Duration {
        let all = [
            self.access_lifetime,
            self.refresh_lifetime,
            self.sliding_lifetime,
            self.sliding_refresh_lifetime,
        ];
        all.into_iter().max().unwrap_or_default().saturating_add(self.leeway)
    }
}

/// What kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Opens views.
    Access,
    /// Is exchanged for access tokens.
    Refresh,
    /// Does both.
    Sliding,
}

impl Kind {
    /// Its value of `token_type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Sliding => "sliding",
        }
    }
}
