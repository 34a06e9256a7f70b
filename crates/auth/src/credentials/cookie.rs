//! Cookies of a request (RFC 6265 section 4.2).

use crate::Fields;

/// A cookie is there twice with values that differ. Which of them an application takes depends on
/// the application; a subdomain can have set either.
#[derive(Debug)]
pub(crate) struct Differs;

/// The value of a cookie, without the quotes that may be around it. Names are compared exactly.
///
/// # Errors
/// [`Differs`].
pub(crate) fn value(fields: &dyn Fields, name: &str) -> Result<Option<Vec<u8>>, Differs> {
    let mut found: Option<Vec<u8>> = None;
    let mut differs = false;
    fields.each("cookie", &mut |field| {
        for value in field.split(|byte| *byte == b';').filter_map(|pair| named(pair, name)) {
            match &found {
                None => found = Some(value.to_vec()),
                Some(other) => differs |= other.as_slice() != value,
            }
        }
    });
    if differs { Err(Differs) } else { Ok(found) }
}

fn named<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let end = memchr::memchr(b'=', pair)?;
    let (found, value) = (pair.get(..end)?, pair.get(end + 1..)?);
    (found.trim_ascii() == name.as_bytes()).then(|| unquoted(value.trim_ascii()))
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}
