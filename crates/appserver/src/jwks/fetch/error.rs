//! Why keys could not be fetched, and what that is counted as.

use std::io;
use std::time::Duration;

/// Why a set could not be fetched. Never holds anything of the answer but its status and a host.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address, or the one that the issuer's metadata names, may not be fetched.
    #[error("the address {0}")]
    Address(String),
    /// Nothing can be fetched by this process.
    #[error("no loop for it can be made")]
    Loop(#[source] io::Error),
    /// The time was over.
    #[error("there was no complete answer within {0:?}")]
    Timeout(Duration),
    /// There is no connection.
    #[error("cannot connect to {host}")]
    Connect {
        /// The host, with its port where it is named.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// The other side is not who it should be, or speaks no TLS.
    #[error("no trusted connection to {host}")]
    Tls {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// There are no certificates to trust.
    #[error("{0}")]
    Trust(String),
    /// The answer is no HTTP, or is cut.
    #[error("the answer is not complete")]
    Protocol(#[source] hyper::Error),
    /// It leads elsewhere, which is not followed.
    #[error("the answer is a redirect ({status}) to {host}; redirects are not followed")]
    Redirect {
        /// The status.
        status: u16,
        /// Where to.
        host: String,
    },
    /// Another status than 200.
    #[error("the answer has status {0}")]
    Status(u16),
    /// It is compressed, which was not asked for.
    #[error("the answer is compressed, which was not asked for")]
    Encoded,
    /// It is longer than allowed.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// It is no JWK set with a key that can be used, or no metadata of the issuer.
    #[error("{0}")]
    Content(String),
}

/// What came of a fetch, for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum FetchResult {
    /// Keys were fetched.
    Fetched,
    /// The address is not allowed.
    Address,
    /// The time was over.
    Timeout,
    /// There was no connection.
    Connect,
    /// There was no trusted connection.
    Tls,
    /// The answer was no HTTP, or cut.
    Protocol,
    /// The status was not 200: also a redirect.
    Status,
    /// The answer was too long, or compressed.
    Size,
    /// The answer held no usable keys.
    Content,
}

impl FetchResult {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Fetched,
        Self::Address,
        Self::Timeout,
        Self::Connect,
        Self::Tls,
        Self::Protocol,
        Self::Status,
        Self::Size,
        Self::Content,
    ];

    /// The name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Address => "address",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::Status => "status",
            Self::Size => "size",
            Self::Content => "content",
        }
    }
}

impl FetchError {
    /// What it is counted as.
    #[must_use]
    pub const fn result(&self) -> FetchResult {
        match self {
            Self::Address(_) => FetchResult::Address,
            Self::Timeout(_) => FetchResult::Timeout,
            Self::Loop(_) | Self::Connect { .. } => FetchResult::Connect,
            Self::Tls { .. } | Self::Trust(_) => FetchResult::Tls,
            Self::Protocol(_) => FetchResult::Protocol,
            Self::Redirect { .. } | Self::Status(_) => FetchResult::Status,
            Self::Encoded | Self::TooLong(_) => FetchResult::Size,
            Self::Content(_) => FetchResult::Content,
        }
    }

    /// All of it, with its causes, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        // Parts of it may be the other side's.
        text.chars().map(|each| if each.is_control() { ' ' } else { each }).take(500).collect()
    }
}
