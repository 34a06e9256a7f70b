//! One header or trailer field line: RFC 9112 section 5, and the fields that frame a message.

use super::bytes::{LETTER_X, UNDERSCORE, has_control, is_token, split_token, trim};
use super::fault::Fault;
use super::host::is_authority;

/// What the fields of a head say about its message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// The version is HTTP/1.0.
    pub(super) is_old: bool,
    /// `Host` was there.
    pub(super) host: bool,
    /// `Content-Length` was there, with this value.
    pub(super) length: Option<u64>,
    /// `Transfer-Encoding: chunked` was there.
    pub(super) chunked: bool,
    /// What the names had in them.
    pub(super) names: Names,
}

/// Which rare letters the field names of a connection have had. Whoever looks for a name with such
/// a letter need not look if there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// `_`, of names that are dropped.
    pub(crate) underscore: bool,
    /// `x`, of the names that proxies set.
    pub(crate) x: bool,
    /// Not a letter: whether `Upgrade` was there, and named WebSockets.
    pub(crate) upgrade: bool,
}

impl Names {
    /// Adds what other names had.
    pub(super) fn add(&mut self, other: Self) {
        self.underscore |= other.underscore;
        self.x |= other.x;
        self.upgrade |= other.upgrade;
    }
}

impl Facts {
    /// Checks one header field line and notes what it says.
    pub(super) fn note(&mut self, line: &[u8], last_host: &mut Vec<u8>) -> Result<(), Fault> {
        let (name, seen, value) = split(line)?;
        self.names.underscore |= seen & UNDERSCORE != 0;
        self.names.x |= seen & LETTER_X != 0;
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.note_host(trim(value), last_host),
            6 if name.eq_ignore_ascii_case(b"expect") => check_expectation(trim(value)),
            7 if name.eq_ignore_ascii_case(b"upgrade") => {
                let mut names = value.split(|&byte| byte == b',');
                self.names.upgrade |= names.any(|it| trim(it).eq_ignore_ascii_case(b"websocket"));
                Ok(())
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => self.note_length(trim(value)),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.note_coding(trim(value)),
            _ => Ok(()),
        }
    }

    /// What can only be judged once all fields are known.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.host || self.is_old { Ok(()) } else { Err(Fault::malformed("Host is missing")) }
    }

    fn note_host(&mut self, value: &[u8], last_host: &mut Vec<u8>) -> Result<(), Fault> {
        if self.host {
            return Err(Fault::malformed("more than one Host"));
        }
        self.host = true;
        // Requests of one connection name the same host again and again.
        if value == last_host.as_slice() && !value.is_empty() {
            return Ok(());
        }
        if !is_authority(value) {
            return Err(Fault::malformed("malformed Host"));
        }
        last_host.clear();
        if value.len() <= LONGEST_KEPT {
            last_host.extend_from_slice(value);
        }
        Ok(())
    }

    fn note_length(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.chunked {
            return Err(AMBIGUOUS);
        }
        if self.length.is_some() {
            return Err(Fault::malformed("more than one Content-Length"));
        }
        self.length = Some(parse_length(value)?);
        Ok(())
    }

    fn note_coding(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.is_old {
            return Err(Fault::malformed("Transfer-Encoding in HTTP/1.0"));
        }
        if self.length.is_some() {
            return Err(AMBIGUOUS);
        }
        if self.chunked {
            return Err(Fault::malformed("more than one Transfer-Encoding"));
        }
        self.chunked = true;
        if value.eq_ignore_ascii_case(b"chunked") {
            return Ok(());
        }
        let is_one_coding = !value.is_empty() && value.iter().all(|&byte| is_token(byte));
        Err(if is_one_coding {
            Fault::CODING
        } else {
            Fault::malformed("malformed Transfer-Encoding")
        })
    }
}

/// Hosts up to this length are remembered.
const LONGEST_KEPT: usize = 64;

const AMBIGUOUS: Fault = Fault::malformed("both Content-Length and Transfer-Encoding");

/// Splits a field line into its name, the classes of bytes in the name, and its value.
fn split(line: &[u8]) -> Result<(&[u8], u8, &[u8]), Fault> {
    let (name, seen, rest) = split_token(line);
    let [b':', value @ ..] = rest else {
        return Err(Fault::malformed("malformed header field name"));
    };
    if name.is_empty() {
        return Err(Fault::malformed("empty header field name"));
    }
    if has_control(value) {
        return Err(Fault::malformed("control byte in a header field"));
    }
    Ok((name, seen, value))
}

/// `1*DIGIT`, of at most 19 digits: more could not be counted.
fn parse_length(value: &[u8]) -> Result<u64, Fault> {
    let is_number = (1..=19).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).unwrap_or_default();
    let length = text.parse().ok().filter(|_| is_number);
    length.ok_or(Fault::malformed("malformed Content-Length"))
}

fn check_expectation(value: &[u8]) -> Result<(), Fault> {
    if value.eq_ignore_ascii_case(b"100-continue") { Ok(()) } else { Err(Fault::EXPECTATION) }
}

/// Checks one trailer field line.
pub(super) fn check_trailer(line: &[u8]) -> Result<(), Fault> {
    let (name, _, _) = split(line)?;
    let is_forbidden = FORBIDDEN_TRAILERS.iter().any(|field| name.eq_ignore_ascii_case(field));
    if is_forbidden { Err(Fault::malformed("forbidden trailer field")) } else { Ok(()) }
}

/// RFC 9110 section 6.5.1: fields that frame, route, authenticate or modify a request.
const FORBIDDEN_TRAILERS: [&[u8]; 20] = [
    b"authorization",
    b"cache-control",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-range",
    b"content-type",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"keep-alive",
    b"max-forwards",
    b"proxy-authorization",
    b"range",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
    b"x-forwarded-for",
];
