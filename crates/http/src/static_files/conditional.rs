//! Conditional requests (RFC 9110 section 13).

use std::time::UNIX_EPOCH;

use http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};
use http::{HeaderMap, HeaderValue};

use super::validators::Validators;

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send the file.
    Send,
    /// The client has it: 304.
    Unchanged,
    /// It is not what the client thinks: 412.
    Failed,
}

/// Evaluates the conditions of a GET or HEAD, in the order of section 13.2.2.
pub(super) fn evaluate(fields: &HeaderMap, validators: &Validators) -> Verdict {
    if fields.contains_key(IF_MATCH) {
        if !any_tag(fields, &IF_MATCH, validators, is_strongly_equal) {
            return Verdict::Failed;
        }
    } else if let Some(limit) = date(fields, &IF_UNMODIFIED_SINCE)
        && validators.seconds.is_some_and(|modified| modified > limit)
    {
        return Verdict::Failed;
    }
    if fields.contains_key(IF_NONE_MATCH) {
        return match any_tag(fields, &IF_NONE_MATCH, validators, is_weakly_equal) {
            true => Verdict::Unchanged,
            false => Verdict::Send,
        };
    }
    match (date(fields, &IF_MODIFIED_SINCE), validators.seconds) {
        (Some(limit), Some(modified)) if modified <= limit => Verdict::Unchanged,
        _ => Verdict::Send,
    }
}

/// Whether a `Range` field counts: the client has a part of just this file (section 13.1.5). A date
/// says so only if it is a strong one.
pub(super) fn range_counts(
    fields: &HeaderMap,
    validators: &Validators,
    has_strong_date: bool,
) -> bool {
    let mut conditions = fields.get_all(IF_RANGE).iter();
    match (conditions.next(), conditions.next()) {
        (None, _) => true,
        (Some(condition), None) => {
            let is_tag = validators.etag.as_ref().is_some_and(|tag| tag == condition);
            let date = validators.date.as_ref().filter(|_| has_strong_date);
            is_tag || date.is_some_and(|date| date == condition)
        }
        _ => false,
    }
}

/// Whether one of the tags of a field is that of the file, or any would do.
fn any_tag(
    fields: &HeaderMap,
    name: &HeaderName,
    validators: &Validators,
    is_equal: fn(&str, &str) -> bool,
) -> bool {
    let own = validators.etag.as_ref().and_then(text).unwrap_or_default();
    fields.get_all(name).iter().filter_map(text).any(|line| {
        line.trim() == "*" || Tags(line).any(|tag| !own.is_empty() && is_equal(tag, own))
    })
}

fn text(value: &HeaderValue) -> Option<&str> {
    // Tags may have any byte but controls in them; ours have none that is not ASCII.
    value.to_str().ok()
}

fn is_strongly_equal(tag: &str, own: &str) -> bool {
    tag == own
}

/// Caches and proxies that change a coding weaken the tag.
fn is_weakly_equal(tag: &str, own: &str) -> bool {
    tag.strip_prefix("W/").unwrap_or(tag) == own
}

/// The tags of a list. Commas may be inside of them. What is no tag ends the list.
struct Tags<'l>(&'l str);

impl<'l> Iterator for Tags<'l> {
    type Item = &'l str;

    fn next(&mut self) -> Option<&'l str> {
        let list = self.0.trim_start_matches([' ', '\t', ',']);
        let opened = if list.starts_with("W/") { 3 } else { 1 };
        let inside = list.get(opened..).filter(|_| list.get(..opened).is_some_and(is_opening))?;
        let (tag, rest) = list.split_at_checked(opened + inside.find('"')? + 1)?;
        self.0 = rest;
        Some(tag)
    }
}

fn is_opening(text: &str) -> bool {
    matches!(text, "\"" | "W/\"")
}

/// A date in seconds since 1970; `None` where there is none, or not just one.
fn date(fields: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let mut values = fields.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let time = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests;
