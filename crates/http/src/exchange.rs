//! One request and its answer, from the complete head to the last byte: counters and access log.

use std::borrow::Cow;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use appserver_app::{Body, BodyError, Connection, Endpoint, Request, RequestId, Ticket};
use appserver_telemetry::{AccessAuth, AccessRecord};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Uri, Version, header};
use http_body::{Frame, SizeHint};

use crate::authenticator::Authenticator;
use crate::redaction::redact;
use crate::state::{Running, State};

/// A request being answered. Dropping it ends the request, answered or not.
pub(crate) struct Exchange {
    pub(crate) state: Rc<State>,
    /// When the head was complete.
    pub(crate) started: u64,
    pub(crate) is_head: bool,
    pub(crate) is_old: bool,
    /// The address is a secret, so no cache may keep the answer.
    pub(crate) is_private: bool,
    /// The status sent; 0 until then.
    status: u16,
    bytes: u64,
    /// Nanoseconds to the answer, where the exchange goes on after it.
    answered_after: Option<u64>,
    /// It takes one of the places that the application has.
    has_place: bool,
    line: Option<Box<Line>>,
}

/// What the access log needs of a request.
struct Line {
    method: Method,
    target: Uri,
    version: Version,
    referer: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    client: Option<Box<str>>,
    id: RequestId,
    outcome: Option<Outcome>,
}

/// What came of authentication.
pub(crate) struct Outcome {
    /// In one word.
    pub(crate) result: &'static str,
    /// Whose token it was.
    pub(crate) provider: Option<Rc<str>>,
    /// Whom it is about.
    pub(crate) subject: Option<String>,
}

impl Outcome {
    /// Tokens were not looked at.
    pub(crate) fn open() -> Self {
        Self { result: "open", provider: None, subject: None }
    }
}

impl Exchange {
    /// Starts to answer.
    pub(crate) fn start(state: &Rc<State>, head: &Parts) -> Self {
        let worker = &state.worker;
        let started = worker.read_clock();
        // Without the query: the scoreboard is for the eyes of operators, and queries hold secrets.
        worker.slot.request_started(started, head.method.as_str(), head.uri.path());
        Self {
            state: Rc::clone(state),
            started,
            is_head: head.method == Method::HEAD,
            is_old: head.version < Version::HTTP_11,
            is_private: false,
            status: 0,
            bytes: 0,
            answered_after: None,
            has_place: false,
            line: None,
        }
    }

    /// Keeps what the access log will want to know.
    pub(crate) fn keep_line(&mut self, request: &Request) {
        if self.state.worker.config.access_log.is_none() {
            return;
        }
        let head = &request.head;
        self.line = Some(Box::new(Line {
            method: head.method.clone(),
            target: head.uri.clone(),
            version: head.version,
            referer: head.headers.get(header::REFERER).cloned(),
            user_agent: head.headers.get(header::USER_AGENT).cloned(),
            client: request.forwarded.as_ref().and_then(|told| told.client.clone()),
            id: request.id.clone(),
            outcome: None,
        }));
    }

    /// Keeps what came of authentication, if the access log will want to know.
    pub(crate) fn keep_outcome(&mut self, outcome: impl FnOnce() -> Outcome) {
        if let Some(line) = &mut self.line {
            line.outcome = Some(outcome());
        }
    }

    /// Keeps what came of the request in the place of that, where it is known better.
    pub(crate) fn set_result(&mut self, result: &'static str) {
        let Some(line) = &mut self.line else { return };
        let outcome = line.outcome.get_or_insert_with(Outcome::open);
        outcome.result = result;
    }

    /// Takes a place of the application, until this exchange ends. False if there is none left.
    pub(crate) fn take_place(&mut self) -> bool {
        let worker = &self.state.worker;
        let Some(limit) = worker.config.limit_concurrency else { return true };
        let taken = worker.with_app.get();
        if taken < limit {
            worker.with_app.set(taken + 1);
            self.has_place = true;
        }
        self.has_place
    }

    /// Gives the place back: the application has nothing to do with the answer any more.
    pub(crate) fn leave_place(&mut self) {
        if std::mem::take(&mut self.has_place) {
            let with_app = &self.state.worker.with_app;
            with_app.set(with_app.get().saturating_sub(1));
        }
    }

    /// Notes that the application answers later, and its place in the queue if it begins later too.
    pub(crate) fn set_running(&self, (method, target): (Method, Uri), ticket: Option<Arc<Ticket>>) {
        let (since, is_queued) = (self.state.worker.now.get(), ticket.is_some());
        let running = Running { since, ticket, is_queued, method, target };
        *self.state.running.borrow_mut() = Some(running);
        self.state.is_expired.set(false);
    }

    /// Notes the status that is sent.
    pub(crate) fn set_status(&mut self, status: u16) {
        self.status = status;
    }

    /// Notes the status of an answer that does not end the exchange.
    pub(crate) fn set_answered(&mut self, status: u16) {
        self.set_status(status);
        let now = self.state.worker.read_clock();
        self.answered_after = Some(now.saturating_sub(self.started));
    }

    /// Counts bytes that were sent after the answer.
    pub(crate) fn add_bytes(&mut self, count: u64) {
        self.bytes += count;
    }

    fn log(&self, line: &Line, nanos: u64) {
        let worker = &self.state.worker;
        let Some(log) = &worker.config.access_log else { return };
        let secrets = worker.authenticator.as_ref().map(Authenticator::secrets);
        let target = line.target.path_and_query().map_or("", |target| target.as_str());
        let hidden = |text| secrets.map_or(Cow::Borrowed(text), |secrets| redact(text, secrets));
        let referer = line.referer.as_ref().map(|referer| hide(referer, secrets));
        log.write(&AccessRecord {
            client: line.client.as_deref().unwrap_or(peer_text(&self.state.connection)),
            method: line.method.as_str(),
            target: &hidden(target),
            protocol: if line.version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
            status: if self.status == 0 { CLIENT_GONE } else { self.status },
            bytes: self.bytes,
            duration: Duration::from_nanos(nanos),
            referer: referer.as_deref(),
            user_agent: line.user_agent.as_ref().map(HeaderValue::as_bytes),
            id: &line.id,
            auth: line.outcome.as_ref().map(|outcome| AccessAuth {
                result: outcome.result,
                provider: outcome.provider.as_deref(),
                subject: outcome.subject.as_deref(),
            }),
        });
    }
}

/// A field's value as it is logged. Without a gate there are no secrets that are known.
fn hide<'a>(value: &'a HeaderValue, secrets: Option<&[String]>) -> Cow<'a, [u8]> {
    let Some(secrets) = secrets else { return Cow::Borrowed(value.as_bytes()) };
    let text = String::from_utf8_lossy(value.as_bytes());
    match redact(&text, secrets) {
        Cow::Owned(told) if told != *text => Cow::Owned(told.into_bytes()),
        _ => Cow::Borrowed(value.as_bytes()),
    }
}

/// The status that logs show, by custom, for a request whose client went away before the answer.
const CLIENT_GONE: u16 = 499;

fn peer_text(connection: &Connection) -> &str {
    match &connection.peer {
        Endpoint::Tcp { text, .. } => text,
        Endpoint::Unix(_) => "-",
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.leave_place();
        let state = &self.state;
        let now = state.worker.read_clock();
        let nanos = now.saturating_sub(self.started);
        state.running.take();
        state.end_hints();
        state.response_ended(now);
        if self.status == 0 {
            state.worker.slot.request_abandoned();
        } else {
            state.worker.slot.request_finished(self.status, self.answered_after.unwrap_or(nanos));
        }
        if let Some(line) = &self.line {
            self.log(line, nanos);
        }
        state.worker.check_share();
    }
}

/// The body of a response, which ends its exchange with itself.
pub(crate) struct Outgoing {
    body: Body,
    /// `None` if the exchange goes on after the response.
    exchange: Option<Exchange>,
}

impl Outgoing {
    pub(crate) fn new(body: Body, exchange: Exchange) -> Self {
        Self { body, exchange: Some(exchange) }
    }

    /// The body of a response that does not end its exchange.
    pub(crate) fn bare(body: Body) -> Self {
        Self { body, exchange: None }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                if let Some(exchange) = &mut self.exchange {
                    exchange.bytes += length;
                }
            }
            Poll::Ready(Some(Err(BodyError::File(error)))) => {
                tracing::error!(%error, "cannot read the file that is the response");
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
