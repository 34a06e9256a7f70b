//! The step that lets somebody else than the application answer some paths.
//!
//! The whole body is read first, but never more than is asked for: who calls has often not said yet
//! who it is. None of the application's places is taken.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use appserver_app::{
    Answered, BodyError, Endpoints, LocalFuture, Request, RequestBody, Response, Ticket, TooLong,
};
use http::HeaderValue;
use http::header::VARY;
use hyper::body::{Body as _, Incoming};

use super::cors::Page;
use super::{answer, refuse};
use crate::authenticator::Authenticator;
use crate::body::Collect;
use crate::exchange::{Exchange, Outgoing};
use crate::service::Answer;

/// A request whose body is still arriving.
pub(crate) struct Collecting {
    collect: Collect,
    /// Taken when the body is there.
    rest: Option<(Rc<dyn Endpoints>, Exchange, Request)>,
}

/// A request that is being answered.
pub(crate) struct Endpoint {
    future: LocalFuture<Response>,
    /// Taken with the answer.
    pub(crate) exchange: Option<Exchange>,
    page: Option<Page>,
    /// Whether who may read the answer depends on who asks.
    varies: bool,
}

/// Who answers this request in the place of the application, if anybody does.
pub(super) fn of(exchange: &Exchange, request: &Request) -> Option<Rc<dyn Endpoints>> {
    let endpoints = exchange.state.worker.config.endpoints.as_ref()?;
    endpoints.takes(request.head.uri.path()).then(|| Rc::clone(endpoints))
}

/// Reads the body, and answers.
pub(super) fn receive(
    endpoints: Rc<dyn Endpoints>,
    (exchange, mut request): (Exchange, Request),
    incoming: Incoming,
) -> Answer {
    let worker = Rc::clone(&exchange.state.worker);
    let page = worker.authenticator.as_ref().and_then(|it| Page::of(it, &request.head.headers));
    if let Some(response) = page.and_then(|page| page.preflight(&request.head)) {
        return Answer::ready(answer(exchange, response));
    }
    let most = endpoints.most_body();
    if incoming.is_end_stream() {
        return call(&*endpoints, exchange, request);
    }
    if incoming.size_hint().lower() > most {
        request.head.extensions.insert(TooLong);
        return call(&*endpoints, exchange, request);
    }
    let collect = Collect::at_most(most, incoming, worker);
    Answer::Collecting(Box::new(Collecting { collect, rest: Some((endpoints, exchange, request)) }))
}

impl Collecting {
    /// Goes on once the body has arrived, or has not, or is too long.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        let body = ready!(Pin::new(&mut self.collect).poll(cx));
        let Some((endpoints, exchange, mut request)) = self.rest.take() else {
            return Poll::Ready(Answer::Ready(None));
        };
        match body {
            Ok(body) => request.body = body,
            Err(BodyError::TooLarge(most)) if most == endpoints.most_body() => {
                request.body = RequestBody::Empty;
                request.head.extensions.insert(TooLong);
            }
            Err(error) => {
                tracing::info!(id = %request.id, %error, "request body refused");
                return Poll::Ready(Answer::ready(refuse(exchange, &error)));
            }
        }
        Poll::Ready(call(&*endpoints, exchange, request))
    }
}

fn call(endpoints: &dyn Endpoints, exchange: Exchange, request: Request) -> Answer {
    let authenticator = exchange.state.worker.authenticator.as_ref();
    let page = authenticator.and_then(|it| Page::of(it, &request.head.headers));
    let varies = authenticator.is_some_and(Authenticator::has_readers);
    // Nothing of the worker is held by a call that takes too long: it is given up, no more.
    let line = (request.head.method.clone(), request.head.uri.clone());
    exchange.set_running(line, Some(Arc::new(Ticket::default())));
    let future = endpoints.call(request);
    Answer::Endpoint(Box::new(Endpoint { future, exchange: Some(exchange), page, varies }))
}

impl Endpoint {
    /// The answer.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Response> {
        self.future.as_mut().poll(cx)
    }

    /// Finishes the answer; `None` if that was done before.
    pub(crate) fn answered(&mut self, mut response: Response) -> Option<http::Response<Outgoing>> {
        let mut exchange = self.exchange.take()?;
        exchange.state.running.take();
        if let Some(Answered(result)) = response.extensions_mut().remove() {
            exchange.set_result(result);
        }
        match &self.page {
            Some(page) => page.let_read(&mut response, &EXPOSED),
            None if self.varies => {
                response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
            }
            None => {}
        }
        Some(answer(exchange, response))
    }
}

/// What pages may read of an answer besides what they may read of any.
static EXPOSED: HeaderValue = HeaderValue::from_static("WWW-Authenticate, Retry-After");
