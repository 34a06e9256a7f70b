//! What signs tokens: a secret or a private key, of one algorithm.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::json;
use super::private::Private;
use crate::Algorithm;
use crate::key::secret::{self, Severity};

/// Signs. From a secret, or a private key with its `kid`. Nothing of the key is ever shown.
pub struct Signer {
    algorithm: Algorithm,
    kid: Option<String>,
    key: Key,
}

enum Key {
    Hmac(Box<hmac::Key>),
    Private(Private),
}

/// Why something is no key to sign with; nothing of it is in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignerError(pub String);

impl Signer {
    /// With a secret that verifies as well. Weak ones are admitted: whether they may be used is
    /// decided where they are verified with.
    ///
    /// # Errors
    /// The algorithm is none of HMAC, or the secret is empty or the text of a key.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, SignerError> {
        let digest = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            other => {
                let name = other.name();
                return Err(SignerError(format!("{name} needs a private key, not a secret")));
            }
        };
        match secret::weakness(secret, algorithm) {
            Some(it) if it.severity == Severity::Fatal => return Err(SignerError(it.problem)),
            _ => {}
        }
        let key = Key::Hmac(Box::new(hmac::Key::new(digest, secret)));
        Ok(Self { algorithm, kid: None, key })
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
        let key = Key::Private(Private::read(algorithm, pem).map_err(SignerError)?);
        Ok(Self { algorithm, kid: kid.map(str::to_owned), key })
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The name of the key, where it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The token with these claims, in this order, and this `typ`.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, typ: &str, claims: &[(String, Value)]) -> Result<String, SignerError> {
        let encoded = |members: &[(String, Value)]| {
            let text = json::object(members).map_err(|error| SignerError(error.to_string()))?;
            Ok(URL_SAFE_NO_PAD.encode(text))
        };
        let mut token = encoded(&self.header(typ))?;
        token.push('.');
        token.push_str(&encoded(claims)?);
        let signature = match &self.key {
            Key::Hmac(key) => hmac::sign(key, token.as_bytes()).as_ref().to_vec(),
            Key::Private(key) => key.sign(token.as_bytes()).map_err(SignerError)?,
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// PyJWT's order of the members.
    fn header(&self, typ: &str) -> Vec<(String, Value)> {
        let member = |name: &str, value: &str| (name.to_owned(), Value::from(value));
        let mut header = vec![member("alg", self.algorithm.name()), member("typ", typ)];
        header.extend(self.kid.as_deref().map(|kid| member("kid", kid)));
        header
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut signer = f.debug_struct("Signer");
        signer.field("algorithm", &self.algorithm).field("kid", &self.kid).finish_non_exhaustive()
    }
}
