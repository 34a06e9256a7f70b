//! scrypt (RFC 7914): `scrypt$N$SALT$R$P$HASH`, with 64 bytes of hash in padded base64. The salt is
//! used as it is written.

use ::scrypt::{Params, scrypt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Unusable, fields, number, salt};
use crate::encode::{self, EncodeError};
use crate::{Preferred, limits};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    work: u32,
    block_size: u32,
    parallelism: u32,
    salt: String,
}

impl Recipe {
    pub(super) fn read(rest: &str) -> Result<Self, Unusable> {
        let [work, salt_text, block_size, parallelism, _] = fields(rest)?;
        let recipe = Self {
            work: number(work)?,
            block_size: number(block_size)?,
            parallelism: number(parallelism)?,
            salt: salt(salt_text)?,
        };
        if recipe.is_excessive() {
            return Err(Unusable::Excessive);
        }
        recipe.parameters().map_err(|_| Unusable::Malformed)?;
        Ok(recipe)
    }

    pub(super) fn new(work: u32, block_size: u32, parallelism: u32) -> Result<Self, EncodeError> {
        let recipe = Self { work, block_size, parallelism, salt: encode::salt()? };
        recipe.parameters().map(|_| recipe)
    }

    /// Memory is 128 bytes times N and r.
    pub(super) fn is_excessive(&self) -> bool {
        let memory = u64::from(self.work).saturating_mul(u64::from(self.block_size));
        memory > u64::from(limits::MEMORY) * 8
            || memory.saturating_mul(u64::from(self.parallelism)) > limits::SCRYPT
    }

    pub(super) fn encode(&self, password: &str) -> Result<String, EncodeError> {
        let Self { work, block_size, parallelism, ref salt } = *self;
        let mut hash = [0; 64];
        scrypt(password.as_bytes(), salt.as_bytes(), &self.parameters()?, &mut hash)
            .map_err(|_| EncodeError::Parameters)?;
        let hash = STANDARD.encode(hash);
        Ok(format!("scrypt${work}${salt}${block_size}${parallelism}${hash}"))
    }

    /// Django lets a short salt be, here.
    pub(super) fn is_current(&self, preferred: &Preferred) -> bool {
        let &Preferred::Scrypt { work, block_size, parallelism } = preferred else { return false };
        (work, block_size, parallelism) == (self.work, self.block_size, self.parallelism)
    }

    /// What is preferred, with as many turns as are missing: rows of before Django 5.1 have one of
    /// five.
    pub(super) fn shortfall(&self, preferred: &Preferred) -> Option<Self> {
        let &Preferred::Scrypt { work, block_size, parallelism } = preferred else { return None };
        let turn = u64::from(work) * u64::from(block_size);
        let done = u64::from(self.work) * u64::from(self.block_size) * u64::from(self.parallelism);
        let missing = (turn * u64::from(parallelism)).checked_sub(done)?.checked_div(turn)?;
        let parallelism = u32::try_from(missing).ok().filter(|turns| *turns > 0)?;
        Some(Self { work, block_size, parallelism, salt: self.salt.clone() })
    }

    /// The parameters, checked: N is a power of two.
    fn parameters(&self) -> Result<Params, EncodeError> {
        if !self.work.is_power_of_two() || self.work < 2 {
            return Err(EncodeError::Parameters);
        }
        let logarithm = u8::try_from(self.work.ilog2()).map_err(|_| EncodeError::Parameters)?;
        Params::new(logarithm, self.block_size, self.parallelism)
            .map_err(|_| EncodeError::Parameters)
    }
}
