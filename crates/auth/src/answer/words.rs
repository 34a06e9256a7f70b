//! What is told of a refusal: fixed words, of which none is from the request.

use super::Refusal;
use crate::Reason;

/// What the client is told.
pub(super) struct Words {
    pub(super) kind: Kind,
    /// As djangorestframework-simplejwt says it, where it has words for it: clients know them.
    pub(super) detail: &'static str,
    /// The reason in a few words: characters that need no escape in a challenge or in JSON.
    pub(super) description: &'static str,
}

/// What a refusal is to the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is no token.
    NoToken,
    /// It is not clear what the token is.
    BadRequest,
    /// The token is not good.
    BadToken,
    /// The token is good, and does not grant this.
    TooLittle,
    /// It is not clear what the path is.
    BadPath,
    /// Another site may have made the request.
    Forged,
    /// There are no keys now.
    Unavailable,
}

impl Words {
    /// The words for a refusal.
    pub(super) fn new(refusal: &Refusal) -> Self {
        let (kind, detail) = match refusal.reason {
            Reason::Missing => (Kind::NoToken, "Authentication credentials were not provided."),
            Reason::MalformedCredentials => {
                (Kind::BadRequest, "Authorization header must contain two space-delimited values")
            }
            Reason::SeveralTokens => (Kind::BadRequest, "The request has several tokens"),
            Reason::AmbiguousPath => (Kind::BadPath, "The path of the request is ambiguous."),
            Reason::Csrf => (Kind::Forged, "CSRF Failed: the request may be another site's."),
            Reason::NoKeys | Reason::RevocationsUnknown => {
                (Kind::Unavailable, "Tokens cannot be verified at this time.")
            }
            Reason::Scope | Reason::Role | Reason::Condition => {
                (Kind::TooLittle, "You do not have permission to perform this action.")
            }
            Reason::Expired => (Kind::BadToken, "Token is expired"),
            Reason::Revoked => (Kind::BadToken, "Token is blacklisted"),
            Reason::TokenType => (Kind::BadToken, "Token has wrong type"),
            Reason::ClaimMissing => (Kind::BadToken, missing(&refusal.detail)),
            Reason::TooLong
            | Reason::NotCompact
            | Reason::Encoding
            | Reason::MalformedHeader
            | Reason::Critical
            | Reason::Unsupported
            | Reason::Algorithm
            | Reason::Type
            | Reason::UnknownKey
            | Reason::Signature
            | Reason::MalformedClaims
            | Reason::NotYetValid
            | Reason::IssuedInFuture
            | Reason::Issuer
            | Reason::Audience
            | Reason::Subject
            | Reason::Lifetime => (Kind::BadToken, "Token is invalid"),
        };
        Self { kind, detail, description: description(refusal.reason) }
    }
}

fn description(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "a token is required",
        Reason::MalformedCredentials => "the credentials are not a scheme and one token",
        Reason::SeveralTokens => "the request has several tokens that differ",
        Reason::TooLong => "the token is too long",
        Reason::NotCompact => "the token is not in compact form",
        Reason::Encoding => "the token is not base64url",
        Reason::MalformedHeader => "the header of the token is malformed",
        Reason::Critical => "the token has a critical extension",
        Reason::Unsupported => "the token is of a kind that is not accepted",
        Reason::Algorithm => "the algorithm is not accepted",
        Reason::Type => "the type of the token is not accepted",
        Reason::UnknownKey => "the key of the token is not known",
        Reason::NoKeys => "the keys are not available at this time",
        Reason::Signature => "the signature is wrong",
        Reason::MalformedClaims => "the claims are malformed",
        Reason::ClaimMissing => "a claim is missing",
        Reason::Expired => "the token has expired",
        Reason::NotYetValid => "the token is not valid yet",
        Reason::IssuedInFuture => "the token was issued in the future",
        Reason::Issuer => "the issuer is not accepted",
        Reason::Audience => "the token is for another audience",
        Reason::Subject => "the subject is not accepted",
        Reason::TokenType => "the token is of the wrong type",
        Reason::Lifetime => "the token lives too long",
        Reason::Revoked => "the token is revoked",
        Reason::RevocationsUnknown => "the revocations are not known at this time",
        Reason::Scope => "a scope is missing",
        Reason::Role => "a role is missing",
        Reason::Condition => "a claim does not have the value that is needed",
        Reason::Csrf => "the request may be from another site",
        Reason::AmbiguousPath => "the path can be read in several ways",
    }
}

fn missing(claim: &str) -> &'static str {
    match claim {
        "exp" => "Token has no 'exp' claim",
        "jti" => "Token has no id",
        _ => "Token is invalid",
    }
}

impl Kind {
    /// The status, and its phrase (RFC 9110 section 15). A malformed field is 401 as it is in Django
    /// REST framework, where RFC 6750 section 3.1 would have 400.
    pub(super) fn status(self, reason: Reason) -> (u16, &'static str) {
        match self {
            Self::BadRequest if reason == Reason::MalformedCredentials => (401, "Unauthorized"),
            Self::NoToken | Self::BadToken => (401, "Unauthorized"),
            Self::BadRequest | Self::BadPath => (400, "Bad Request"),
            Self::TooLittle | Self::Forged => (403, "Forbidden"),
            Self::Unavailable => (503, "Service Unavailable"),
        }
    }
}
