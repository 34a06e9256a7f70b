//! One file as it is served: its encodings, with everything that their answers say.

use std::cell::OnceCell;
use std::ffi::CString;

use appserver_os::folder::Stamp;
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::coding::{self, Coding};
use super::validators::Validators;

/// A file that was found.
pub(super) struct Entry {
    /// The plain one first.
    pub(super) variants: Vec<Variant>,
    /// When it was looked at, in nanoseconds of the worker's clock.
    pub(super) seen: u64,
}

/// One encoding of a file, which is a file itself.
pub(super) struct Variant {
    pub(super) coding: Coding,
    /// Its path inside of the folder.
    pub(super) path: CString,
    pub(super) stamp: Stamp,
    pub(super) validators: Validators,
    /// The fields of an answer with all bytes.
    pub(super) whole: HeaderMap,
    /// The fields of an answer without any, because the client has them.
    pub(super) unchanged: HeaderMap,
    /// Its bytes, where they are kept.
    content: OnceCell<Bytes>,
}

/// A file of a folder, before there are answers about it.
pub(super) struct Found {
    pub(super) coding: Coding,
    pub(super) path: CString,
    pub(super) stamp: Stamp,
}

/// What all answers about a file say besides what it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Manners {
    pub(super) media_type: &'static str,
    pub(super) cache_control: Option<HeaderValue>,
    pub(super) allow_origin: Option<HeaderValue>,
}

impl Entry {
    /// A file in these encodings, the plain one first. `now` is in nanoseconds since 1970, `seen`
    /// is the worker's clock.
    pub(super) fn new(found: Vec<Found>, manners: &Manners, now: i64, seen: u64) -> Self {
        let varies = found.len() > 1;
        let variants = found.into_iter().map(|it| Variant::new(it, manners, varies, now));
        Self { variants: variants.collect(), seen }
    }

    /// Takes over bytes of an earlier look that are still the same.
    pub(super) fn inherit(&self, before: &Self) {
        for variant in &self.variants {
            let same = |it: &&Variant| it.stamp == variant.stamp && it.path == variant.path;
            let content = before.variants.iter().find(same).and_then(|it| it.content.get());
            if let Some(content) = content {
                let _ = variant.content.set(content.clone());
            }
        }
    }

    /// Keeps the bytes of one encoding.
    pub(super) fn set_content(&self, variant: usize, content: Bytes) {
        if let Some(variant) = self.variants.get(variant) {
            let _ = variant.content.set(content);
        }
    }

    /// What it takes of memory, in bytes: no less than it has allocated, and not much more.
    pub(super) fn weight(&self) -> usize {
        let variants: usize = self.variants.iter().map(Variant::weight).sum();
        let spare = self.variants.capacity().saturating_sub(self.variants.len());
        COUNTED + size_of::<Self>() + 2 * ALLOCATION + spare * size_of::<Variant>() + variants
    }

    /// What so many bytes of contents take.
    pub(super) fn weight_of_content(length: usize) -> usize {
        length + SHARED
    }
}

impl Variant {
    fn new(found: Found, manners: &Manners, varies: bool, now: i64) -> Self {
        let Found { coding, path, stamp } = found;
        let validators = Validators::of(&stamp, coding, now);
        let shared = [
            (CACHE_CONTROL, manners.cache_control.clone()),
            (ETAG, validators.etag.clone()),
            (VARY, varies.then(|| HeaderValue::from_static("Accept-Encoding"))),
            (ACCESS_CONTROL_ALLOW_ORIGIN, manners.allow_origin.clone()),
        ];
        let unchanged = collect(shared);
        let mut whole = HeaderMap::with_capacity(MOST_FIELDS);
        whole.extend(collect([
            (CONTENT_TYPE, Some(HeaderValue::from_static(manners.media_type))),
            (CONTENT_LENGTH, Some(HeaderValue::from(stamp.size))),
            (CONTENT_ENCODING, coding::field(coding)),
            (LAST_MODIFIED, validators.date.clone()),
            (ACCEPT_RANGES, Some(HeaderValue::from_static("bytes"))),
            (X_CONTENT_TYPE_OPTIONS, Some(HeaderValue::from_static("nosniff"))),
        ]));
        whole.extend(unchanged.clone());
        Self { coding, path, stamp, validators, whole, unchanged, content: OnceCell::new() }
    }

    /// Its bytes, where they are kept.
    pub(super) fn content(&self) -> Option<&Bytes> {
        self.content.get()
    }

    fn weight(&self) -> usize {
        let content = self.content().map_or(0, |it| Entry::weight_of_content(it.len()));
        let path = self.path.as_bytes_with_nul().len() + ALLOCATION;
        let values = [ETAG, LAST_MODIFIED, CONTENT_LENGTH].map(|name| self.whole.get(name));
        let values = values.into_iter().flatten().map(|value| 2 * value.len() + SHARED);
        let fields = weight_of_fields(&self.whole) + weight_of_fields(&self.unchanged);
        size_of::<Self>() + path + fields + values.sum::<usize>() + content
    }
}

/// As many fields as an answer with all bytes has.
const MOST_FIELDS: usize = 10;

/// What an allocator needs for each piece, in bytes: its length, and the rest of a unit.
const ALLOCATION: usize = 16;

/// How often a piece is used is counted beside it: twice, by those who keep it alive and the others.
const COUNTED: usize = 2 * size_of::<usize>();

/// What bytes that several use need besides themselves: who they are, in a piece of their own.
const SHARED: usize = 5 * size_of::<usize>() + 2 * ALLOCATION;

/// A table of fields: a place for each that there is room for, and an index with a third more.
fn weight_of_fields(fields: &HeaderMap) -> usize {
    /// The hash of the name, the field, and where the next value of the same name is.
    type Place = (usize, HeaderName, HeaderValue, [usize; 3]);
    /// Two numbers of two bytes.
    const INDEX: usize = 4;
    let room = fields.capacity();
    room * size_of::<Place>() + (room + room / 3) * INDEX + 2 * ALLOCATION
}

fn collect<const N: usize>(fields: [(HeaderName, Option<HeaderValue>); N]) -> HeaderMap {
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
impl Entry {
    /// A file as good as any, in so many encodings.
    pub(super) fn sample(encodings: usize) -> Self {
        let stamp = Stamp::of_file(&std::fs::File::open("/dev/null").unwrap()).unwrap();
        let all = [&[Coding::Identity], &Coding::COMPRESSED[..]].concat().into_iter();
        let found = all.map(|coding| Found { coding, path: c"a".into(), stamp });
        let manners = Manners {
            media_type: "text/css",
            cache_control: Some(HeaderValue::from_static("max-age=60, public")),
            allow_origin: Some(HeaderValue::from_static("*")),
        };
        Self::new(found.take(encodings).collect(), &manners, i64::MAX, 0)
    }
}
