//! The request line: RFC 9112 section 3.

use super::bytes::{split_target, split_token};
use super::fault::Fault;
use super::host::is_authority;

/// Checks a request line. Says whether the version is HTTP/1.0.
pub(super) fn check(line: &[u8]) -> Result<bool, Fault> {
    let (method, _, rest) = split_token(line);
    let (b" ", rest) = rest.split_at(rest.len().min(1)) else {
        return Err(Fault::malformed("malformed method"));
    };
    let (target, rest) = split_target(rest);
    let [b' ', version @ ..] = rest else {
        return Err(Fault::malformed("malformed request target"));
    };
    if method.is_empty() || target.is_empty() {
        return Err(Fault::malformed("malformed request line"));
    }
    let is_old = is_http_10(version)?;
    check_form(method, target)?;
    Ok(is_old)
}

fn is_http_10(version: &[u8]) -> Result<bool, Fault> {
    match version {
        b"HTTP/1.1" => Ok(false),
        b"HTTP/1.0" => Ok(true),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(Fault::VERSION),
        _ => Err(Fault::malformed("malformed request line")),
    }
}

/// The forms of a target: RFC 9112 section 3.2.
fn check_form(method: &[u8], target: &[u8]) -> Result<(), Fault> {
    if method == b"CONNECT" {
        return Err(Fault::CONNECT);
    }
    match target {
        [b'/', ..] => Ok(()),
        b"*" if method == b"OPTIONS" => Ok(()),
        _ if is_absolute(target) => Ok(()),
        _ => Err(Fault::malformed("malformed request target")),
    }
}

fn is_absolute(target: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(target, b"://") else { return false };
    let (scheme, rest) = target.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
        return false;
    }
    let rest = rest.get(3..).unwrap_or_default();
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    rest.get(..end).is_some_and(is_authority)
}
