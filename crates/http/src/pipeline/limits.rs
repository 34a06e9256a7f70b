//! Limits that are known from the head alone.

use http_body::Body;
use hyper::body::Incoming;

use crate::config::Limits;

/// Whether the announced body is over the limit. Decided before a byte of it is asked for.
pub(super) fn is_too_large(incoming: &Incoming, limits: &Limits) -> bool {
    incoming.size_hint().lower() > limits.body
}
