//! How much work one hash may be, whoever asks for it: a row of a table is no reason to hold up
//! everybody who logs in.

/// Rounds of PBKDF2: some two seconds.
pub(crate) const ITERATIONS: u32 = 10_000_000;

/// Memory of one hash, in KiB: 1 GiB.
pub(crate) const MEMORY: u32 = 1 << 20;

/// Passes of Argon2 over its memory.
pub(crate) const PASSES: u32 = 16;

/// KiB of memory times passes of Argon2, some ten seconds.
pub(crate) const MEMORY_PASSES: u64 = 1 << 22;

/// Lanes of Argon2.
pub(crate) const LANES: u32 = 64;

/// The binary logarithm of bcrypt's rounds: some five seconds.
pub(crate) const COST: u32 = 16;

/// `N * r * p` of scrypt, some five seconds.
pub(crate) const SCRYPT: u64 = 1 << 24;

/// Bytes of a stored text: eight times Django's column.
pub(crate) const STORED: usize = 1024;
