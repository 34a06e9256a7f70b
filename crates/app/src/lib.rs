//! What an application is: the trait, its request, its response, its body.
//!
//! Everything that serves (`http`) and everything that is served (`python`, native services) meets
//! here and nowhere else. This crate must not know how a request came in, nor what language answers.

mod body;
mod connection;
mod endpoints;
mod forwarded;
mod hints;
mod reason;
mod request;
mod ticket;
pub mod websocket;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use body::{Body, BodyError, BodyStream, FileBody, RequestBody, ResponseStream, SpooledBody};
pub use connection::{Connection, Endpoint, Scheme};
pub use endpoints::{Answered, Endpoints, TooLong};
pub use forwarded::Forwarded;
pub use hints::EarlyHints;
pub use reason::Reason;
pub use request::{Request, RequestId};
pub use ticket::Ticket;
use websocket::Verdict;

/// A response head with its body.
pub type Response = http::Response<Body>;

/// A future that stays on the worker's thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// How an application wants its request bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// The whole body is read, within the limits, before [`Application::call`]; large bodies arrive
    /// as a temporary file. A slow or vanished client never reaches the application.
    Whole,
    /// The body is handed over as it arrives.
    Streamed,
}

/// An application that answers requests on one worker.
///
/// `call` runs on the worker's loop thread: what it does before it returns holds the loop up.
pub trait Application: 'static {
    /// How request bodies are to be delivered.
    fn body_mode(&self) -> BodyMode;

    /// Whether [`Application::call`] always answers on the spot.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Whether [`Application::call`] does so much on the loop's thread that it is quicker to let all
    /// connections read that can, then to call for each of them, then to let them write.
    fn is_called_in_turns(&self) -> bool {
        false
    }

    /// Answers one request. A failure of the application is a response too (500), logged by the
    /// implementation with the request's id; `call` never panics.
    fn call(&self, request: Request) -> Reply;

    /// Whether each request has to be answered within the time that the settings give. An
    /// application whose requests do not hold each other up may take as long as it likes.
    fn is_timed(&self) -> bool {
        true
    }

    /// Whether requests are to come with [`EarlyHints`] in their extensions, where the client can be
    /// sent any. Only for [`BodyMode::Streamed`].
    fn uses_early_hints(&self) -> bool {
        false
    }

    /// Whether [`Application::websocket`] may be called.
    fn takes_websockets(&self) -> bool {
        false
    }

    /// Answers a WebSocket handshake (RFC 6455, section 4.2), which has been found to be in order.
    /// Dropping the future tells that the client has gone.
    fn websocket(&self, request: Request, socket: Arc<websocket::Socket>) -> LocalFuture<Verdict> {
        drop((request, socket));
        let mut response = Response::default();
        *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
        Box::pin(std::future::ready(Verdict::Deny(response)))
    }

    /// The worker begins to drain: it takes no new connections, and finishes what it has.
    fn stopping(&self) {}

    /// Whether the application needs some time of a drain for itself, after its last request. Then
    /// what still runs shortly before the end is cut.
    fn needs_farewell(&self) -> bool {
        false
    }

    /// The drain time is nearly over: what does not end by itself now will be cut.
    fn last_call(&self) {}

    /// What did not end has been cut.
    fn cut(&self) {}

    /// Resolves when nothing runs any more that requests have begun, such as work after a response.
    /// Asked when the last connection of a drain has ended.
    fn settled(&self) -> LocalFuture<()> {
        Box::pin(std::future::ready(()))
    }

    /// Called once, after the last request has been answered: finish what the application has
    /// open. The worker exits when the future is ready, or after this `time`.
    fn shutdown(&self, time: Duration) -> LocalFuture<()> {
        let _ = time;
        Box::pin(std::future::ready(()))
    }
}

/// An answer, now or later.
pub enum Reply {
    /// The application has answered on the spot.
    Ready(Response),
    /// The application answers later; dropping the future tells it that nobody waits any more.
    Pending(LocalFuture<Response>),
    /// As [`Self::Pending`], but the application begins later too; the ticket tells whether it has.
    Queued(LocalFuture<Response>, Arc<Ticket>),
}
