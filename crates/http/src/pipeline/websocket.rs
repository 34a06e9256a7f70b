//! The step that makes a WebSocket of a request, if it wants to be one.

use std::sync::Arc;

use appserver_app::websocket::{Acceptance, Socket, Verdict};
use appserver_app::{LocalFuture, Request};
use http::HeaderValue;

use super::{answer, busy, limits, plain};
use crate::exchange::{Exchange, Outgoing};
use crate::service::Answer;
use crate::state::State;
use crate::websocket::Upgrade;
use crate::websocket::extension::{Deflate, negotiate};
use crate::websocket::handshake::{self, Refusal};

/// A handshake that the application has not answered yet.
pub(crate) struct Opening {
    pub(crate) future: LocalFuture<Verdict>,
    /// Taken with the answer.
    pub(crate) exchange: Option<Exchange>,
    socket: Arc<Socket>,
    accept: HeaderValue,
    deflate: Option<Deflate>,
}

/// Whether a request wants to become a WebSocket, and may.
pub(super) fn is_wanted(state: &State, request: &Request) -> bool {
    state.names.get().upgrade
        && state.worker.app.takes_websockets()
        && handshake::is_wanted(&request.head)
}

/// Checks the handshake, and asks the application.
pub(super) fn open(mut exchange: Exchange, request: Request, has_body: bool) -> Answer {
    let accept = match handshake::check(&request.head.headers) {
        Ok(accept) if !has_body => accept,
        Err(Refusal::Version) => {
            return Answer::ready(answer(exchange, handshake::wrong_version()));
        }
        Ok(_) | Err(Refusal::Key) => return Answer::ready(plain(exchange, 400)),
    };
    if !limits::admit(&mut exchange) {
        return Answer::ready(busy(exchange));
    }
    let app = &exchange.state.worker.app;
    let socket = Arc::new(Socket::new());
    let is_deflate = exchange.state.worker.config.websocket.deflate;
    let deflate = is_deflate.then(|| negotiate(&request.head.headers)).flatten();
    let line = (request.head.method.clone(), request.head.uri.clone());
    let future = app.websocket(request, Arc::clone(&socket));
    exchange.set_running(line, None);
    let exchange = Some(exchange);
    Answer::Opening(Box::new(Opening { future, exchange, socket, accept, deflate }))
}

impl Opening {
    /// The application has answered; `None` if that was taken before.
    pub(crate) fn answered(&mut self, verdict: Verdict) -> Option<http::Response<Outgoing>> {
        let mut exchange = self.exchange.take()?;
        exchange.state.running.take();
        let Acceptance { protocol, headers, session } = match verdict {
            Verdict::Accept(acceptance) => acceptance,
            Verdict::Deny(response) => return Some(answer(exchange, response)),
        };
        let extensions = self.deflate.map(Deflate::header);
        let response = handshake::response(headers, self.accept.clone(), protocol, extensions);
        exchange.set_answered(response.status().as_u16());
        let state = std::rc::Rc::clone(&exchange.state);
        let socket = Arc::clone(&self.socket);
        let upgrade = Upgrade { socket, session, exchange, deflate: self.deflate };
        *state.upgrade.borrow_mut() = Some(Box::new(upgrade));
        Some(response.map(Outgoing::bare))
    }
}
