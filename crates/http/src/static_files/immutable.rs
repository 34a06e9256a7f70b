//! Names that never mean other bytes, because a hash of the bytes is part of them.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

/// Shorter ones happen by chance.
const SHORTEST_HASH: usize = 8;

/// Whether a name has a hash before its ending: `app.55e7cbb9ba48.css`, `index-4f1c0d2e.js`. A
/// number alone is none: it may be a date. Nor is the end of a UUID (RFC 9562 section 4), which names a
/// thing that may change, such as a user's picture.
pub(super) fn is_hashed(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    // A map lies beside its script, under the whole name of that.
    let stem = match (ending, stem.rsplit_once('.')) {
        ("map", Some((stem, _))) => stem,
        _ => stem,
    };
    stem.rsplit_once(['.', '-', '_']).is_some_and(|(_, last)| is_hash(last)) && !ends_as_uuid(stem)
}

fn ends_as_uuid(stem: &str) -> bool {
    let groups = [12, 4, 4, 4, 8];
    let mut found = stem.rsplit('-');
    groups.iter().enumerate().all(|(number, length)| {
        let Some(group) = found.next() else { return false };
        // A prefix may come before the first group.
        let is_first = number + 1 == groups.len();
        let digits = group.len().checked_sub(*length).filter(|more| is_first || *more == 0);
        let digits = digits.and_then(|at| group.get(at..));
        digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

fn is_hash(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() >= SHORTEST_HASH
        && text.bytes().all(is_hex)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The paths that Django's `ManifestStaticFilesStorage` has made, from its `staticfiles.json`. What
/// is no such manifest names none.
pub(super) fn read_manifest(json: &[u8]) -> HashSet<Box<str>> {
    let manifest: BTreeMap<String, Value> = serde_json::from_slice(json).unwrap_or_default();
    let paths = manifest.get("paths").and_then(Value::as_object);
    let pairs = paths.into_iter().flatten();
    let made = pairs.filter_map(|(source, made)| Some((source, made.as_str()?)));
    // A file that was not renamed may change.
    made.filter(|(source, made)| source != made).map(|(_, made)| made.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_hashed, read_manifest};

    #[test]
    fn hashes_are_seen() {
        for name in [
            "app.55e7cbb9ba48.css",
            "index-4f1c0d2e.js",
            "main_0123abcd.js",
            "app.55e7cbb9ba48.js.map",
            "a.b.55e7cbb9ba48.woff2",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301.55e7cbb9ba48.png",
            "cafe-4f89-11d3-9a0c-0305e82c3301.js",
        ] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "app.css",
            "report-20240131.pdf",
            "app.5e7cbb9.css",
            "app.defaced-facade.css",
            "well-deadbeef.js",
            "55e7cbb9ba48.css",
            "app.55E7CBB9BA48.css",
            "app.55e7cbb9ba4g.css",
            "app.55e7cbb9ba48",
            "app.55e7cbb9ba48.min.css",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301.png",
            "avatar_3f2504e0-4f89-11d3-9a0c-0305e82c3301.png",
            "",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn a_manifest_names_what_was_renamed() {
        let json =
            br#"{"paths": {"a.css": "a.1234.css", "b.css": "b.css", "c": 3}, "version": "1.1"}"#;
        let made = read_manifest(json);
        assert!(made.contains("a.1234.css") && made.len() == 1);
        for wrong in [&b"[]"[..], b"", b"{\"paths\": []}", b"\xff"] {
            assert!(read_manifest(wrong).is_empty());
        }
    }
}
