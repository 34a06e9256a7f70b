//! Paths that the server answers itself, beside the application.

use crate::{LocalFuture, Request, Response};

/// Answers requests to some paths. The application never sees them.
pub trait Endpoints: 'static {
    /// Whether a path is one of these: the path of the request's target, as the client sent it.
    fn takes(&self, path: &str) -> bool;

    /// The longest body that is read, in bytes; a longer one is handed over as
    /// [`crate::RequestBody::Empty`], with [`TooLong`] in the extensions of the head.
    fn most_body(&self) -> u64;

    /// Answers. The body has been read.
    fn call(&self, request: Request) -> LocalFuture<Response>;
}

/// Marks a request whose body was too long to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// What came of a call, in a word, for the access log. An answer has it in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered(pub &'static str);
