//! Refresh tokens, as stores know them.

use std::time::Duration;

/// A refresh token, or a sliding one. Times in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its `jti`.
    pub jti: String,
    /// The login that it came out of: `sid`, or the `jti` where it has none.
    pub session: String,
    /// Whom it is for: the id of the user as text; empty if nobody.
    pub subject: String,
    /// Its `iat`.
    pub issued: i64,
    /// Its `exp`.
    pub expires: i64,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
}

/// A token that is used up, and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The token.
    pub token: Entry,
    /// What it is exchanged for. Its times are those of `now`.
    pub successor: Entry,
    /// What using a token twice means.
    pub reuse: Reuse,
    /// Now, in milliseconds.
    pub now: i64,
}

/// What using a token twice means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It is refused; an unknown token counts as new, since others issue them too (simplejwt).
    Refused,
    /// Within the grace it gives the same successor, as long as that was not used itself. Later it
    /// revokes the session (RFC 9700 section 4.14.2). An unknown token is refused.
    Theft {
        /// The grace.
        grace: Duration,
    },
}

/// What came of using a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumed {
    /// It is used up now, and the successor is remembered.
    Fresh,
    /// It was used a moment ago, at this time in milliseconds: its successor is to be given again.
    Replayed {
        /// When it was used.
        at: i64,
    },
    /// It was used before. With [`Reuse::Theft`] its session is revoked now.
    Reused,
    /// It is revoked.
    Revoked,
    /// It was never recorded. Only with [`Reuse::Theft`].
    Unknown,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Unknown,
    /// It may be used.
    Live,
    /// It was used up.
    Used,
    /// It is revoked.
    Revoked,
}
