//! New hashes, and what they are salted with.

use std::fmt::Write;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use crate::recipe::Recipe;
use crate::{Algorithm, Hashers, Preferred};

/// What salts are made of; each character is some 5.95 bits.
const CHARACTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// With so many characters a salt has 128 bits, which is what Django wants.
const SALT_LENGTH: usize = 22;

/// Why there is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The preferred hasher cannot be computed as it is set, or would be too much work.
    #[error("the parameters of the preferred password hasher are out of bounds")]
    Parameters,
    /// The hash needs more memory than there is.
    #[error("there is not enough memory to hash a password")]
    Memory,
    /// Without them there is no salt.
    #[error("the kernel gives no random numbers")]
    Random,
}

impl Hashers {
    /// The text to store for a password. Takes as long as what is preferred says, and blocks.
    ///
    /// # Errors
    /// See [`EncodeError`].
    pub fn encode(&self, password: &str) -> Result<String, EncodeError> {
        Recipe::new(&self.preferred)?.encode(password)
    }

    /// Whether what is preferred can be computed. Nothing is hashed.
    ///
    /// # Errors
    /// See [`EncodeError`].
    pub fn validate(&self) -> Result<(), EncodeError> {
        Recipe::new(&self.preferred).map(|_| ())
    }
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pbkdf2Sha256,
        Self::Pbkdf2Sha1,
        Self::Argon2,
        Self::BcryptSha256,
        Self::Bcrypt,
        Self::Scrypt,
        Self::Md5,
    ];

    /// What stored texts begin with, before the first `$`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::Argon2 => "argon2",
            Self::BcryptSha256 => "bcrypt_sha256",
            Self::Bcrypt => "bcrypt",
            Self::Scrypt => "scrypt",
            Self::Md5 => "md5",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl Preferred {
    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Pbkdf2Sha256 { .. } => Algorithm::Pbkdf2Sha256,
            Self::Pbkdf2Sha1 { .. } => Algorithm::Pbkdf2Sha1,
            Self::Argon2 { .. } => Algorithm::Argon2,
            Self::BcryptSha256 { .. } => Algorithm::BcryptSha256,
            Self::Bcrypt { .. } => Algorithm::Bcrypt,
            Self::Scrypt { .. } => Algorithm::Scrypt,
            Self::Md5 => Algorithm::Md5,
        }
    }
}

/// Whether a salt of so many characters has 128 bits.
pub(crate) fn is_long_enough(characters: usize) -> bool {
    characters >= SALT_LENGTH
}

/// A new salt of 22 letters and digits.
pub(crate) fn salt() -> Result<String, EncodeError> {
    let mut salt = String::with_capacity(SALT_LENGTH);
    while salt.len() < SALT_LENGTH {
        // What is left of 256 beyond a multiple of 62 would make the first characters likelier.
        let fair = random::<32>()?.into_iter().filter(|byte| *byte < 4 * 62);
        let characters = fair.filter_map(|byte| CHARACTERS.get(usize::from(byte % 62)));
        salt.extend(characters.take(SALT_LENGTH - salt.len()).map(|byte| char::from(*byte)));
    }
    Ok(salt)
}

/// Random bytes.
pub(crate) fn random<const COUNT: usize>() -> Result<[u8; COUNT], EncodeError> {
    let mut bytes = [0; COUNT];
    SystemRandom::new().fill(&mut bytes).map_err(|_| EncodeError::Random)?;
    Ok(bytes)
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
