//! The issuer's endpoints as the server calls them: from HTTP to a call, and back.

use std::net::IpAddr;
use std::rc::Rc;

use appserver_app::{
    Answered, Body, Connection, Endpoint as End, Endpoints, Forwarded, LocalFuture, Request,
    RequestBody, Response, TooLong,
};
use appserver_auth::Verified;
use appserver_issuer::{Answer, Call, Caller, Endpoint, Issuer};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::counters::Counters;
use crate::handed::Handed;

/// The longest body that is read, in bytes: two tokens and a form around them.
const MOST_BODY: u64 = 64 * 1024;

/// The endpoints of one worker.
pub(crate) struct IssuerEndpoints {
    issuer: Issuer,
    /// Paths as clients send them.
    paths: Box<[(String, Endpoint)]>,
    counters: Rc<Counters>,
}

impl IssuerEndpoints {
    /// Those of this issuer. A proxy may have taken the mount off the paths already.
    pub(crate) fn new(issuer: Issuer, handed: &Handed, counters: Counters) -> Self {
        let served = handed.issuer.iter().flat_map(|config| &config.paths);
        let mount = handed.settings.http.root_path.trim_end_matches('/');
        let both = |(endpoint, path): (&Endpoint, &String)| {
            let below = path.strip_prefix(mount).unwrap_or(path);
            [(path.clone(), *endpoint), (below.to_owned(), *endpoint)]
        };
        let mut paths: Vec<_> = served.flat_map(both).collect();
        paths.dedup();
        Self { issuer, paths: paths.into(), counters: Rc::new(counters) }
    }

    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        self.paths.iter().find(|(served, _)| served == path).map(|(_, endpoint)| *endpoint)
    }
}

impl Endpoints for IssuerEndpoints {
    fn takes(&self, path: &str) -> bool {
        self.endpoint(path).is_some()
    }

    fn most_body(&self) -> u64 {
        MOST_BODY
    }

    fn call(&self, request: Request) -> LocalFuture<Response> {
        let Some(endpoint) = self.endpoint(request.head.uri.path()) else {
            return Box::pin(std::future::ready(with_status(StatusCode::NOT_FOUND.as_u16())));
        };
        let answering = self.issuer.answer(call(endpoint, request));
        let counters = Rc::clone(&self.counters);
        Box::pin(async move {
            let answer = answering.await;
            counters.answered(endpoint, &answer);
            response(answer)
        })
    }
}

fn call(endpoint: Endpoint, request: Request) -> Call {
    let scheme = request.scheme().as_str().to_owned();
    let client = client(request.forwarded.as_deref(), &request.connection);
    let Request { head, body, id, .. } = request;
    let is_too_long = head.extensions.get::<TooLong>().is_some();
    Call {
        endpoint,
        id: id.to_string(),
        method: head.method.as_str().to_owned(),
        scheme,
        path: head.uri.path().to_owned(),
        fields: fields(&head.headers),
        body: (!is_too_long).then(|| bytes(body)),
        client,
        user: head.extensions.get::<Verified>().and_then(caller),
    }
}

/// Whom a request is from. What a trusted proxy says counts, even where it says nothing that can be
/// read: the proxy itself is not the client.
fn client(forwarded: Option<&Forwarded>, connection: &Connection) -> Option<IpAddr> {
    if let Some(client) = forwarded.and_then(|told| told.client.as_deref()) {
        return client.parse().ok();
    }
    match connection.peer {
        End::Tcp { ip, .. } => Some(ip),
        End::Unix(_) => None,
    }
}

fn fields(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    };
    headers.iter().map(field).collect()
}

/// The body, which is in memory: no more than [`MOST_BODY`] of it was read.
fn bytes(body: RequestBody) -> Vec<u8> {
    match body {
        RequestBody::Memory(bytes) => bytes.into(),
        RequestBody::Empty | RequestBody::File(_) | RequestBody::Stream(_) => Vec::new(),
    }
}

fn caller(verified: &Verified) -> Option<Caller> {
    let user = match verified.user()? {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let session = verified.claims().text_of("sid").map(str::to_owned);
    Some(Caller { user, session })
}

fn response(answer: Answer) -> Response {
    let mut response = with_status(answer.status);
    if !answer.body.is_empty() {
        *response.body_mut() = Body::full(answer.body);
    }
    for (name, value) in answer.fields {
        match HeaderValue::from_str(&value) {
            Ok(value) => {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
            Err(_) => tracing::error!(name, "a field of an answer cannot be sent"),
        }
    }
    response.extensions_mut().insert(Answered(answer.result.word()));
    response
}

fn with_status(status: u16) -> Response {
    let mut response = Response::default();
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
