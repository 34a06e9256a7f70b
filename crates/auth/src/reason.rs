//! Why a request is refused: a closed list, for counters, logs and answers.

/// Why a request is refused, or which check a token fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// There is no token, and one is required.
    Missing,
    /// The `Authorization` field is not a scheme and one token.
    MalformedCredentials,
    /// Tokens that differ in several places.
    SeveralTokens,
    /// Longer than allowed.
    TooLong,
    /// Not three parts between dots (RFC 7515 section 7.1), or other characters than theirs.
    NotCompact,
    /// Not the canonical base64url of anything (RFC 4648 section 5).
    Encoding,
    /// The header is not what a JOSE header may be.
    MalformedHeader,
    /// `crit`, or `b64` (RFC 7797).
    Critical,
    /// Encrypted, compressed or nested.
    Unsupported,
    /// `alg` is not allowed.
    Algorithm,
    /// `typ` is not allowed.
    Type,
    /// No key has this `kid`, or none fits.
    UnknownKey,
    /// There are no keys: they could not be fetched.
    NoKeys,
    /// The signature is wrong.
    Signature,
    /// The claims are not a JSON object with the right types.
    MalformedClaims,
    /// A required claim is missing.
    ClaimMissing,
    /// `exp` has come.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` has not come.
    IssuedInFuture,
    /// `iss` is another.
    Issuer,
    /// `aud` holds none of ours.
    Audience,
    /// `sub` does not match.
    Subject,
    /// The claim that says what kind of token it is says another.
    TokenType,
    /// It lives longer than allowed.
    Lifetime,
    /// It, its session or its user was revoked.
    Revoked,
    /// What is revoked is not known at this time.
    RevocationsUnknown,
    /// A scope is missing.
    Scope,
    /// A role is missing.
    Role,
    /// A condition on the claims does not hold.
    Condition,
    /// Another site may have made the request.
    Csrf,
    /// The path could mean another one, for which another rule holds.
    AmbiguousPath,
}

/// What came of a request, for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// It has passed without a token.
    Anonymous,
    /// It has passed with one.
    Verified,
    /// It was refused.
    Refused(Reason),
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 31] = [
        Self::Missing,
        Self::MalformedCredentials,
        Self::SeveralTokens,
        Self::TooLong,
        Self::NotCompact,
        Self::Encoding,
        Self::MalformedHeader,
        Self::Critical,
        Self::Unsupported,
        Self::Algorithm,
        Self::Type,
        Self::UnknownKey,
        Self::NoKeys,
        Self::Signature,
        Self::MalformedClaims,
        Self::ClaimMissing,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::Issuer,
        Self::Audience,
        Self::Subject,
        Self::TokenType,
        Self::Lifetime,
        Self::Revoked,
        Self::RevocationsUnknown,
        Self::Scope,
        Self::Role,
        Self::Condition,
        Self::Csrf,
        Self::AmbiguousPath,
    ];

    /// Its name in counters and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::MalformedCredentials => "malformed_credentials",
            Self::SeveralTokens => "several_tokens",
            Self::TooLong => "too_long",
            Self::NotCompact => "not_compact",
            Self::Encoding => "encoding",
            Self::MalformedHeader => "malformed_header",
            Self::Critical => "critical",
            Self::Unsupported => "unsupported",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::UnknownKey => "unknown_key",
            Self::NoKeys => "no_keys",
            Self::Signature => "signature",
            Self::MalformedClaims => "malformed_claims",
            Self::ClaimMissing => "claim_missing",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::TokenType => "token_type",
            Self::Lifetime => "lifetime",
            Self::Revoked => "revoked",
            Self::RevocationsUnknown => "revocations_unknown",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Condition => "condition",
            Self::Csrf => "csrf",
            Self::AmbiguousPath => "ambiguous_path",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
