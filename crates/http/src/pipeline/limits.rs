//! Limits that are decided before the application is called.

use http_body::Body;
use hyper::body::Incoming;

use crate::config::Limits;
use crate::exchange::Exchange;

/// Whether the announced body is over the limit. Decided before a byte of it is asked for.
pub(super) fn is_too_large(incoming: &Incoming, limits: &Limits) -> bool {
    incoming.size_hint().lower() > limits.body
}

/// Whether the application may be given one request more. It counts until its exchange ends.
pub(super) fn admit(exchange: &mut Exchange) -> bool {
    exchange.take_place()
}
