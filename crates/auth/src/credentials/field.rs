//! Tokens in header fields: `Authorization` (RFC 9110 section 11.6.2), and others that hold one.

use super::{bare, malformed, too_long};
use crate::{Fields, Refusal};

/// The token of a field. Another scheme's credentials are none.
///
/// # Errors
/// There are several fields, or it is not one scheme, `1*SP` and one token.
pub(super) fn token(
    fields: &dyn Fields,
    name: &str,
    scheme: &str,
    max_token: usize,
) -> Result<Option<String>, Refusal> {
    let mut found = None;
    fields.each(name, &mut |value| {
        found = Some(match found {
            None => parse(value, scheme, max_token),
            Some(_) => Err(malformed("there are several fields of that name")),
        });
    });
    found.unwrap_or(Ok(None))
}

/// Whether there is a field of this name.
pub(super) fn is_there(fields: &dyn Fields, name: &str) -> bool {
    let mut is_there = false;
    fields.each(name, &mut |_| is_there = true);
    is_there
}

/// The value of the only field of this name.
pub(super) fn only(fields: &dyn Fields, name: &str) -> Only {
    let mut only = Only::Absent;
    fields.each(name, &mut |value| {
        only = if matches!(only, Only::Absent) { Only::One(value.to_vec()) } else { Only::Several };
    });
    only
}

/// What there is of a field that must not be repeated.
pub(super) enum Only {
    Absent,
    One(Vec<u8>),
    Several,
}

fn parse(value: &[u8], scheme: &str, max_token: usize) -> Result<Option<String>, Refusal> {
    if scheme.is_empty() {
        return bare(value, max_token);
    }
    let rest = after_scheme(value, scheme);
    // Its length is looked at before anything else of it is.
    if rest.is_some_and(|rest| rest.len() > max_token.saturating_add(1)) {
        return Err(too_long(max_token));
    }
    if !value.iter().fold(true, |so_far, byte| so_far & (b' '..=b'~').contains(byte)) {
        return Err(malformed("the field has characters that are not visible ASCII"));
    }
    match rest {
        None if hides(value, scheme) => Err(malformed("the field has several credentials")),
        None => Ok(None),
        Some([b' ', token @ ..]) => match bare(token.trim_ascii_start(), max_token)? {
            Some(token) => Ok(Some(token)),
            None => Err(malformed("there is no token after the scheme")),
        },
        Some(_) => Err(malformed("the scheme is not followed by a space and a token")),
    }
}

/// What follows the scheme, if it is this one.
fn after_scheme<'a>(value: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (start, rest) = value.split_at_checked(scheme.len())?;
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    (start.eq_ignore_ascii_case(scheme.as_bytes()) && !rest.first().is_some_and(goes_on))
        .then_some(rest)
}

/// Whether the scheme comes after something else: behind spaces, or in a list that a proxy has made
/// of several fields.
fn hides(value: &[u8], scheme: &str) -> bool {
    let parts = value.split(|byte| *byte == b',');
    parts.map(<[u8]>::trim_ascii).any(|part| after_scheme(part, scheme).is_some())
}
