//! Keys of our own, in a directory: made, rotated, retired, revoked.

mod directory;
mod error;
mod state;
mod store;

use std::sync::Arc;

use appserver_auth::Algorithm;
use appserver_auth::issue::{NewKey, Signer, SignerError};
use serde_json::json;

pub use error::KeysError;
pub use state::{KeyRecord, Stage};
pub use store::KeyStore;

/// The public keys of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// A JWK set (RFC 7517 section 5), without private members.
    pub jwks: String,
    kid: Option<String>,
}

impl Published {
    /// Of who signs with a secret: nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { jwks: json!({ "keys": [] }).to_string(), kid: None }
    }

    /// Of who signs with one private key.
    ///
    /// # Errors
    /// It is no key of this algorithm.
    pub fn of_pem(algorithm: Algorithm, pem: &str) -> Result<Self, SignerError> {
        let NewKey { jwk, kid, .. } = NewKey::read(algorithm, pem)?;
        Ok(Self { jwks: json!({ "keys": [jwk] }).to_string(), kid: Some(kid) })
    }

    /// The `kid` of the key that signs, where there is one.
    #[must_use]
    pub fn kid(&self) -> Option<String> {
        self.kid.clone()
    }
}

/// The keys of one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// What signs.
    pub signer: Arc<Signer>,
    /// What verifies.
    pub published: Published,
}
