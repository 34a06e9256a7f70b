//! Giving tokens out: their claims, as simplejwt 5.5 lays them out, their signatures, and the keys
//! for these.
//!
//! Nothing here knows a store, a user or a request. Keys are never printed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Algorithm;

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

/// Signs. From a secret, or a private key with its `kid`.
pub struct Signer {
    _private: (),
}

/// Why something is no key to sign with; nothing of it is in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignerError(pub String);

impl Signer {
    /// With a secret that verifies as well.
    ///
    /// # Errors
    /// The algorithm is none of HMAC, or the secret is empty or the text of a key.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, SignerError> {
        let _ = (algorithm, secret);
        Err(SignerError("not built in".to_owned()))
    }

    /// With a private key in PEM: PKCS #8, PKCS #1 or SEC 1. `kid` goes into the headers, where
    /// there is one.
    ///
    /// # Errors
    /// The key is none of this algorithm.
    pub fn from_pem(
        algorithm: Algorithm,
        pem: &str,
        kid: Option<&str>,
    ) -> Result<Self, SignerError> {
        let _ = (algorithm, pem, kid);
        Err(SignerError("not built in".to_owned()))
    }

    /// The token with these claims, in this order, and this `typ`.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, typ: &str, claims: &[(String, Value)]) -> Result<String, SignerError> {
        let _ = (typ, claims);
        Err(SignerError("not built in".to_owned()))
    }
}

/// A new private key.
pub struct NewKey {
    /// PKCS #8.
    pub pem: String,
    /// The public half as a JWK (RFC 7517) with `kid`, `use` and `alg`.
    pub jwk: Value,
    /// The thumbprint (RFC 7638).
    pub kid: String,
}

impl NewKey {
    /// Makes one, for an algorithm with public keys.
    ///
    /// # Errors
    /// The algorithm has none.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SignerError> {
        let _ = algorithm;
        Err(SignerError("not built in".to_owned()))
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is no private key of this algorithm.
    pub fn read(algorithm: Algorithm, pem: &str) -> Result<Self, SignerError> {
        let _ = (algorithm, pem);
        Err(SignerError("not built in".to_owned()))
    }
}

/// What is wrong with a token that is shown to an endpoint, in simplejwt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Signature, algorithm, times of issue, issuer, audience, or form.
    Invalid,
    /// `exp` is over.
    Expired,
    /// There is no such claim.
    NoExp,
    /// There is no `jti`.
    NoId,
    /// There is no `token_type`.
    NoType,
    /// It is of another kind.
    WrongType,
}

/// Verifies tokens of this format for the endpoints, in simplejwt's order. Send and Sync.
pub struct Examiner {
    _private: (),
}

impl Examiner {
    /// With the keys that a provider's configuration holds; of it only keys and algorithms count,
    /// and everything else is the format's.
    ///
    /// # Errors
    /// The keys cannot be used.
    pub fn new(format: &Format, provider: &crate::config::Provider) -> Result<Self, String> {
        let _ = (format, provider);
        Err("not built in".to_owned())
    }

    /// The claims of a token of one of these kinds, or of any kind; `now` in seconds.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn examine(
        &self,
        token: &str,
        kind: Option<Kind>,
        now: f64,
    ) -> Result<Map<String, Value>, Fault> {
        let _ = (token, kind, now);
        Err(Fault::Invalid)
    }
}
