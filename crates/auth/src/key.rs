//! Keys: what is admitted as one, and what it verifies. One key has one algorithm (RFC 8725 section
//! 3.1). What is not admitted is told with its remedy; what a key is never is.

pub mod ring;

use crate::Algorithm;

/// Why something is no key for a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {problem}")]
pub struct KeyError {
    /// Which key: the file, the `kid`, or its place.
    pub what: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// A key that verifies signatures of one algorithm.
pub struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
}

/// The keys of one provider.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// From shared secrets, for one HMAC algorithm.
    ///
    /// # Errors
    /// A secret is empty, too short, a known example, or the text of a key.
    pub fn from_secrets(secrets: &[Vec<u8>], algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        let _ = (secrets, algorithms);
        Ok(Self::default())
    }

    /// From public keys in PEM, each with the name of its file.
    ///
    /// # Errors
    /// One is no public key, or none that any of the algorithms may use.
    pub fn from_pem(
        files: &[(String, String)],
        algorithms: &[Algorithm],
    ) -> Result<Self, KeyError> {
        let _ = (files, algorithms);
        Ok(Self::default())
    }

    /// From a JWK set (RFC 7517 section 5). Keys that are not admitted are left out and told.
    ///
    /// # Errors
    /// The text is no JWK set, or has more keys than allowed.
    pub fn from_jwk_set(
        text: &[u8],
        algorithms: &[Algorithm],
        max_keys: usize,
    ) -> Result<(Self, Vec<KeyError>), KeyError> {
        let _ = (text, algorithms, max_keys);
        Ok((Self::default(), Vec::new()))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that may have signed a token with this header: the one of that `kid`, where keys
    /// have one; otherwise those of the algorithm.
    pub fn candidates<'a>(
        &'a self,
        algorithm: Algorithm,
        kid: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Key> {
        self.keys.iter().filter(move |key| {
            key.algorithm == algorithm && (key.kid.is_none() || key.kid.as_deref() == kid)
        })
    }
}

impl Key {
    /// Whether the signature of the message is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let _ = (message, signature);
        false
    }
}
