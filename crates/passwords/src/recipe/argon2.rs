//! Argon2 (RFC 9106): `argon2` and the string of the reference implementation,
//! `$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH` in base64 without padding. Rows of before
//! Django 3.2 are of Argon2i; the oldest have no `v=`, which is version 1.0.
//!
//! Lanes are computed one after the other: a login has one thread. Its memory is kept for the next
//! one, until [`release_memory`].

use std::cell::RefCell;

use ::argon2::{Algorithm as Variety, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Unusable, fields, number};
use crate::encode::{self, EncodeError};
use crate::{Preferred, limits};

/// What Django writes.
const LENGTH: usize = 32;

/// The lengths of salts and hashes, in bytes: the least of RFC 9106, and far more than anybody has.
const SALTS: std::ops::RangeInclusive<usize> = 8..=256;
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=512;

/// Memory that is kept between hashes, in KiB: some more than Django's default.
const KEPT: usize = 128 << 10;

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Gives back the memory that this thread keeps for its next hash of Argon2.
pub fn release_memory() {
    MEMORY.take();
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    variety: Variety,
    version: Version,
    is_version_written: bool,
    memory: u32,
    time: u32,
    parallelism: u32,
    salt: Vec<u8>,
    length: usize,
}

impl Recipe {
    pub(super) fn read(rest: &str) -> Result<Self, Unusable> {
        let (version, [variety, parameters, salt, hash]) = match fields::<5>(rest) {
            Ok([variety, version, parameters, salt, hash]) => {
                (Some(version), [variety, parameters, salt, hash])
            }
            Err(_) => (None, fields::<4>(rest)?),
        };
        let mut parameters = parameters.splitn(3, ',');
        let mut parameter = |name: &str| {
            let value = parameters.next().and_then(|text| text.strip_prefix(name));
            number(value.ok_or(Unusable::Malformed)?)
        };
        let recipe = Self {
            variety: Variety::new(variety).map_err(|_| Unusable::Malformed)?,
            version: self::version(version)?,
            is_version_written: version.is_some(),
            memory: parameter("m=")?,
            time: parameter("t=")?,
            parallelism: parameter("p=")?,
            salt: STANDARD_NO_PAD.decode(salt).map_err(|_| Unusable::Malformed)?,
            length: STANDARD_NO_PAD.decode(hash).map_err(|_| Unusable::Malformed)?.len(),
        };
        if recipe.is_excessive() {
            return Err(Unusable::Excessive);
        }
        recipe.parameters().map_err(|_| Unusable::Malformed)?;
        Ok(recipe)
    }

    pub(super) fn new(memory: u32, time: u32, parallelism: u32) -> Result<Self, EncodeError> {
        let recipe = Self {
            variety: Variety::Argon2id,
            version: Version::V0x13,
            is_version_written: true,
            memory,
            time,
            parallelism,
            salt: encode::salt()?.into_bytes(),
            length: LENGTH,
        };
        recipe.parameters().map(|_| recipe)
    }

    pub(super) fn is_excessive(&self) -> bool {
        self.memory > limits::MEMORY
            || self.time > limits::PASSES
            || self.parallelism > limits::LANES
            || self.work() > limits::MEMORY_PASSES
    }

    pub(super) fn encode(&self, password: &str) -> Result<String, EncodeError> {
        let Self { memory, time, parallelism, .. } = *self;
        let hash = STANDARD_NO_PAD.encode(self.hash(password.as_bytes())?);
        let salt = STANDARD_NO_PAD.encode(&self.salt);
        let variety = self.variety.as_str();
        let version = if self.is_version_written {
            format!("v={}$", u32::from(self.version))
        } else {
            String::new()
        };
        Ok(format!("argon2${variety}${version}m={memory},t={time},p={parallelism}${salt}${hash}"))
    }

    pub(super) fn is_current(&self, preferred: &Preferred) -> bool {
        let &Preferred::Argon2 { memory, time, parallelism } = preferred else { return false };
        (memory, time, parallelism) == (self.memory, self.time, self.parallelism)
            && (self.variety, self.version) == (Variety::Argon2id, Version::V0x13)
            && self.length == LENGTH
            && encode::is_long_enough(self.salt.len())
    }

    /// One pass over as much memory as is missing. Django leaves this out.
    pub(super) fn shortfall(&self, preferred: &Preferred) -> Option<Self> {
        let &Preferred::Argon2 { memory, time, parallelism } = preferred else { return None };
        let full = u64::from(memory) * u64::from(time);
        let missing = full.checked_sub(self.work())?.checked_div(u64::from(time))?;
        let memory = u32::try_from(missing).ok()?;
        let recipe = Self { memory, time, parallelism, ..self.clone() };
        recipe.parameters().is_ok().then_some(recipe)
    }

    fn work(&self) -> u64 {
        u64::from(self.memory) * u64::from(self.time)
    }

    fn hash(&self, password: &[u8]) -> Result<Vec<u8>, EncodeError> {
        let params = self.parameters()?;
        let blocks = params.block_count();
        let argon2 = Argon2::new(self.variety, self.version, params);
        let mut hash = vec![0; self.length];
        MEMORY.with_borrow_mut(|memory| {
            if memory.len() < blocks {
                let missing = blocks - memory.len();
                memory.try_reserve_exact(missing).map_err(|_| EncodeError::Memory)?;
                memory.resize(blocks, Block::new());
            }
            let hashed = argon2.hash_password_into_with_memory(
                password,
                &self.salt,
                &mut hash,
                &mut *memory,
            );
            if memory.len() > KEPT {
                *memory = Vec::new();
            }
            hashed.map_err(|_| EncodeError::Parameters)
        })?;
        Ok(hash)
    }

    fn parameters(&self) -> Result<Params, EncodeError> {
        if !SALTS.contains(&self.salt.len()) || !LENGTHS.contains(&self.length) {
            return Err(EncodeError::Parameters);
        }
        Params::new(self.memory, self.time, self.parallelism, Some(self.length))
            .map_err(|_| EncodeError::Parameters)
    }
}

/// Version 1.3 is 19, and 1.0 is 16 or is not written.
fn version(text: Option<&str>) -> Result<Version, Unusable> {
    match text {
        None | Some("v=16") => Ok(Version::V0x10),
        Some("v=19") => Ok(Version::V0x13),
        Some(_) => Err(Unusable::Malformed),
    }
}
