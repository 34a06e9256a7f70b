//! Keys of our own, in a directory: made, rotated, retired, revoked.

/// The public keys of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// A JWK set (RFC 7517 section 5), without private members.
    pub jwks: String,
}
