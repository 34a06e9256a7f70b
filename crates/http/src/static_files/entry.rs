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

    /// Bytes that are kept.
    pub(super) fn content_length(&self) -> usize {
        self.variants.iter().filter_map(Variant::content).map(Bytes::len).sum()
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
        let mut whole = collect([
            (CONTENT_TYPE, Some(HeaderValue::from_static(manners.media_type))),
            (CONTENT_LENGTH, Some(HeaderValue::from(stamp.size))),
            (CONTENT_ENCODING, coding::field(coding)),
            (LAST_MODIFIED, validators.date.clone()),
            (ACCEPT_RANGES, Some(HeaderValue::from_static("bytes"))),
            (X_CONTENT_TYPE_OPTIONS, Some(HeaderValue::from_static("nosniff"))),
        ]);
        whole.extend(unchanged.clone());
        Self { coding, path, stamp, validators, whole, unchanged, content: OnceCell::new() }
    }

    /// Its bytes, where they are kept.
    pub(super) fn content(&self) -> Option<&Bytes> {
        self.content.get()
    }
}

fn collect<const N: usize>(fields: [(HeaderName, Option<HeaderValue>); N]) -> HeaderMap {
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
impl Entry {
    /// A file as good as any.
    pub(super) fn sample() -> Self {
        let file = tempfile::tempfile().unwrap();
        let stamp = Stamp::of_file(&file).unwrap();
        let found = Found { coding: Coding::Identity, path: c"a".into(), stamp };
        Self::new(vec![found], &Manners::default(), 0, 0)
    }
}
