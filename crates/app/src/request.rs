//! One request, as an application sees it.

use std::fmt;
use std::sync::Arc;

use crate::{Connection, EarlyHints, Forwarded, RequestBody, Scheme};

/// Names a request in logs and in `X-Request-ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestId {
    /// Ours: the worker's random prefix and a count.
    Own {
        /// Random, drawn once per worker.
        worker: u64,
        /// Counts the worker's requests.
        count: u64,
    },
    /// Given by a trusted proxy.
    Given(Box<str>),
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { worker, count } => write!(f, "{worker:016x}{count:08x}"),
            Self::Given(text) => f.write_str(text),
        }
    }
}

/// One request: its head, its body, and where it came from.
pub struct Request {
    /// Method, target, version and header fields. The path is exactly what policy was decided on.
    pub head: http::request::Parts,
    /// The body.
    pub body: RequestBody,
    /// The connection it came on.
    pub connection: Arc<Connection>,
    /// What a trusted proxy said; `None` for direct clients.
    pub forwarded: Option<Box<Forwarded>>,
    /// Names this request in every log line about it.
    pub id: RequestId,
    /// Sends interim responses, where the application uses them and the client can be sent any.
    pub hints: Option<EarlyHints>,
}

impl Request {
    /// The scheme that the client used, as far as a trusted proxy told.
    pub fn scheme(&self) -> Scheme {
        let told = self.forwarded.as_ref().and_then(|forwarded| forwarded.scheme);
        told.unwrap_or(self.connection.scheme)
    }
}
