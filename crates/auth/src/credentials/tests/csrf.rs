//! Cookies that browsers send unasked.

use super::{Csrf, Source, cookie, header, inquiry, places, query};
use crate::testing::List;
use crate::{Inquiry, Reason};

const COOKIE: (&str, &str) = ("cookie", "access=a.b.c; csrftoken=abc");
const HOST: (&str, &str) = ("host", "Shop.test");

fn double_submit() -> Csrf {
    Csrf::DoubleSubmit { cookie: "csrftoken".into(), header: "x-csrftoken".into() }
}

/// What comes of a request with the cookie and these fields.
fn check(sources: Vec<Source>, request: &Inquiry<'_>) -> Result<(), Reason> {
    let places = places(vec![sources]);
    let tokens = places.find(request, 1000).map_err(|refusal| refusal.reason)?;
    let trusted = ["https://App.test".to_owned(), "http://dev.test:8080".to_owned()];
    places.check_csrf(&tokens[0], request, &trusted).map_err(|refusal| refusal.reason)
}

fn post(csrf: Csrf, scheme: &str, fields: &[(&str, &str)]) -> Result<(), Reason> {
    let fields = [&[COOKIE], fields].concat();
    let list = List(&fields);
    check(vec![cookie(csrf)], &Inquiry { scheme, ..inquiry("POST", "/", &list) })
}

const REFUSED: Result<(), Reason> = Err(Reason::Csrf);

#[test]
fn the_origin_is_ones_own_or_trusted() {
    for (scheme, host, origin) in [
        ("https", "shop.test", "https://shop.test"),
        ("https", "shop.test:443", "https://shop.test"),
        ("https", "shop.test", "https://SHOP.test:443"),
        ("http", "shop.test", "http://shop.test:80"),
        ("http", "shop.test:8000", "http://shop.test:8000"),
        ("http", "[::1]:8000", "http://[::1]:8000"),
        ("https", "shop.test", "https://app.test"),
        ("https", "shop.test", "http://dev.test:8080"),
    ] {
        let fields = [("host", host), ("origin", origin)];
        assert_eq!(post(Csrf::Origin, scheme, &fields), Ok(()), "{host} {origin}");
    }
    for (scheme, host, origin) in [
        ("https", "shop.test", "null"),
        ("https", "shop.test", ""),
        ("https", "shop.test", "http://shop.test"),
        ("http", "shop.test", "https://shop.test"),
        ("https", "shop.test", "https://evil.test"),
        ("https", "shop.test", "https://shop.test.evil.test"),
        ("https", "shop.test", "https://evil.test/https://shop.test"),
        ("https", "shop.test", "https://shop.test/"),
        ("https", "shop.test", "https://shop.test@evil.test"),
        ("https", "shop.test", "https://shop.test https://evil.test"),
        ("https", "shop.test", "https://shop.test:8443"),
        ("https", "shop.test:8443", "https://shop.test"),
        ("https", "shop.test", "https://x.shop.test"),
        ("https", "shop.test", "http://dev.test"),
        ("https", "shop.test", "shop.test"),
        ("https", "", "https://"),
    ] {
        let fields = [("host", host), ("origin", origin)];
        assert_eq!(post(Csrf::Origin, scheme, &fields), REFUSED, "{host} {origin}");
    }
}

#[test]
fn without_an_origin_the_referer_counts() {
    let own = ("referer", "https://shop.test/cart?x=https://evil.test#y");
    assert_eq!(post(Csrf::Origin, "https", &[HOST, own]), Ok(()));
    let bare = ("referer", "https://shop.test");
    assert_eq!(post(Csrf::Origin, "https", &[HOST, bare]), Ok(()));
    for referer in [
        "https://evil.test/https://shop.test/",
        "https://evil.test?https://shop.test",
        "https://shop.test@evil.test/",
        "about:blank",
        "",
    ] {
        let fields = [HOST, ("referer", referer)];
        assert_eq!(post(Csrf::Origin, "https", &fields), REFUSED, "{referer}");
    }
    // An origin that is not trusted is not made good.
    assert_eq!(post(Csrf::Origin, "https", &[HOST, own, ("origin", "null")]), REFUSED);
    assert_eq!(post(Csrf::Origin, "https", &[HOST]), REFUSED);
    assert_eq!(post(Csrf::Origin, "http", &[HOST]), REFUSED);
}

#[test]
fn repeated_fields_are_refused() {
    let (own, evil) = (("origin", "https://shop.test"), ("origin", "https://evil.test"));
    assert_eq!(post(Csrf::Origin, "https", &[HOST, own, evil]), REFUSED);
    assert_eq!(post(Csrf::Origin, "https", &[HOST, own, own]), REFUSED);
    assert_eq!(post(Csrf::Origin, "https", &[HOST, HOST, own]), REFUSED);
    assert_eq!(post(Csrf::Origin, "https", &[own]), REFUSED, "no Host");
}

#[test]
fn a_field_repeats_the_cookie() {
    let field = |value| ("x-csrftoken", value);
    assert_eq!(post(double_submit(), "https", &[field("abc")]), Ok(()));
    for fields in [
        &[field("abd")][..],
        &[field("ab")],
        &[field("")],
        &[],
        &[field("abc"), field("abc")],
        &[field("abc"), ("cookie", "csrftoken=abd")],
        &[("origin", "https://shop.test"), HOST],
    ] {
        assert_eq!(post(double_submit(), "https", fields), REFUSED, "{fields:?}");
    }
    let empty = List(&[("cookie", "access=a.b.c; csrftoken="), ("x-csrftoken", "")]);
    let sources = vec![cookie(double_submit())];
    assert_eq!(check(sources.clone(), &inquiry("POST", "/", &empty)), REFUSED);
    let none = List(&[("cookie", "access=a.b.c"), ("x-csrftoken", "")]);
    assert_eq!(check(sources, &inquiry("POST", "/", &none)), REFUSED);
}

#[test]
fn only_what_changes_something_needs_a_proof() {
    let list = List(&[COOKIE, HOST]);
    let check = |request| check(vec![cookie(Csrf::Origin)], &request);
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        assert_eq!(check(inquiry(method, "/", &list)), Ok(()), "{method}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY", "get", ""] {
        assert_eq!(check(inquiry(method, "/", &list)), REFUSED, "{method}");
    }
    let socket = Inquiry { is_websocket: true, ..inquiry("GET", "/", &list) };
    assert_eq!(check(socket), REFUSED);
    let fields = [COOKIE, HOST, ("origin", "http://shop.test")];
    let list = List(&fields);
    let socket = Inquiry { is_websocket: true, ..inquiry("GET", "/", &list) };
    assert_eq!(check(socket), Ok(()));
    assert_eq!(post(Csrf::None, "https", &[]), Ok(()));
}

#[test]
fn whoever_knows_the_token_needs_no_proof() {
    let sources = || vec![header(), cookie(Csrf::Origin), query()];
    let fields = [COOKIE, ("authorization", "Bearer a.b.c")];
    assert_eq!(check(sources(), &inquiry("POST", "/", &List(&fields))), Ok(()));
    let list = List(&[COOKIE]);
    let request = inquiry("POST", "/", &list);
    assert_eq!(check(sources(), &request), REFUSED);
    let request = Inquiry { query: Some("access_token=a.b.c"), ..request };
    assert_eq!(check(sources(), &request), Ok(()));
    let other = [COOKIE, ("authorization", "Basic dTpw")];
    assert_eq!(check(sources(), &inquiry("POST", "/", &List(&other))), REFUSED);
}
