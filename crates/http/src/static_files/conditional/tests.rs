//! Every condition against one file, in tables.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Tags, Verdict, evaluate, range_counts};
use crate::static_files::validators::Validators;

const TAG: &str = "\"abc\"";
const BEFORE: &str = "Sat, 01 Jan 2022 11:59:59 GMT";
const DATE: &str = "Sat, 01 Jan 2022 12:00:00 GMT";
const AFTER: &str = "Sat, 01 Jan 2022 12:00:01 GMT";

fn validators() -> Validators {
    Validators {
        etag: Some(HeaderValue::from_static(TAG)),
        seconds: Some(1_641_038_400),
        date: Some(HeaderValue::from_static(DATE)),
    }
}

fn fields(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let mut fields = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        fields.append(name, value);
    }
    fields
}

#[test]
fn conditions_are_evaluated_in_their_order() {
    use Verdict::{Failed, Send, Unchanged};
    let table: &[(&[(&str, &str)], Verdict)] = &[
        (&[], Send),
        (&[("if-none-match", TAG)], Unchanged),
        (&[("if-none-match", "W/\"abc\"")], Unchanged),
        (&[("if-none-match", "*")], Unchanged),
        (&[("if-none-match", "\"x\", \"abc\"")], Unchanged),
        (&[("if-none-match", "\"x\",W/\"abc\" , \"y\"")], Unchanged),
        (&[("if-none-match", "\"x\""), ("if-none-match", TAG)], Unchanged),
        (&[("if-none-match", "\"x\"")], Send),
        (&[("if-none-match", "\"a\", \"b,\"abc\"")], Send),
        (&[("if-none-match", "abc")], Send),
        (&[("if-none-match", "")], Send),
        (&[("if-modified-since", DATE)], Unchanged),
        (&[("if-modified-since", AFTER)], Unchanged),
        (&[("if-modified-since", BEFORE)], Send),
        (&[("if-modified-since", "yesterday")], Send),
        (&[("if-modified-since", DATE), ("if-modified-since", DATE)], Send),
        // A tag is better than a date.
        (&[("if-none-match", "\"x\""), ("if-modified-since", AFTER)], Send),
        (&[("if-none-match", TAG), ("if-modified-since", BEFORE)], Unchanged),
        (&[("if-match", TAG)], Send),
        (&[("if-match", "*")], Send),
        (&[("if-match", "\"x\", \"abc\"")], Send),
        (&[("if-match", "\"x\"")], Failed),
        // Weak tags are never strongly equal.
        (&[("if-match", "W/\"abc\"")], Failed),
        (&[("if-unmodified-since", DATE)], Send),
        (&[("if-unmodified-since", BEFORE)], Failed),
        (&[("if-unmodified-since", "never")], Send),
        (&[("if-match", TAG), ("if-unmodified-since", BEFORE)], Send),
        (&[("if-match", TAG), ("if-none-match", TAG)], Unchanged),
        (&[("if-match", "\"x\""), ("if-none-match", TAG)], Failed),
    ];
    for (pairs, wanted) in table {
        assert_eq!(evaluate(&fields(pairs), &validators()), *wanted, "{pairs:?}");
    }
}

#[test]
fn a_file_without_validators_is_sent() {
    use Verdict::{Failed, Send, Unchanged};
    let table: &[(&[(&str, &str)], Verdict)] = &[
        (&[("if-none-match", TAG)], Send),
        (&[("if-none-match", "*")], Unchanged),
        (&[("if-modified-since", AFTER)], Send),
        (&[("if-match", TAG)], Failed),
        (&[("if-match", "*")], Send),
        (&[("if-unmodified-since", BEFORE)], Send),
    ];
    for (pairs, wanted) in table {
        assert_eq!(evaluate(&fields(pairs), &Validators::default()), *wanted, "{pairs:?}");
    }
    assert!(!range_counts(&fields(&[("if-range", DATE)]), &Validators::default(), true));
}

#[test]
fn ranges_count_for_just_this_file() {
    for (pairs, wanted) in [
        (&[][..], true),
        (&[("if-range", TAG)], true),
        (&[("if-range", DATE)], true),
        (&[("if-range", "\"x\"")], false),
        (&[("if-range", "W/\"abc\"")], false),
        (&[("if-range", BEFORE)], false),
        (&[("if-range", AFTER)], false),
        (&[("if-range", "")], false),
        (&[("if-range", TAG), ("if-range", TAG)], false),
    ] {
        assert_eq!(range_counts(&fields(pairs), &validators(), true), wanted, "{pairs:?}");
        let is_dated = pairs == [("if-range", DATE)];
        let counts = range_counts(&fields(pairs), &validators(), false);
        assert_eq!(counts, wanted && !is_dated, "{pairs:?}, and the date is weak");
    }
}

#[test]
fn lists_of_tags_are_read() {
    let read = |list| Tags(list).collect::<Vec<_>>();
    assert_eq!(read("\"a\", W/\"b\",\"c,d\""), ["\"a\"", "W/\"b\"", "\"c,d\""]);
    assert_eq!(read(",\"\" ,, \"a\" \"b\""), ["\"\"", "\"a\"", "\"b\""]);
    assert!(read("a").is_empty() && read("W/").is_empty() && read("\"").is_empty());
    assert_eq!(read("\"a\", b, \"c\""), ["\"a\""]);
    assert!(read("w/\"a\"").is_empty());
    assert!(read("W\u{e9}\"a\"").is_empty());
}
