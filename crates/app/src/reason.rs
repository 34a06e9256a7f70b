//! The reason phrase of a response.

use bytes::Bytes;

/// A reason phrase that differs from the registered one of its status (RFC 9112, section 4). An
/// application puts it into the extensions of its response; it has no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(pub Bytes);
