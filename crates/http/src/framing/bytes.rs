//! Which bytes may stand where in a message head.

/// `tchar` of RFC 9110 section 5.6.2.
const TOKEN: u8 = 1;
/// Bytes of a request target: visible ASCII but for those that the URI parser refuses, and `#`, which it
/// would cut off in silence.
const TARGET: u8 = 2;
/// `unreserved`, `sub-delims` and `%` of RFC 3986, without the comma: a host that looks like a list
/// is one that two parsers read differently.
const HOST: u8 = 4;
/// `_`, which gateways fold into `-`.
pub(super) const UNDERSCORE: u8 = 8;
/// `x`, without which no name is one of the `X-…` that proxies set.
pub(super) const LETTER_X: u8 = 16;

static CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a panic is an error")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0x21_u8;
    while byte < 0x7f {
        let alphanumeric = byte.is_ascii_alphanumeric();
        let mut class = 0;
        if alphanumeric || is_in(byte, b"!#$%&'*+-.^_`|~") {
            class |= TOKEN;
        }
        if !is_in(byte, b"\"#<>`") {
            class |= TARGET;
        }
        if alphanumeric || is_in(byte, b"-._~%!$&'()*+;=") {
            class |= HOST;
        }
        if byte == b'_' {
            class |= UNDERSCORE;
        }
        if byte == b'x' || byte == b'X' {
            class |= LETTER_X;
        }
        table[byte as usize] = class;
        byte += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "the loop's condition is the bound")]
const fn is_in(byte: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

#[expect(clippy::indexing_slicing, reason = "every u8 is an index of the table")]
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Whether this byte may stand in a token.
pub(super) fn is_token(byte: u8) -> bool {
    class(byte) & TOKEN != 0
}

/// Splits a token from the start; the second value holds the classes that occurred in it.
pub(super) fn split_token(line: &[u8]) -> (&[u8], u8, &[u8]) {
    let mut seen = 0;
    let mut length = 0;
    for &byte in line {
        let class = class(byte);
        if class & TOKEN == 0 {
            break;
        }
        seen |= class;
        length += 1;
    }
    let (token, rest) = line.split_at(length);
    (token, seen, rest)
}

/// Splits the bytes of a request target from the start.
pub(super) fn split_target(line: &[u8]) -> (&[u8], &[u8]) {
    let length = line.iter().position(|&byte| class(byte) & TARGET == 0).unwrap_or(line.len());
    line.split_at(length)
}

/// Whether all bytes may stand in a registered name or an IPv4 address.
pub(super) fn is_host(name: &[u8]) -> bool {
    name.iter().all(|&byte| class(byte) & HOST != 0)
}

/// Whether a field value holds a control byte other than a tab. Written without branches, so that
/// the compiler checks many bytes at once.
pub(super) fn has_control(value: &[u8]) -> bool {
    value
        .iter()
        .fold(false, |found, &byte| found | ((byte < 0x20) & (byte != b'\t')) | (byte == 0x7f))
}

/// Without the optional whitespace at both ends.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
