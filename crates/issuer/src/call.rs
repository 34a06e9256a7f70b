//! What endpoints are asked and what they answer, without HTTP's types.

mod result;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use result::CallResult;

/// What the server answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Name and password for a pair of tokens.
    Obtain,
    /// A refresh token for an access token.
    Refresh,
    /// Whether a token is valid.
    Verify,
    /// Ends a refresh token.
    Blacklist,
    /// Ends any token (RFC 7009).
    Revoke,
    /// Ends everything that the caller has. Wants an access token.
    LogoutAll,
    /// Name and password for a sliding token.
    SlidingObtain,
    /// A sliding token for a newer one.
    SlidingRefresh,
    /// The public keys (RFC 7517).
    Jwks,
    /// What there is (RFC 8414).
    Metadata,
}

/// A request to an endpoint, with its whole body.
pub struct Call {
    /// Which.
    pub endpoint: Endpoint,
    /// The request's id, for the log.
    pub id: String,
    /// The method.
    pub method: String,
    /// `http` or `https`, as the client sees it.
    pub scheme: String,
    /// The path, as the client sees it.
    pub path: String,
    /// Header fields with names in lower case, in their order.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The body; `None` where it is longer than the issuer reads.
    pub body: Option<Vec<u8>>,
    /// Whom it is from, behind trusted proxies; `None` on Unix sockets.
    pub client: Option<IpAddr>,
    /// Whose access token the gate has verified.
    pub user: Option<Caller>,
}

/// Whom the gate has verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The id of the user.
    pub user: String,
    /// `sid`, where the token has one.
    pub session: Option<String>,
}

impl Call {
    /// The value of a field, where there is exactly one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// Without what the client wrote.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = f.debug_struct("Call");
        call.field("endpoint", &self.endpoint).field("id", &self.id).finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields; those about the length are for who sends it.
    pub fields: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// For the access log and counters.
    pub result: CallResult,
}

/// Without the tokens.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut answer = f.debug_struct("Answer");
        answer.field("status", &self.status).field("result", &self.result).finish_non_exhaustive()
    }
}
