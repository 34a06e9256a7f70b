//! From the path of a request to a path inside of a folder.
//!
//! A path is decoded once, as applications get it. One name means one file: other spellings of it
//! (`//`, `.`, `..`, `%2F`) are not found, so that nothing has two addresses.

use std::borrow::Cow;

/// Stands for an escape that no path of a file can have. It is in no prefix and in no safe path.
const IMPOSSIBLE: u8 = 0;

/// Longer paths cannot be opened (PATH_MAX).
const LONGEST: usize = 4096;

/// The one hidden folder that is there to be seen (RFC 8615).
const WELL_KNOWN: &[u8] = b".well-known";

/// A path with its escapes decoded, as far as a path of files can have them.
pub(super) fn decode(path: &str) -> Cow<'_, [u8]> {
    let bytes = path.as_bytes();
    if memchr::memchr(b'%', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let escaped = after.split_at_checked(2).and_then(|(digits, after)| {
            rest = after;
            Some(hex(*digits.first()?)? << 4 | hex(*digits.last()?)?)
        });
        decoded.push(escaped.filter(|byte| !b"/\\".contains(byte)).unwrap_or(IMPOSSIBLE));
    }
    Cow::Owned(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a decoded path below a mount may be looked for: relative, in its only spelling, and
/// without hidden names.
pub(super) fn is_safe(path: &[u8]) -> bool {
    let is_possible = |byte: &u8| *byte != IMPOSSIBLE && *byte != b'\\';
    if path.len() >= LONGEST || !path.iter().all(is_possible) {
        return false;
    }
    // A folder ends with a slash, and the mount itself is the empty path.
    let named = path.strip_suffix(b"/").unwrap_or(path);
    let is_visible =
        |step: &[u8]| step.first().is_some_and(|first| *first != b'.') || step == WELL_KNOWN;
    path.is_empty() || named.split(|byte| *byte == b'/').all(is_visible)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Component, Path, PathBuf};

    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    use super::{decode, is_safe};

    #[test]
    fn escapes_are_decoded_once() {
        for (path, decoded) in [
            ("/a.css", "/a.css"),
            ("/a%20b", "/a b"),
            ("/st%61tic", "/static"),
            ("/%e2%82%AC", "/\u{20ac}"),
            ("/%252e%252e", "/%2e%2e"),
            ("/%2e%2E/a", "/../a"),
            ("/a%2fb%5cc%00", "/a\0b\0c\0"),
            ("/%zz", "/\0"),
            ("/%4", "/\x004"),
            ("/%", "/\0"),
        ] {
            assert_eq!(*decode(path), *decoded.as_bytes(), "{path}");
        }
    }

    #[test]
    fn only_plain_names_are_looked_for() {
        for path in [
            "",
            "a",
            "a/",
            "a/b.css",
            "a b",
            "a..b",
            "a.",
            "%2e%2e",
            ".well-known/x",
            "a/.well-known",
        ] {
            assert!(is_safe(path.as_bytes()), "{path:?}");
        }
        for path in [
            "/",
            "//",
            "/a",
            "a//b",
            "a//",
            ".",
            "..",
            "a/..",
            "../a",
            "a/./b",
            ".env",
            "a/.git/b",
            ".well-known2",
            "...",
            "a\\b",
            "a\0b",
            "\0",
        ] {
            assert!(!is_safe(path.as_bytes()), "{path:?}");
        }
        assert!(!is_safe(&[b'a'; 4096]));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_path_leaves_the_root(path in r"(%2e|%2E|%2f|%5c|%00|%25|\.|/|\\|a|%){0,12}") {
            let decoded = decode(&path);
            if is_safe(&decoded) {
                let path = Path::new(OsStr::from_bytes(&decoded));
                let is_name = |step: Component<'_>| matches!(step, Component::Normal(_));
                prop_assert!(path.components().all(is_name), "{:?}", path);
                // It is the only spelling: put together again the steps are the same.
                let again: PathBuf = path.components().collect();
                let named = decoded.strip_suffix(b"/").unwrap_or(&decoded);
                prop_assert_eq!(again.as_os_str().as_bytes(), named);
            }
        }

        #[test]
        fn what_has_no_escapes_stays(path in "[^%]{0,20}") {
            prop_assert_eq!(&*decode(&path), path.as_bytes());
        }
    }
}
