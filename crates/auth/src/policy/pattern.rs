//! The path of a rule, compiled.
//!
//! Works on decoded bytes, compared as they are: letter case is the application's business, so
//! `/ADMIN/` is another path than `/admin/`. How a request's path is read is not known here.

use memchr::memmem;

/// What a rule's path matches.
#[derive(Debug)]
pub(super) struct Pattern {
    /// The path without wildcards, and without the `/` at the end of a prefix.
    plain: Option<Box<[u8]>>,
    is_exact: bool,
    segments: Box<[Segment]>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<[u8]>),
    /// `*`: one segment that is not empty.
    One,
    /// The texts between the `*` of a segment.
    Parts(Box<[Box<[u8]>]>),
    /// `**`, and what is below a prefix.
    Many,
}

impl Pattern {
    /// From a path that begins with `/`. Unless it has to be exact, it covers all that is below.
    pub(super) fn new(path: &str, is_exact: bool) -> Self {
        let path = if is_exact { path } else { path.trim_end_matches('/') };
        let plain = (!path.contains('*')).then(|| path.as_bytes().into());
        let mut segments: Vec<Segment> = path.split('/').skip(1).map(Segment::new).collect();
        if !is_exact {
            segments.push(Segment::Many);
        }
        Self { plain, is_exact, segments: segments.into() }
    }

    /// Whether a path matches.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let Some(plain) = &self.plain else {
            let Some(path) = path.strip_prefix(b"/") else { return false };
            return walk(&self.segments, path.split(|byte| *byte == b'/'), Segment::matches);
        };
        match path.strip_prefix(&**plain) {
            Some([]) => true,
            Some([b'/', ..]) => !self.is_exact,
            _ => false,
        }
    }

    /// Whether every path that matches the other one surely matches this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        walk(&self.segments, other.segments.iter(), Segment::covers)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text {
            "*" => Self::One,
            "**" => Self::Many,
            _ if text.contains('*') => {
                Self::Parts(text.split('*').map(|part| part.as_bytes().into()).collect())
            }
            _ => Self::Literal(text.as_bytes().into()),
        }
    }

    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => **literal == *text,
            Self::One => !text.is_empty(),
            Self::Parts(parts) => holds_in_order(parts, text),
            Self::Many => true,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One, Self::One | Self::Parts(_)) => true,
            (_, Self::Literal(text)) => self.matches(text),
            _ => self == other,
        }
    }
}

/// Whether a text is made of these parts in this order, with anything between them.
fn holds_in_order(parts: &[Box<[u8]>], text: &[u8]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(text) = text.strip_prefix(&**first) else { return false };
    let Some(mut text) = text.strip_suffix(&**last) else { return false };
    for part in middle {
        let Some(at) = memmem::find(text, part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// Whether segments match items one by one. It is enough to take back the last `**`: what is before
/// it has matched, and none of the segments can match more than one item.
fn walk<I: Iterator + Clone>(
    pattern: &[Segment],
    mut items: I,
    fits: impl Fn(&Segment, I::Item) -> bool,
) -> bool {
    let mut pattern = pattern;
    let mut retry: Option<(&[Segment], I)> = None;
    loop {
        if let [Segment::Many, rest @ ..] = pattern {
            if rest.is_empty() {
                return true;
            }
            pattern = rest;
            retry = Some((rest, items.clone()));
            continue;
        }
        let mut ahead = items.clone();
        let next = pattern.split_first();
        let fitting = match (next, ahead.next()) {
            (None, None) => return true,
            (Some((segment, rest)), Some(item)) => fits(segment, item).then_some(rest),
            _ => None,
        };
        if let Some(rest) = fitting {
            (pattern, items) = (rest, ahead);
            continue;
        }
        let Some((rest, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, items) = (*rest, from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern, false).matches(path.as_bytes())
    }

    fn is_exactly(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern, true).matches(path.as_bytes())
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        for pattern in ["/admin", "/admin/"] {
            for path in ["/admin", "/admin/", "/admin/x", "/admin/x/y", "/admin//"] {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in ["/administrator", "/admi", "/", "/ADMIN/", "/x/admin", "admin", "*"] {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
        assert!(matches("/", "/") && matches("/", "/x"));
        assert!(!matches("/", "*"));
    }

    #[test]
    fn an_exact_path_is_itself_only() {
        assert!(is_exactly("/admin", "/admin"));
        assert!(is_exactly("/admin/", "/admin/"));
        assert!(is_exactly("/", "/"));
        for (pattern, path) in
            [("/admin", "/admin/"), ("/admin/", "/admin"), ("/admin", "/admin/x"), ("/", "/x")]
        {
            assert!(!is_exactly(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_star_is_one_segment_or_a_part_of_one() {
        assert!(is_exactly("/u/*/key", "/u/7/key"));
        assert!(!is_exactly("/u/*/key", "/u//key"));
        assert!(!is_exactly("/u/*/key", "/u/7/8/key"));
        assert!(!is_exactly("/u/*/key", "/u/7/key/"));
        assert!(matches("/u/*/key", "/u/7/key/") && matches("/u/*/key", "/u/7/key/x"));
        assert!(is_exactly("/v*/x", "/v1/x") && is_exactly("/v*/x", "/v/x"));
        assert!(!is_exactly("/v*/x", "/w1/x") && !is_exactly("/v*/x", "/v1/2/x"));
        assert!(is_exactly("/a*b*c", "/abc") && is_exactly("/a*b*c", "/axbybzc"));
        assert!(!is_exactly("/a*b*c", "/ac") && !is_exactly("/a*a", "/a"));
    }

    #[test]
    fn two_stars_are_any_number_of_segments() {
        for path in ["/a/z", "/a/b/z", "/a/b/c/z", "/a/z/z", "/a//z"] {
            assert!(is_exactly("/a/**/z", path), "{path}");
        }
        for path in ["/a", "/a/b", "/z", "/a/z/b", "/az"] {
            assert!(!is_exactly("/a/**/z", path), "{path}");
        }
        assert!(is_exactly("/**/b/**/c", "/b/x/b/c") && is_exactly("/a/**", "/a"));
        assert!(!is_exactly("/**/b/**/c", "/c/b"));
    }

    #[test]
    fn many_stars_take_no_longer_than_the_product_of_both() {
        let pattern = "/**/a".repeat(40);
        let path = "/a".repeat(2000) + "/b";
        assert!(!is_exactly(&pattern, &path));
        assert!(!is_exactly(&format!("/{}", "*a".repeat(40)), &format!("/{}b", "a".repeat(2000))));
    }

    #[test]
    fn cover_is_found_where_it_is_sure() {
        let covers =
            |one: &str, other: &str| Pattern::new(one, false).covers(&Pattern::new(other, false));
        for (one, other) in [
            ("/", "/x"),
            ("/a", "/a"),
            ("/a/", "/a"),
            ("/a", "/a/b/*"),
            ("/a/*", "/a/b"),
            ("/a/*", "/a/v*"),
            ("/a/v*", "/a/v1/x"),
            ("/**/z", "/a/z"),
            ("/a/**/z", "/a/**/z/y"),
        ] {
            assert!(covers(one, other), "{one} {other}");
        }
        for (one, other) in
            [("/a", "/"), ("/a", "/ab"), ("/a/b", "/a"), ("/a/v*", "/a/*"), ("/a/*", "/a/**")]
        {
            assert!(!covers(one, other), "{one} {other}");
        }
        let exact = Pattern::new("/a", true);
        assert!(Pattern::new("/a", false).covers(&exact));
        assert!(!exact.covers(&Pattern::new("/a", false)));
    }
}
