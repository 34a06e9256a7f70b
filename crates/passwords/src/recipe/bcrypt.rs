//! bcrypt: `bcrypt$$2b$COST$SALTHASH`, and `bcrypt_sha256$$2b$…`, where the password is the
//! hexadecimal SHA-256 of the password.
//!
//! Of a plain `bcrypt` password only the first 72 bytes count, as in Django with bcrypt before 5.0;
//! later ones refuse a longer one.

use ::bcrypt::{HashParts, Version, hash_with_salt};
use aws_lc_rs::digest;

use super::Unusable;
use crate::encode::{self, EncodeError};
use crate::{Algorithm, Preferred, limits};

/// What the algorithm allows at all; the crate refuses less, too.
const LEAST_COST: u32 = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    algorithm: Algorithm,
    version: &'static str,
    cost: u32,
    salt: [u8; 16],
}

impl Recipe {
    pub(super) fn read(algorithm: Algorithm, rest: &str) -> Result<Self, Unusable> {
        let parts: HashParts = rest.parse().map_err(|_| Unusable::Malformed)?;
        let known = ["2a", "2b", "2x", "2y"];
        let version = known.into_iter().find(|name| rest.get(1..3) == Some(*name));
        let recipe = Self {
            algorithm,
            version: version.ok_or(Unusable::Malformed)?,
            cost: parts.get_cost(),
            salt: parts.get_salt_raw(),
        };
        match recipe.cost {
            ..LEAST_COST => Err(Unusable::Malformed),
            _ if recipe.is_excessive() => Err(Unusable::Excessive),
            _ => Ok(recipe),
        }
    }

    pub(super) fn new(algorithm: Algorithm, cost: u32) -> Result<Self, EncodeError> {
        if cost < LEAST_COST {
            return Err(EncodeError::Parameters);
        }
        Ok(Self { algorithm, version: "2b", cost, salt: encode::random()? })
    }

    pub(super) fn is_excessive(&self) -> bool {
        self.cost > limits::COST
    }

    pub(super) fn encode(&self, password: &str) -> Result<String, EncodeError> {
        let hashed = match self.algorithm {
            Algorithm::BcryptSha256 => {
                let digest = digest::digest(&digest::SHA256, password.as_bytes());
                hash_with_salt(encode::hex(digest.as_ref()), self.cost, self.salt)
            }
            _ => hash_with_salt(password, self.cost, self.salt),
        };
        let parts = hashed.map_err(|_| EncodeError::Parameters)?;
        // The four only differ in which old mistakes they admit to; hashes are the same.
        let version = match self.version {
            "2a" => Version::TwoA,
            "2x" => Version::TwoX,
            "2y" => Version::TwoY,
            _ => Version::TwoB,
        };
        Ok(format!("{}${}", self.algorithm.name(), parts.format_for_version(version)))
    }

    #[cfg(test)]
    pub(super) fn rounds(&self) -> u64 {
        1 << self.cost
    }

    /// Django lets a salt be, here: all have 128 bits.
    pub(super) fn is_current(&self, preferred: &Preferred) -> bool {
        preferred.algorithm() == self.algorithm && cost(preferred) == self.cost
    }

    /// How many more hashes of this cost are as much work as what is preferred.
    pub(super) fn shortfall(&self, preferred: &Preferred) -> Option<u32> {
        if preferred.algorithm() != self.algorithm {
            return None;
        }
        let doublings = cost(preferred).checked_sub(self.cost)?;
        1u32.checked_shl(doublings)?.checked_sub(1).filter(|times| *times > 0)
    }
}

fn cost(preferred: &Preferred) -> u32 {
    match *preferred {
        Preferred::BcryptSha256 { cost } | Preferred::Bcrypt { cost } => cost,
        _ => 0,
    }
}
