//! Whether another site has made a request that has a cookie.

use aws_lc_rs::constant_time;

use super::cookie;
use super::field::{Only, only};
use crate::Inquiry;
use crate::config::Csrf;

/// Whether the request proves where it is from.
///
/// # Errors
/// What is missing or wrong, in fixed words.
pub(crate) fn check(
    csrf: &Csrf,
    inquiry: &Inquiry<'_>,
    trusted_origins: &[String],
) -> Result<(), &'static str> {
    match csrf {
        Csrf::None => Ok(()),
        Csrf::Origin => check_origin(inquiry, trusted_origins),
        Csrf::DoubleSubmit { cookie, header } => check_double(cookie, header, inquiry),
    }
}

/// Whether a text is an origin, as `scheme://host[:port]`.
pub(crate) fn is_origin(text: &str) -> bool {
    origin(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Whether two texts are the same origin, in whatever case, with or without the scheme's own port.
pub(crate) fn is_same_origin(one: &str, other: &str) -> bool {
    whole(one.as_bytes()).is_some_and(|origin| whole(other.as_bytes()) == Some(origin))
}

fn check_origin(inquiry: &Inquiry<'_>, trusted_origins: &[String]) -> Result<(), &'static str> {
    let from = match only(inquiry.fields, "origin") {
        Only::One(value) => whole(&value).ok_or("Origin is not one origin")?,
        Only::Several => return Err("there are several Origin fields"),
        Only::Absent => match only(inquiry.fields, "referer") {
            Only::One(value) => start(&value).ok_or("Referer has no origin")?,
            Only::Several => return Err("there are several Referer fields"),
            Only::Absent => return Err("there is neither Origin nor Referer"),
        },
    };
    let is_own = own(inquiry).is_some_and(|own| own == from);
    let is_trusted = |text: &String| whole(text.as_bytes()).is_some_and(|other| other == from);
    if is_own || trusted_origins.iter().any(is_trusted) {
        Ok(())
    } else {
        Err("the origin is neither the request's own nor a trusted one")
    }
}

/// The origin that the request is sent to.
fn own(inquiry: &Inquiry<'_>) -> Option<String> {
    let Only::One(host) = only(inquiry.fields, "host") else { return None };
    whole(format!("{}://{}", inquiry.scheme, std::str::from_utf8(&host).ok()?).as_bytes())
}

fn whole(text: &[u8]) -> Option<String> {
    let (origin, rest) = origin(std::str::from_utf8(text).ok()?)?;
    rest.is_empty().then_some(origin)
}

fn start(text: &[u8]) -> Option<String> {
    origin(std::str::from_utf8(text).ok()?).map(|(origin, _)| origin)
}

/// An origin in lower case without the scheme's own port, and what follows it. `null` is none.
fn origin(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~:[]".contains(&byte);
    if authority.starts_with(':') || authority.is_empty() || !authority.bytes().all(is_of_host) {
        return None;
    }
    let host = authority.strip_suffix(port).unwrap_or(authority);
    let host = host.strip_suffix(':').unwrap_or(host).to_ascii_lowercase();
    Some((format!("{scheme}://{host}"), rest))
}

fn check_double(name: &str, header: &str, inquiry: &Inquiry<'_>) -> Result<(), &'static str> {
    let cookie = cookie::value(inquiry.fields, name)
        .map_err(|cookie::Differs| "there are several CSRF cookies that differ")?;
    let Some(cookie) = cookie.filter(|value| !value.is_empty()) else {
        return Err("there is no CSRF cookie");
    };
    let Only::One(repeated) = only(inquiry.fields, header) else {
        return Err("the field that repeats the CSRF cookie is not there exactly once");
    };
    constant_time::verify_slices_are_equal(&cookie, &repeated)
        .map_err(|_| "the field does not repeat the CSRF cookie")
}
