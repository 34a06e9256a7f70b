//! Request bodies on their way to the application.

mod collect;
mod spool;
mod streamed;
mod unsized_body;

use std::error::Error;
use std::io;

use appserver_app::BodyError;
pub(crate) use collect::Collect;
pub(crate) use streamed::Streamed;
pub(crate) use unsized_body::Unsized;

use crate::framing::Fault;

/// Says why a body ended early, from hyper's error and what the guard put into it.
fn explain(error: &hyper::Error, limit: u64) -> BodyError {
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let Some(cause) = cause else { return BodyError::Disconnected };
    let fault = cause.get_ref().and_then(|inner| inner.downcast_ref::<Fault>());
    match (fault, cause.kind()) {
        (Some(fault), _) if fault.status == 408 => BodyError::Timeout,
        (Some(fault), _) if fault.status == 413 => BodyError::TooLarge(limit),
        (Some(fault), _) => BodyError::Malformed(fault.reason),
        (None, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            BodyError::Malformed("malformed body")
        }
        (None, _) => BodyError::Disconnected,
    }
}
