//! What can come of a call, for logs and counters: clients are told in other words.

/// What came of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallResult {
    /// A login has given tokens.
    Obtained,
    /// A token was exchanged.
    Refreshed,
    /// A used token has given its successor again.
    Replayed,
    /// A token is valid.
    Valid,
    /// Something was ended.
    Revoked,
    /// It was told what an endpoint takes.
    Described,
    /// The public keys were told.
    Keys,
    /// It was told what there is.
    Metadata,
    /// The request is none that an endpoint takes.
    Malformed,
    /// Name and password are nobody's who may log in.
    Credentials,
    /// The user of a token may have none any more.
    Account,
    /// A token is not what it has to be.
    Token,
    /// A token was used twice.
    Reused,
    /// A token was ended before.
    Blacklisted,
    /// Nobody has said who they are.
    Unidentified,
    /// Another site has made the request.
    Forged,
    /// There were too many tries.
    Limited,
    /// There is too much to do.
    Busy,
    /// The store or the application cannot be asked.
    Unavailable,
    /// A mistake of ours or of the application.
    #[default]
    Failed,
}

impl CallResult {
    /// It in a word, for the access log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Obtained => "obtained",
            Self::Refreshed => "refreshed",
            Self::Replayed => "replayed",
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Described => "described",
            Self::Keys => "keys",
            Self::Metadata => "metadata",
            Self::Malformed => "malformed",
            Self::Credentials => "credentials",
            Self::Account => "account",
            Self::Token => "token",
            Self::Reused => "reused",
            Self::Blacklisted => "blacklisted",
            Self::Unidentified => "unidentified",
            Self::Forged => "forged",
            Self::Limited => "limited",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}
