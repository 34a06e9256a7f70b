//! The step that decides whose requests reach the application.
//!
//! Nothing of the body has been asked for here, so a client that waits for `100 Continue` sends
//! none, and the request has no place of the application yet.

use std::rc::Rc;
use std::task::{Context, Poll};

use appserver_app::{Body, LocalFuture, Request, Response};
use appserver_auth::{Answer as Refused, Decision, Refetched, Refusal, Unchecked};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::body::Incoming;

use super::cors::Page;
use super::{admit, answer};
use crate::authenticator::Authenticator;
use crate::exchange::{Exchange, Outcome};
use crate::service::Answer;
use crate::websocket::handshake;

/// A request that waits for the keys that it is decided with.
pub(crate) struct Deciding {
    fetching: LocalFuture<Refetched>,
    /// Taken with the next decision.
    undecided: Option<Undecided>,
}

struct Undecided {
    exchange: Exchange,
    request: Request,
    incoming: Incoming,
    /// How often more it may wait.
    rounds: usize,
}

impl Deciding {
    /// Whether keys were fetched, or could not be.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.fetching.as_mut().poll(cx).map(|_| ())
    }

    /// Decides with the keys that there are now.
    pub(crate) fn decide_again(&mut self) -> Answer {
        self.undecided.take().map_or(Answer::Ready(None), Undecided::decide)
    }
}

/// Lets a request go on, as somebody or as nobody, or answers it.
pub(super) fn check(exchange: Exchange, request: Request, incoming: Incoming) -> Answer {
    match &exchange.state.worker.authenticator {
        None => admit(exchange, request, incoming),
        Some(authenticator) => {
            let rounds = authenticator.most_rounds();
            Undecided { exchange, request, incoming, rounds }.decide()
        }
    }
}

impl Undecided {
    fn decide(mut self) -> Answer {
        let worker = Rc::clone(&self.exchange.state.worker);
        let Some(authenticator) = &worker.authenticator else { return self.admit() };
        let is_upgrade = self.exchange.state.names.get().upgrade;
        let is_websocket = is_upgrade && handshake::is_wanted(&self.request.head);
        match authenticator.decide(&self.request, is_websocket, self.rounds > 0) {
            Decision::Open => {
                self.exchange.keep_outcome(Outcome::open);
                authenticator.introduce(&mut self.request.head, None);
                self.request.head.extensions.insert(Unchecked);
                self.admit()
            }
            Decision::Pass(verified) => {
                self.exchange.keep_outcome(|| authenticator.passed(verified.as_ref()));
                self.exchange.is_private =
                    verified.is_some() && authenticator.has_query_token(&self.request.head);
                authenticator.introduce(&mut self.request.head, verified);
                self.admit()
            }
            Decision::Refuse(refusal) => self.refuse(authenticator, &refusal),
            Decision::Refetch(source) => {
                self.rounds = self.rounds.saturating_sub(1);
                let fetching = source.refetch();
                Answer::Deciding(Box::new(Deciding { fetching, undecided: Some(self) }))
            }
        }
    }

    fn admit(self) -> Answer {
        admit(self.exchange, self.request, self.incoming)
    }

    fn refuse(mut self, authenticator: &Authenticator, refusal: &Refusal) -> Answer {
        let provider = refusal.provider.and_then(|number| authenticator.provider(number));
        tracing::debug!(
            id = %self.request.id,
            reason = refusal.reason.name(),
            provider = provider.as_deref(),
            detail = ?refusal.detail,
            token = refusal.fingerprint.map(|bits| format!("{bits:08x}")),
            "request refused"
        );
        self.exchange.keep_outcome(|| authenticator.refused(refusal));
        let mut response = response(authenticator.answer(refusal));
        if let Some(page) = Page::of(authenticator, &self.request.head.headers) {
            page.let_read(&mut response, &HeaderValue::from_static("WWW-Authenticate"));
        }
        Answer::ready(answer(self.exchange, response))
    }
}

fn response(refused: Refused) -> Response {
    let body = if refused.body.is_empty() { Body::Empty } else { Body::full(refused.body) };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(refused.status).unwrap_or(StatusCode::UNAUTHORIZED);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut set = |name: HeaderName, text: Option<&str>| {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    };
    set(WWW_AUTHENTICATE, refused.challenge.as_deref());
    set(CONTENT_TYPE, refused.content_type);
    set(RETRY_AFTER, refused.retry_after.map(|seconds| seconds.to_string()).as_deref());
    response
}
