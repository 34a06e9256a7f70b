//! What is wrong with the bytes of a client, and the status that says so.

use std::fmt;

/// A violation of the framing rules or of a limit. Nothing after it can be trusted, so the
/// connection ends with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The status of the answer.
    pub(crate) status: u16,
    /// What was wrong, for the log and the body of the answer.
    pub(crate) reason: &'static str,
}

impl Fault {
    /// RFC 9110 section 15.5.1: the request is malformed.
    pub(crate) const fn malformed(reason: &'static str) -> Self {
        Self { status: 400, reason }
    }

    /// RFC 9110 section 15.5.9: the client was too slow.
    pub(crate) const fn timeout(reason: &'static str) -> Self {
        Self { status: 408, reason }
    }

    /// RFC 9110 section 15.5.14: a chunked body is over the limit.
    pub(crate) const LARGE_BODY: Self = Self { status: 413, reason: "the body is too large" };
    /// RFC 9110 section 15.5.15: the request line is too long.
    pub(crate) const LONG_REQUEST_LINE: Self =
        Self { status: 414, reason: "the request line is too long" };
    /// RFC 9110 section 15.5.18: an expectation other than 100-continue.
    pub(crate) const EXPECTATION: Self = Self { status: 417, reason: "unknown expectation" };
    /// RFC 6585 section 5: one field is too large.
    pub(crate) const LARGE_FIELD: Self =
        Self { status: 431, reason: "a header field is too large" };
    /// RFC 6585 section 5: too many fields.
    pub(crate) const MANY_FIELDS: Self = Self { status: 431, reason: "too many header fields" };
    /// RFC 6585 section 5: the fields together are too large.
    pub(crate) const LARGE_HEAD: Self = Self { status: 431, reason: "the header is too large" };
    /// RFC 9110 section 15.6.2: CONNECT.
    pub(crate) const CONNECT: Self = Self { status: 501, reason: "CONNECT is not supported" };
    /// RFC 9112 section 6.1: a transfer coding that is not known.
    pub(crate) const CODING: Self = Self { status: 501, reason: "unknown transfer coding" };
    /// RFC 9110 section 15.6.6: neither HTTP/1.0 nor HTTP/1.1.
    pub(crate) const VERSION: Self = Self { status: 505, reason: "unsupported HTTP version" };
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for Fault {}
