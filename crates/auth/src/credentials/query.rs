//! Tokens in the query (RFC 6750 section 2.3), and how they are kept out of logs.

use std::borrow::Cow;

/// A parameter is there more than once.
#[derive(Debug)]
pub(super) struct Repeated;

/// The decoded value of a parameter.
///
/// # Errors
/// [`Repeated`].
pub(super) fn value(query: Option<&str>, name: &str) -> Result<Option<Vec<u8>>, Repeated> {
    let mut found = None;
    for parameter in query.unwrap_or_default().split('&') {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !is_named(key, name) {
            continue;
        }
        if found.replace(decoded(value).into_owned()).is_some() {
            return Err(Repeated);
        }
    }
    Ok(found)
}

/// A query with `***` in place of the values of these parameters. It is borrowed if none of them is
/// there; otherwise its answer must not be stored either (RFC 6750 section 2.3).
#[must_use]
pub fn redacted<'a>(query: &'a str, names: &[String]) -> Cow<'a, str> {
    let is_secret = |key: &str| names.iter().any(|name| is_named(key, name));
    let key = |parameter: &'a str| parameter.split_once('=').map_or(parameter, |(key, _)| key);
    if names.is_empty() || !query.split('&').any(|parameter| is_secret(key(parameter))) {
        return Cow::Borrowed(query);
    }
    let told = query.split('&').map(|parameter| {
        let key = key(parameter);
        if is_secret(key) { Cow::Owned(format!("{key}=***")) } else { Cow::Borrowed(parameter) }
    });
    Cow::Owned(told.collect::<Vec<Cow<'a, str>>>().join("&"))
}

fn is_named(key: &str, name: &str) -> bool {
    *decoded(key) == *name.as_bytes()
}

/// As forms are encoded (WHATWG URL, section 5.1).
fn decoded(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text.as_bytes());
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(crate::policy::percent_decoded(spaced.as_bytes()))
}
