//! What of a fetch can be tried without a socket.

use http::HeaderValue;

use super::*;

/// A set with the defaults of the settings.
pub(in crate::jwks) fn remote(url: &str) -> Remote {
    Remote {
        url: RemoteUrl::Set(url.to_owned()),
        cache: Duration::from_secs(600),
        cache_bounds: (Duration::from_secs(30), Duration::from_secs(86_400)),
        refresh_before: Duration::from_secs(30),
        stale_if_error: Duration::from_secs(86_400),
        cooldown: Duration::from_secs(30),
        timeout: Duration::from_secs(3),
        max_bytes: 150 * 1024,
        max_keys: 64,
        ca: None,
        allow_http: false,
    }
}

#[test]
fn of_a_redirect_only_the_host_is_told() {
    for (location, told) in [
        ("https://evil.example/?token=secret", "evil.example"),
        ("file:///etc/passwd", "an address that cannot be read"),
        ("/elsewhere?secret", "no host"),
        ("https://ann:secret@evil.example/", "evil.example"),
    ] {
        let mut fields = HeaderMap::new();
        fields.insert(LOCATION, HeaderValue::from_static(location));
        assert_eq!(led_to(&fields), told, "{location}");
    }
}

#[test]
fn an_error_is_one_line_with_its_causes() {
    let source = io::Error::other("refused\r\nX: y");
    let error = FetchError::Connect { host: "idp.example".to_owned(), source };
    assert_eq!(error.chain(), "cannot connect to idp.example: refused  X: y");
    assert_eq!(error.result(), FetchResult::Connect);
}

#[test]
fn an_address_that_is_not_allowed_is_not_even_looked_up() {
    for url in ["http://idp.example/keys", "file:///etc/passwd", "data:application/json,{}"] {
        let error = fetch_once(&remote(url)).unwrap_err();
        assert_eq!(error.result(), FetchResult::Address, "{url}: {error}");
    }
}
