//! One reading of the target and the names for everybody behind this point.

use http::header::{HOST, HeaderName};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};

/// Brings an absolute target into origin form, its authority into `Host` (RFC 9112 section 3.2.2),
/// and drops field names that a gateway could confuse with others.
pub(super) fn normalise(head: &mut Parts, saw_underscore: bool) {
    if let Some(authority) = head.uri.authority() {
        if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
            head.headers.insert(HOST, host);
        }
        head.uri = origin_form(&head.uri);
    }
    if saw_underscore {
        drop_underscores(head);
    }
}

fn origin_form(target: &Uri) -> Uri {
    let path = target.path_and_query().map_or("/", PathAndQuery::as_str);
    // An absolute target may have a query and no path.
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Uri::try_from(path).unwrap_or_default()
}

fn drop_underscores(head: &mut Parts) {
    let named = head.headers.keys().filter(|name| name.as_str().contains('_'));
    let named: Vec<HeaderName> = named.cloned().collect();
    for name in named {
        tracing::debug!(%name, "header field with an underscore dropped");
        head.headers.remove(name);
    }
}
