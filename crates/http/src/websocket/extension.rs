//! The negotiation of permessage-deflate (RFC 7692 section 7.1).
//!
//! What is agreed on is always that neither side keeps its window between messages.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};

const NAME: &str = "permessage-deflate";
/// Windows are powers of two with these exponents.
const LEAST_BITS: u8 = 8;
const MOST_BITS: u8 = 15;

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deflate {
    /// The size of our window, where the client wants it to be told.
    server_bits: Option<u8>,
}

impl Deflate {
    /// The size of our window, as an exponent.
    pub(super) fn bits(self) -> u8 {
        self.server_bits.unwrap_or(MOST_BITS)
    }

    /// What the client is told.
    pub(crate) fn header(self) -> HeaderValue {
        let bits = self.server_bits.map(|bits| format!("; server_max_window_bits={bits}"));
        let bits = bits.unwrap_or_default();
        let text = format!("{NAME}; server_no_context_takeover; client_no_context_takeover{bits}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(NAME))
    }
}

/// The client's first offer that can be accepted.
pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Deflate> {
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    // No value that can be accepted has a comma or semicolon in it, quoted or not.
    lines.flat_map(|line| line.split(',')).find_map(accept)
}

fn accept(offer: &str) -> Option<Deflate> {
    let mut parts = offer.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let mut agreed = Deflate { server_bits: None };
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (part, None),
        };
        let name = name.to_ascii_lowercase();
        match (name.as_str(), value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            // We can read every window.
            | ("client_max_window_bits", None) => {}
            ("client_max_window_bits", Some(value)) => drop(bits(value)?),
            ("server_max_window_bits", Some(value)) => {
                // The library cannot do the smallest one.
                agreed.server_bits = Some(bits(value).filter(|bits| *bits > LEAST_BITS)?);
            }
            _ => return None,
        }
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
    }
    Some(agreed)
}

/// A window size: a decimal number without leading zeros, perhaps quoted.
fn bits(value: &str) -> Option<u8> {
    let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(Some(value))?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let bits = digits.parse().ok().filter(|_| is_plain)?;
    (LEAST_BITS..=MOST_BITS).contains(&bits).then_some(bits)
}

#[cfg(test)]
mod tests;
