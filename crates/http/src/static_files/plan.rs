//! The head of an answer about a file that was found, and which of its bytes follow.

use appserver_app::{Body, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::coding::Accepted;
use super::conditional::{self, Verdict};
use super::entry::{Entry, Variant};
use super::range::{self, Part};

/// What is asked of a file.
#[derive(Clone, Copy)]
pub(super) struct Asked<'r> {
    /// The fields of the request.
    pub(super) fields: &'r HeaderMap,
    /// Without the bytes.
    pub(super) is_head: bool,
    /// Who asks had to say who it is, so that no shared cache may keep the answer.
    pub(super) is_private: bool,
    /// Nanoseconds since 1970.
    pub(super) wall_clock: fn() -> i64,
}

/// An answer that lacks its bytes.
pub(super) struct Plan {
    /// The place of the encoding that is sent.
    pub(super) variant: usize,
    /// The bytes that follow: the place of the first, and how many.
    pub(super) part: Option<(u64, u64)>,
    status: StatusCode,
    fields: HeaderMap,
}

impl Plan {
    /// Answers with this body.
    pub(super) fn answer(self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.fields;
        response
    }
}

/// What is answered; `None` only for an entry without a file.
pub(super) fn plan(entry: &Entry, asked: Asked<'_>) -> Option<Plan> {
    let place = match entry.variants.as_slice() {
        [_] => 0,
        all => {
            let offered = all.iter().map(|it| (it.coding, it.stamp.size));
            Accepted::read(asked.fields).choose(offered)
        }
    };
    let variant = entry.variants.get(place)?;
    let (status, mut fields, part) = decide(entry, variant, asked);
    if asked.is_private {
        make_private(&mut fields);
    }
    let part = part.filter(|(_, length)| !asked.is_head && *length > 0);
    Some(Plan { variant: place, part, status, fields })
}

type Decided = (StatusCode, HeaderMap, Option<(u64, u64)>);

fn decide(entry: &Entry, variant: &Variant, asked: Asked<'_>) -> Decided {
    let size = variant.stamp.size;
    match conditional::evaluate(asked.fields, &variant.validators) {
        Verdict::Send => {}
        Verdict::Unchanged => return (StatusCode::NOT_MODIFIED, variant.unchanged.clone(), None),
        Verdict::Failed => {
            // Not for caches: it says nothing about the file (RFC 9111 section 3).
            let mut fields = variant.unchanged.clone();
            fields.remove(CACHE_CONTROL);
            return (StatusCode::PRECONDITION_FAILED, fields, None);
        }
    }
    match part(entry, variant, asked) {
        Part::Whole => (StatusCode::OK, variant.whole.clone(), Some((0, size))),
        Part::Range { first, last } => {
            let length = last - first + 1;
            let mut fields = variant.whole.clone();
            fields.insert(CONTENT_LENGTH, HeaderValue::from(length));
            set_range(&mut fields, &format!("bytes {first}-{last}/{size}"));
            (StatusCode::PARTIAL_CONTENT, fields, Some((first, length)))
        }
        Part::Unsatisfiable => {
            let mut fields = variant.unchanged.clone();
            fields.remove(CACHE_CONTROL);
            set_range(&mut fields, &format!("bytes */{size}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, fields, None)
        }
    }
}

/// The part that is asked for. Ranges are defined for GET only (RFC 9110 section 14.2).
fn part(entry: &Entry, variant: &Variant, asked: Asked<'_>) -> Part {
    if asked.is_head {
        return Part::Whole;
    }
    let mut ranges = asked.fields.get_all(RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Part::Whole };
    let counts = !asked.fields.contains_key(IF_RANGE) || {
        // All encodings may have the same date, as gzip(1) gives it to what it makes.
        let has_strong_date =
            entry.variants.len() == 1 && variant.validators.has_strong_date((asked.wall_clock)());
        conditional::range_counts(asked.fields, &variant.validators, has_strong_date)
    };
    if counts { range::read(range, variant.stamp.size) } else { Part::Whole }
}

fn set_range(fields: &mut HeaderMap, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        fields.insert(CONTENT_RANGE, value);
    }
}

/// `public` would let shared caches give the file to anybody (RFC 9111 section 3.5).
fn make_private(fields: &mut HeaderMap) {
    let told = fields.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let private = told.map_or("private".to_owned(), |told| told.replace("public", "private"));
    if let Ok(value) = HeaderValue::try_from(private) {
        fields.insert(CACHE_CONTROL, value);
    }
}

#[cfg(test)]
mod tests;
