//! Keys: what is admitted as one, and what it verifies. One key has one algorithm (RFC 8725 section
//! 3.1). What is not admitted is told with its remedy; what a key is never is.

pub(crate) mod choice;
mod jwk;
pub(crate) mod pem;
mod public;
pub mod ring;
pub(crate) mod rsa;
pub mod secret;
mod shape;
#[cfg(test)]
mod tests;
mod verifier;

use jsonwebtoken::DecodingKey;

use self::choice::Choice;
use self::secret::Severity;
use self::verifier::Verifier;
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

impl KeyError {
    fn new(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { what: what.into(), problem: problem.into() }
    }
}

/// A key that verifies signatures of one algorithm.
pub struct Key {
    kid: Option<String>,
    /// Whether it is from a set, where keys are told apart by their `kid`.
    from_set: bool,
    choice: Choice,
    verifier: Verifier,
}

/// The keys of one provider.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// From shared secrets, for one HMAC algorithm.
    ///
    /// # Errors
    /// A secret is empty, too short, a known example, or the text of a key.
    pub fn from_secrets(secrets: &[Vec<u8>], algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        let (set, warnings) = Self::from_secrets_with_warnings(secrets, algorithms)?;
        match warnings.into_iter().next() {
            Some(warning) => Err(warning),
            None => Ok(set),
        }
    }

    /// From shared secrets that somebody else has chosen, so that weak ones are admitted and told.
    ///
    /// # Errors
    /// A secret is empty or the text of a key: see [`Severity::Fatal`].
    pub fn from_secrets_with_warnings(
        secrets: &[Vec<u8>],
        algorithms: &[Algorithm],
    ) -> Result<(Self, Vec<KeyError>), KeyError> {
        if secrets.is_empty() {
            return Err(KeyError::new("secrets", "there is none: give one"));
        }
        let choice = choice::hmac(algorithms).map_err(|it| KeyError::new("algorithms", it))?;
        let (mut keys, mut warnings) = (Vec::new(), Vec::new());
        for (place, secret) in secrets.iter().enumerate() {
            let what = format!("secret {}", place + 1);
            match secret::weakness(secret, choice.algorithm()) {
                Some(it) if it.severity == Severity::Fatal => {
                    return Err(KeyError::new(what, it.problem));
                }
                Some(it) => warnings.push(KeyError::new(&what, it.problem)),
                None => {}
            }
            let key = Key::new(&DecodingKey::from_secret(secret), choice);
            keys.push(key.map_err(|it| KeyError::new(what, it))?);
        }
        Ok((Self { keys }, warnings))
    }

    /// From public keys in PEM, each with the name of its file. A file may hold several.
    ///
    /// # Errors
    /// One is no public key, or none that any of the algorithms may use.
    pub fn from_pem(
        files: &[(String, String)],
        algorithms: &[Algorithm],
    ) -> Result<Self, KeyError> {
        choice::check_asymmetric(algorithms).map_err(|it| KeyError::new("algorithms", it))?;
        let mut keys = Vec::new();
        for (file, text) in files {
            keys.extend(pem::read(file, text, algorithms)?);
        }
        match keys.len() {
            0 => Err(KeyError::new("public keys", "there is none: give a file with one")),
            1..=pem::MAX_KEYS => Ok(Self { keys }),
            many => {
                let problem = format!(
                    "{many} keys are too many, because each token may have to be tried with each: \
                     give at most {}, or a JWK set, where keys are found by `kid`",
                    pem::MAX_KEYS
                );
                Err(KeyError::new("public keys", problem))
            }
        }
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
        choice::check_one_kind(algorithms).map_err(|it| KeyError::new("algorithms", it))?;
        let members = jwk::members(text, max_keys).map_err(|it| KeyError::new("JWK set", it))?;
        let (keys, errors) = jwk::read(&members, algorithms);
        Ok((Self { keys }, errors))
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

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The keys that may have signed a token with this header: the one of that `kid`, where keys
    /// have one; otherwise those of the algorithm.
    ///
    /// Secrets and PEM keys have no `kid` and serve any. In a set, a `kid` is found exactly or not at
    /// all. A token without one is tried with the keys that have none, and with the only key of a
    /// set of one (OpenID Connect Core section 10.1).
    pub fn candidates<'a>(
        &'a self,
        algorithm: Algorithm,
        kid: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Key> {
        let is_only = self.keys.len() == 1;
        self.keys.iter().filter(move |key| {
            let by_kid = match (kid, &key.kid) {
                (Some(wanted), Some(own)) => wanted == own,
                (Some(_), None) => !key.from_set,
                (None, Some(_)) => is_only,
                (None, None) => true,
            };
            by_kid && key.choice.serves(algorithm)
        })
    }
}

impl Key {
    /// A key without a `kid`. This is where keys are prepared: nothing is parsed per signature.
    fn new(key: &DecodingKey, choice: Choice) -> Result<Self, String> {
        let verifier = Verifier::new(key, choice.algorithm())?;
        Ok(Self { kid: None, from_set: false, choice, verifier })
    }

    /// Its `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Its algorithm; `EdDSA` and `Ed25519` are one under two names.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.choice.algorithm()
    }

    /// Whether the signature of the message is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verifies(message, signature)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = f.debug_struct("Key");
        key.field("kid", &self.kid).field("algorithm", &self.choice.algorithm());
        key.finish_non_exhaustive()
    }
}
