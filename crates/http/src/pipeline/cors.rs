//! Pages of other origins (Fetch, section 3.3): whether they may read what the server itself answers.

use appserver_app::Response;
use appserver_auth::answer::Readers;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::authenticator::Authenticator;

/// A page that may read answers.
pub(super) struct Page {
    origin: HeaderValue,
    readers: Readers,
}

impl Page {
    /// The page that has asked, if it may read.
    pub(super) fn of(authenticator: &Authenticator, asked: &HeaderMap) -> Option<Self> {
        let mut origins = asked.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let readers = authenticator.readers(origin.to_str().ok()?)?;
        Some(Self { origin: origin.clone(), readers })
    }

    /// Lets the page read an answer, with these fields of it: browsers would tell it no more than
    /// that something has failed.
    pub(super) fn let_read(&self, response: &mut Response, exposed: &HeaderValue) {
        let headers = response.headers_mut();
        self.admit(headers);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }

    /// The answer to a preflight, if this is one: the page may send what it wants to.
    pub(super) fn preflight(&self, asked: &Parts) -> Option<Response> {
        let fields = &asked.headers;
        if asked.method != Method::OPTIONS || !fields.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        self.admit(headers);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST"));
        if let Some(wanted) = fields.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
        let varies = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        headers.insert(VARY, HeaderValue::from_static(varies));
        Some(response)
    }

    /// Never `*` with credentials: browsers would not take it.
    fn admit(&self, headers: &mut HeaderMap) {
        let allowed = match self.readers {
            Readers::Origin => self.origin.clone(),
            Readers::Anyone => HeaderValue::from_static("*"),
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.readers == Readers::Origin {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

/// For how long a browser may remember the answer to a preflight: a change of the settings is known
/// everywhere after that time.
const PREFLIGHT_SECONDS: &str = "600";
