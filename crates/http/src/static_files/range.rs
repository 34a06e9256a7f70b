//! A part of a file (RFC 9110 section 14).

use http::HeaderValue;

/// Which bytes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of them, or what was asked for is not understood, which is the same.
    Whole,
    /// One range, in bytes.
    Range {
        /// The place of the first byte.
        first: u64,
        /// The place of the last byte.
        last: u64,
    },
    /// None of the bytes asked for is there.
    Unsatisfiable,
}

/// Reads a `Range` field about a file of this size. Several ranges are answered with the whole
/// file, as is anything that is not `bytes`.
pub(super) fn read(field: &HeaderValue, size: u64) -> Part {
    let text = field.to_str().unwrap_or_default();
    let Some((unit, set)) = text.split_once('=') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    let mut ranges = set.split(',').map(str::trim).filter(|range| !range.is_empty());
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Part::Whole };
    single(range, size).unwrap_or(Part::Whole)
}

/// One range; `None` if it is none.
fn single(range: &str, size: u64) -> Option<Part> {
    let (first, last) = range.split_once('-')?;
    if first.is_empty() {
        let length = number(last)?;
        return Some(match length.min(size) {
            0 => Part::Unsatisfiable,
            length => Part::Range { first: size - length, last: size - 1 },
        });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(match first < size {
        true => Part::Range { first, last: last.min(size - 1) },
        false => Part::Unsatisfiable,
    })
}

/// `1*DIGIT`; what does not fit is as large as numbers are.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::{ProptestConfig, prop_assert, proptest};

    use super::{Part, read};

    fn part(text: &str, size: u64) -> Part {
        read(&HeaderValue::from_str(text).unwrap(), size)
    }

    #[test]
    fn single_ranges_are_served() {
        for (text, size, first, last) in [
            ("bytes=0-0", 10, 0, 0),
            ("bytes=0-4", 10, 0, 4),
            ("bytes=-1", 10, 9, 9),
            ("bytes=9-", 10, 9, 9),
            ("bytes=9-9", 10, 9, 9),
            ("bytes=3-100", 10, 3, 9),
            ("bytes=-100", 10, 0, 9),
            ("BYTES = 1-2", 10, 1, 2),
            ("bytes=1-2,", 10, 1, 2),
            ("bytes=0-99999999999999999999999", 10, 0, 9),
        ] {
            assert_eq!(part(text, size), Part::Range { first, last }, "{text}");
        }
    }

    #[test]
    fn what_is_behind_the_end_cannot_be_had() {
        for (text, size) in [
            ("bytes=10-", 10),
            ("bytes=10-10", 10),
            ("bytes=-0", 10),
            ("bytes=0-0", 0),
            ("bytes=-1", 0),
            ("bytes=99999999999999999999999-", 10),
        ] {
            assert_eq!(part(text, size), Part::Unsatisfiable, "{text}");
        }
    }

    #[test]
    fn anything_else_is_the_whole_file() {
        for text in [
            "bytes=0-1,3-4",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1",
            "bytes",
            "lines=0-1",
            "",
        ] {
            assert_eq!(part(text, 10), Part::Whole, "{text}");
        }
        assert_eq!(read(&HeaderValue::from_bytes(b"bytes=0-\xff").unwrap(), 10), Part::Whole);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_range_is_inside_the_file(text in "bytes=[0-9]{0,20}-[0-9]{0,20}", size: u64) {
            if let Part::Range { first, last } = part(&text, size) {
                prop_assert!(first <= last && last < size);
            }
        }
    }
}
