//! The head of an answer: what the connection needs, and what an application may not decide.

use std::time::{Duration, SystemTime};

use appserver_app::{Body, Reason, Response};
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER, TRANSFER_ENCODING,
};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use hyper::ext::ReasonPhrase;

use crate::body::Unsized;
use crate::exchange::{Exchange, Outgoing};

/// Finishes the head of an application's response.
pub(crate) fn answer(exchange: Exchange, response: Response) -> http::Response<Outgoing> {
    let (mut head, mut body) = response.into_parts();
    if head.headers.keys().any(|name| name == TRANSFER_ENCODING) {
        head.headers.remove(TRANSFER_ENCODING);
    }
    if let Err(reason) = check(&exchange, &mut head, &mut body) {
        tracing::error!(reason, "impossible response from the application");
        return plain(exchange, 500);
    }
    set_reason(&mut head);
    if exchange.is_private {
        keep_private(&mut head.headers);
    }
    let state = &exchange.state;
    if must_close(&exchange) {
        head.headers.insert(CONNECTION, CLOSE);
    }
    let is_unknown = body.size_hint().exact().is_none();
    state.is_close_delimited.set(exchange.is_old && is_unknown);
    finish(exchange, http::Response::from_parts(head, body))
}

/// Lets no cache keep the answer for others: its address is a secret (RFC 6750 section 2.3).
fn keep_private(headers: &mut http::HeaderMap) {
    let is_kept = |value: &HeaderValue| {
        let lines = value.to_str().unwrap_or_default().split(',');
        let mut directives = lines.map(str::trim);
        directives
            .any(|it| it.eq_ignore_ascii_case("private") || it.eq_ignore_ascii_case("no-store"))
    };
    if !headers.get_all(CACHE_CONTROL).iter().any(is_kept) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// hyper knows the time as of its last turn, which was before the application was called. After a
/// long call that is not when the response was made (RFC 9110 section 6.6.1).
fn set_date(exchange: &Exchange, response: &mut Response) {
    let took = exchange.state.worker.read_clock().saturating_sub(exchange.started);
    if u128::from(took) < LONG_CALL.as_nanos() || response.headers().contains_key(DATE) {
        return;
    }
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now())) {
        response.headers_mut().insert(DATE, date);
    }
}

/// A call that took so long may have begun in an earlier second.
const LONG_CALL: Duration = Duration::from_millis(100);

/// The application's own reason phrase; an empty one where a status has none at all, for which
/// hyper would make up a text (RFC 9112 section 4).
fn set_reason(head: &mut http::response::Parts) {
    let own = head.extensions.remove::<Reason>().map(|Reason(text)| text);
    let missing = || head.status.canonical_reason().is_none().then(bytes::Bytes::new);
    if let Some(phrase) = own.or_else(missing).and_then(|text| ReasonPhrase::try_from(text).ok()) {
        head.extensions.insert(phrase);
    }
}

/// An answer of our own, in plain words, after which the connection closes.
pub(crate) fn plain(exchange: Exchange, status: u16) -> http::Response<Outgoing> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = http::Response::new(Body::full(format!("{reason}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, CLOSE);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    finish(exchange, response)
}

/// The answer where the application has enough to do. Most of what it does ends within a second.
pub(crate) fn busy(exchange: Exchange) -> http::Response<Outgoing> {
    let mut response = http::Response::new(Body::full("Service Unavailable\n"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer(exchange, response)
}

static CLOSE_TEXT: &str = "close";
const CLOSE: HeaderValue = HeaderValue::from_static(CLOSE_TEXT);

fn finish(mut exchange: Exchange, mut response: Response) -> http::Response<Outgoing> {
    set_date(&exchange, &mut response);
    exchange.state.end_hints();
    exchange.set_status(response.status().as_u16());
    response.map(|body| Outgoing::new(body, exchange))
}

/// Nothing more is to be read, or can be: the client must know. Requests that are already here are
/// answered first.
fn must_close(exchange: &Exchange) -> bool {
    let state = &exchange.state;
    let is_last = state.outstanding.get() <= 1;
    let worker = &state.worker;
    let is_never_kept = worker.config.timeouts.keepalive.is_zero();
    let is_unwanted = worker.is_draining.get() || state.wants_close.get();
    is_last && (is_unwanted || is_never_kept || state.upload.get().is_open)
}

/// hyper trusts a Content-Length that comes with a body, so it must be true here.
fn check(
    exchange: &Exchange,
    head: &mut http::response::Parts,
    body: &mut Body,
) -> Result<(), &'static str> {
    if head.status.is_informational() {
        return Err("informational status");
    }
    // A head has few fields: comparing names is quicker than hashing one.
    let Some((_, value)) = head.headers.iter().find(|(name, _)| *name == CONTENT_LENGTH) else {
        return Ok(());
    };
    let announced = length(value).ok_or("malformed Content-Length")?;
    if exchange.is_head {
        *body = Body::Empty;
        return Ok(());
    }
    if head.status == StatusCode::NO_CONTENT || head.status == StatusCode::NOT_MODIFIED {
        *body = Body::Empty;
        head.headers.remove(CONTENT_LENGTH);
        return Ok(());
    }
    match body.size_hint().exact() {
        Some(actual) if actual < announced => Err("body shorter than its Content-Length"),
        Some(actual) if actual > announced => {
            truncate(body, announced);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `1*DIGIT`.
fn length(value: &HeaderValue) -> Option<u64> {
    let digits = value.as_bytes();
    let add = |sum: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    };
    digits.iter().try_fold(0, add).filter(|_| !digits.is_empty())
}

fn truncate(body: &mut Body, length: u64) {
    match std::mem::take(body) {
        Body::Empty => {}
        Body::Full(mut bytes) => {
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            *body = Body::full(bytes);
        }
        Body::File(mut file) => {
            file.truncate(length);
            *body = Body::File(file);
        }
        Body::Stream(stream) => *body = Body::Stream(Box::pin(Unsized(stream))),
    }
}
