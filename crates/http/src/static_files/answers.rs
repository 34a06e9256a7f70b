//! Answers about what is no file.

use std::io;

use appserver_app::{Body, Response};
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode, Uri};

/// There is nothing.
pub(super) fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "Not Found\n")
}

/// There may be something, but it cannot be read. Where another attempt may go better the client is
/// told so, as it is where the application has enough to do (RFC 9110 section 15.6.4).
pub(super) fn of_failure(error: &io::Error) -> Response {
    use io::ErrorKind::{ResourceBusy, StaleNetworkFileHandle, TimedOut, WouldBlock};
    if !matches!(error.kind(), ResourceBusy | StaleNetworkFileHandle | TimedOut | WouldBlock) {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error\n");
    }
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable\n");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Files can only be read (RFC 9110 section 15.5.6).
pub(super) fn not_allowed() -> Response {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// The same address with a slash behind it, so that what the index refers to is found. Relative: a
/// proxy may have taken something off the front of the path.
pub(super) fn with_slash(asked: &Uri) -> Response {
    let name = asked.path().rsplit('/').next().unwrap_or_default();
    let query = asked.query().map_or_else(String::new, |query| format!("?{query}"));
    let mut response = text(StatusCode::FOUND, "Found\n");
    match HeaderValue::try_from(format!("./{name}/{query}")) {
        Ok(location) => response.headers_mut().insert(LOCATION, location),
        Err(_) => return not_found(),
    };
    response
}

fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use http::header::RETRY_AFTER;

    use super::of_failure;

    #[test]
    fn what_passes_may_be_asked_for_again() {
        for (error, status) in [
            (ErrorKind::WouldBlock.into(), 503),
            (ErrorKind::StaleNetworkFileHandle.into(), 503),
            (ErrorKind::TimedOut.into(), 503),
            (Error::new(ErrorKind::ResourceBusy, "replaced"), 503),
            (Error::other("damaged"), 500),
            (ErrorKind::OutOfMemory.into(), 500),
        ] {
            let response = of_failure(&error);
            assert_eq!(response.status(), status, "{error}");
            assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503, "{error}");
        }
    }
}
