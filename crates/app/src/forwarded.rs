//! What a trusted proxy said about the client.

use crate::Scheme;

/// The client's side of a request, as a trusted proxy reported it. Absent fields were not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// The client's address, without a port.
    pub client: Option<Box<str>>,
    /// The scheme that the client used towards the proxy.
    pub scheme: Option<Scheme>,
}
