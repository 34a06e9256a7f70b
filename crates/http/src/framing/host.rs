//! The syntax of an authority: `Host` fields and absolute targets.

use super::bytes::is_host;

/// Whether this is `uri-host [ ":" port ]` of RFC 9110 section 7.2 with a host that is not empty
/// (section 4.2.1) and without user information (section 4.2.4).
pub(super) fn is_authority(text: &[u8]) -> bool {
    if let [b'[', rest @ ..] = text {
        return is_bracketed(rest);
    }
    let colon = memchr::memchr(b':', text).unwrap_or(text.len());
    let (host, port) = text.split_at(colon);
    !host.is_empty() && is_host(host) && escapes_are_complete(host) && is_port(port)
}

/// An IPv6 address after its opening bracket, and what follows it.
fn is_bracketed(text: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b']', text) else { return false };
    let (address, rest) = text.split_at(end);
    let address = std::str::from_utf8(address).unwrap_or_default();
    let port = rest.get(1..).unwrap_or_default();
    address.parse::<std::net::Ipv6Addr>().is_ok() && is_port(port)
}

/// Nothing, or a colon and digits of a number that a port can have.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] | [b':'] => true,
        [b':', digits @ ..] if digits.len() <= 5 => {
            let number = |sum: u32, digit: &u8| sum * 10 + u32::from(digit - b'0');
            digits.iter().all(u8::is_ascii_digit)
                && digits.iter().fold(0, number) <= u32::from(u16::MAX)
        }
        _ => false,
    }
}

fn escapes_are_complete(host: &[u8]) -> bool {
    memchr::memchr_iter(b'%', host).all(|at| {
        let digits = host.get(at + 1..at + 3).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
    })
}
