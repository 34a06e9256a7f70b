//! What is revoked, in one form: a mark, and the time of issue before which tokens that bear it are
//! denied.

use appserver_auth::Mark;

/// One revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What is denied.
    pub mark: Mark,
    /// Tokens whose `iat`, in seconds, is less are denied; [`i64::MAX`] denies all.
    pub before: i64,
    /// When it may be forgotten, in seconds: no token that it could be about is valid then.
    pub until: i64,
}

/// Up to where denials have been read; the beginning by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since(pub i64);
