//! Password hashes in the formats that Django stores them in, and nothing else: no users, no I/O.
//!
//! Whatever a stored text says, checking it has bounded costs. A password that cannot be right costs
//! as much as one that is wrong.

#![forbid(unsafe_code)]

mod check;
mod encode;
mod limits;
mod recipe;

use serde::{Deserialize, Serialize};

pub use encode::EncodeError;
pub use recipe::release_memory;

/// A way to hash passwords, by the name that stored texts begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Django's")]
pub enum Algorithm {
    Pbkdf2Sha256,
    Pbkdf2Sha1,
    Argon2,
    BcryptSha256,
    Bcrypt,
    Scrypt,
    /// For tests only: it is no protection.
    Md5,
}

/// How passwords are hashed that are stored from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the parameters are the algorithms' own")]
pub enum Preferred {
    Pbkdf2Sha256 {
        iterations: u32,
    },
    Pbkdf2Sha1 {
        iterations: u32,
    },
    /// `memory` in KiB.
    Argon2 {
        memory: u32,
        time: u32,
        parallelism: u32,
    },
    BcryptSha256 {
        cost: u32,
    },
    Bcrypt {
        cost: u32,
    },
    Scrypt {
        work: u32,
        block_size: u32,
        parallelism: u32,
    },
    Md5,
}

/// What is accepted, and what is preferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashers {
    /// What new hashes are made with; also what is computed for users that there are not.
    pub preferred: Preferred,
    /// What stored hashes may be made with.
    pub accepted: Vec<Algorithm>,
}

/// What came of checking a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whether it is the right one.
    pub is_right: bool,
    /// Whether it is right, and should be hashed anew with what is preferred.
    pub is_outdated: bool,
    /// What is wrong with the stored text, for the log; nothing of the text is in it.
    pub problem: Option<&'static str>,
}

/// MD5 in hexadecimal, for a claim of simplejwt's that is made so. It protects nothing.
#[must_use]
pub fn md5_hex(bytes: &[u8]) -> String {
    use ::md5::Digest;
    encode::hex(&::md5::Md5::digest(bytes))
}
