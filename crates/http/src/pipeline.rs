//! The way of a request: one column of steps, each of which answers or passes on.
//!
//! limits → request id → trusted proxies → authentication → endpoints → static files → WebSocket →
//! application → response headers. Counters and the access log are the [`Exchange`]'s, which ends with the last byte of the
//! answer.

mod answer;
mod authentication;
mod cors;
mod endpoints;
mod limits;
mod origin;
mod proxies;
mod request_id;
mod static_files;
mod websocket;

use std::rc::Rc;
use std::sync::Arc;

pub(crate) use answer::{answer, busy, plain};
use appserver_app::{Body, BodyError, BodyMode, Reply, Request, RequestBody};
pub(crate) use authentication::Deciding;
pub(crate) use endpoints::{Collecting, Endpoint};
use hyper::body::{Body as _, Incoming};
pub(crate) use static_files::Reading;
pub(crate) use websocket::Opening;

use crate::body::{Collect, Streamed};
use crate::exchange::Exchange;
use crate::service::{Answer, Waiting};
use crate::state::State;

/// Takes a request with its complete head.
pub(crate) fn receive(state: &Rc<State>, request: hyper::Request<Incoming>) -> Answer {
    let (mut head, incoming) = request.into_parts();
    let mut exchange = Exchange::start(state, &head);
    origin::normalise(&mut head, state.names.get().underscore);
    let worker = &state.worker;
    let is_too_large = limits::is_too_large(&incoming, &worker.config.limits);
    let id = request_id::choose(state, &head.headers);
    let forwarded = proxies::read(state, &head.headers);
    let connection = Arc::clone(&state.connection);
    let request =
        Request { head, body: RequestBody::Empty, connection, forwarded, id, hints: None };
    exchange.keep_line(&request);
    if is_too_large {
        return Answer::ready(refuse(exchange, &BodyError::TooLarge(worker.config.limits.body)));
    }
    authentication::check(exchange, request, incoming)
}

/// Goes on with a request that may be answered as it wants to be.
fn admit(exchange: Exchange, request: Request, incoming: Incoming) -> Answer {
    if let Some(endpoints) = endpoints::of(&exchange, &request) {
        return endpoints::receive(endpoints, (exchange, request), incoming);
    }
    static_files::serve(exchange, request, incoming)
}

/// Goes on with a request that is for the application.
fn pass_on(exchange: Exchange, mut request: Request, incoming: Incoming) -> Answer {
    let worker = &exchange.state.worker;
    if websocket::is_wanted(&exchange.state, &request) {
        return websocket::open(exchange, request, !incoming.is_end_stream());
    }
    if incoming.is_end_stream() {
        return due(exchange, request);
    }
    match worker.app.body_mode() {
        BodyMode::Streamed => {
            let body = Streamed::new(incoming, worker.config.limits.body);
            request.body = RequestBody::Stream(Box::pin(body));
            due(exchange, request)
        }
        BodyMode::Whole => {
            let collect = Collect::new(incoming, Rc::clone(worker));
            Answer::Waiting(Box::new(Waiting { collect, rest: Some((exchange, request)) }))
        }
    }
}

/// Goes on once the whole body has arrived, or has not.
pub(crate) fn resume(
    exchange: Exchange,
    mut request: Request,
    body: Result<RequestBody, BodyError>,
) -> Answer {
    match body {
        Ok(body) => {
            request.body = body;
            due(exchange, request)
        }
        Err(error) => {
            tracing::info!(id = %request.id, %error, "request body refused");
            Answer::ready(refuse(exchange, &error))
        }
    }
}

/// Calls the application, now or when it is the request's turn.
fn due(exchange: Exchange, request: Request) -> Answer {
    let worker = &exchange.state.worker;
    if !worker.app.is_called_in_turns() {
        return call(exchange, request);
    }
    let worker = Rc::clone(worker);
    Answer::Due(worker.turns.enter(exchange, request))
}

/// Calls the application.
pub(crate) fn call(mut exchange: Exchange, mut request: Request) -> Answer {
    if !limits::admit(&mut exchange) {
        return Answer::ready(busy(exchange));
    }
    let app = &exchange.state.worker.app;
    if app.uses_early_hints() && !exchange.is_old {
        request.hints = Some(exchange.state.start_hints());
    }
    let may_be_late = !app.is_immediate();
    let line = may_be_late.then(|| (request.head.method.clone(), request.head.uri.clone()));
    let (future, ticket) = match app.call(request) {
        Reply::Ready(response) => {
            if !matches!(response.body(), Body::Stream(_)) {
                // Those who are called for before this answer is sent may have the place.
                exchange.leave_place();
            }
            return Answer::ready(answer(exchange, response));
        }
        Reply::Pending(future) => (future, None),
        Reply::Queued(future, ticket) => (future, Some(ticket)),
    };
    if let Some(line) = line {
        exchange.set_running(line, ticket);
    }
    Answer::App { future, exchange: Some(exchange) }
}

/// The answer to a body that did not arrive as it should.
fn refuse(exchange: Exchange, error: &BodyError) -> http::Response<crate::exchange::Outgoing> {
    let status = match error {
        BodyError::TooLarge(_) => 413,
        BodyError::Timeout => 408,
        BodyError::Malformed(_) | BodyError::Disconnected => 400,
        BodyError::Application | BodyError::Spool(_) | BodyError::File(_) => 500,
    };
    if let BodyError::Spool(cause) = error {
        tracing::error!(%cause, "cannot spool a request body");
    }
    plain(exchange, status)
}
