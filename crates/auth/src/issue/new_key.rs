//! Private keys to be kept in files, with their public halves to be given out.

use std::fmt;

use serde_json::Value;

use super::private::Private;
use super::{SignerError, jwk};
use crate::Algorithm;

/// A private key with its public half. Only the latter is ever shown.
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
        Self::new(algorithm, &Private::generate(algorithm).map_err(SignerError)?)
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is no private key of this algorithm.
    pub fn read(algorithm: Algorithm, pem: &str) -> Result<Self, SignerError> {
        Self::new(algorithm, &Private::read(algorithm, pem).map_err(SignerError)?)
    }

    fn new(algorithm: Algorithm, private: &Private) -> Result<Self, SignerError> {
        let (jwk, kid) = jwk::of(algorithm, &private.public()).map_err(SignerError)?;
        Ok(Self { pem: private.pem().map_err(SignerError)?, jwk, kid })
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
