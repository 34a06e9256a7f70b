//! PBKDF2 (RFC 8018 section 5.2): `pbkdf2_sha256$ITERATIONS$SALT$HASH`. The salt is used as it is
//! written; the hash is as long as the digest, in padded base64.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Unusable, fields, number, salt};
use crate::encode::{self, EncodeError};
use crate::{Algorithm, Preferred, limits};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    salt: String,
}

impl Recipe {
    pub(super) fn read(algorithm: Algorithm, rest: &str) -> Result<Self, Unusable> {
        let [iterations, salt_text, _] = fields(rest)?;
        let iterations = NonZeroU32::new(number(iterations)?).ok_or(Unusable::Malformed)?;
        let recipe = Self { algorithm, iterations, salt: salt(salt_text)? };
        if recipe.is_excessive() { Err(Unusable::Excessive) } else { Ok(recipe) }
    }

    pub(super) fn new(algorithm: Algorithm, iterations: u32) -> Result<Self, EncodeError> {
        let iterations = NonZeroU32::new(iterations).ok_or(EncodeError::Parameters)?;
        Ok(Self { algorithm, iterations, salt: encode::salt()? })
    }

    pub(super) fn is_excessive(&self) -> bool {
        self.iterations.get() > limits::ITERATIONS
    }

    pub(super) fn encode(&self, password: &str) -> Result<String, EncodeError> {
        let (function, length) = match self.algorithm {
            Algorithm::Pbkdf2Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, 20),
            _ => (pbkdf2::PBKDF2_HMAC_SHA256, 32),
        };
        let mut hash = vec![0; length];
        let (salt, password) = (self.salt.as_bytes(), password.as_bytes());
        pbkdf2::derive(function, self.iterations, salt, password, &mut hash);
        let (name, hash) = (self.algorithm.name(), STANDARD.encode(hash));
        Ok(format!("{name}${}${}${hash}", self.iterations, self.salt))
    }

    #[cfg(test)]
    pub(super) fn rounds(&self) -> u64 {
        self.iterations.get().into()
    }

    pub(super) fn is_current(&self, preferred: &Preferred) -> bool {
        preferred.algorithm() == self.algorithm
            && iterations(preferred) == self.iterations.get()
            && encode::is_long_enough(self.salt.chars().count())
    }

    pub(super) fn shortfall(&self, preferred: &Preferred) -> Option<Self> {
        if preferred.algorithm() != self.algorithm {
            return None;
        }
        let missing = iterations(preferred).checked_sub(self.iterations.get())?;
        Some(Self { iterations: NonZeroU32::new(missing)?, ..self.clone() })
    }
}

fn iterations(preferred: &Preferred) -> u32 {
    match *preferred {
        Preferred::Pbkdf2Sha256 { iterations } | Preferred::Pbkdf2Sha1 { iterations } => iterations,
        _ => 0,
    }
}
