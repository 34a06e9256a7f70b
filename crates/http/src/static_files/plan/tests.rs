//! Heads of answers, from entries that were never read from a disk.

use appserver_app::Body;
use appserver_os::folder::Stamp;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Asked, Plan, plan};
use crate::static_files::coding::Coding;
use crate::static_files::entry::{Entry, Found, Manners};

/// 2022-01-01 12:00:00, in nanoseconds since 1970.
const WRITTEN: i64 = 1_641_038_400_000_000_000;
const TAG: &str = "\"16c623baeec68000-3e8\"";

fn stamp(size: u64, modified: i64) -> Stamp {
    let mut stamp = Stamp::of_file(&tempfile::tempfile().unwrap()).unwrap();
    (stamp.size, stamp.modified) = (size, modified);
    stamp
}

fn entry(sizes: &[(Coding, u64)], manners: &Manners) -> Entry {
    let found = sizes.iter().map(|(coding, size)| Found {
        coding: *coding,
        path: c"a".into(),
        stamp: stamp(*size, WRITTEN),
    });
    Entry::new(found.collect(), manners, i64::MAX, 0)
}

fn manners() -> Manners {
    Manners {
        media_type: "text/css; charset=utf-8",
        cache_control: Some(HeaderValue::from_static("max-age=60, public")),
        allow_origin: None,
    }
}

struct Request {
    fields: HeaderMap,
    is_head: bool,
    is_private: bool,
    wall_clock: fn() -> i64,
}

fn get(pairs: &[(&str, &str)]) -> Request {
    let fields = pairs.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
    });
    let fields = fields.collect();
    Request { fields, is_head: false, is_private: false, wall_clock: || i64::MAX }
}

fn planned(entry: &Entry, request: &Request) -> Plan {
    let Request { fields, is_head, is_private, wall_clock } = request;
    let (is_head, is_private, wall_clock) = (*is_head, *is_private, *wall_clock);
    plan(entry, Asked { fields, is_head, is_private, wall_clock }).unwrap()
}

/// Status, the part, and all fields.
fn told(entry: &Entry, request: &Request) -> (u16, Option<(u64, u64)>, String) {
    let planned = planned(entry, request);
    let part = planned.part;
    let (head, _) = planned.answer(Body::Empty).into_parts();
    let mut lines: Vec<String> = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    (head.status.as_u16(), part, lines.join("\n"))
}

#[test]
fn a_whole_file_says_all_about_itself() {
    let (status, part, fields) = told(&entry(&[(Coding::Identity, 1000)], &manners()), &get(&[]));
    assert_eq!((status, part), (200, Some((0, 1000))));
    let wanted = format!(
        "accept-ranges: bytes\ncache-control: max-age=60, public\ncontent-length: 1000\n\
         content-type: text/css; charset=utf-8\netag: {TAG}\n\
         last-modified: Sat, 01 Jan 2022 12:00:00 GMT\nx-content-type-options: nosniff"
    );
    assert_eq!(fields, wanted);
}

#[test]
fn an_unchanged_file_says_what_caches_keep() {
    let manners = Manners { allow_origin: Some(HeaderValue::from_static("*")), ..manners() };
    let entry = entry(&[(Coding::Identity, 1000), (Coding::Gzip, 500)], &manners);
    let (status, part, fields) = told(&entry, &get(&[("if-none-match", TAG)]));
    assert_eq!((status, part), (304, None));
    let wanted = format!(
        "access-control-allow-origin: *\ncache-control: max-age=60, public\netag: {TAG}\n\
         vary: Accept-Encoding"
    );
    assert_eq!(fields, wanted);
}

#[test]
fn each_encoding_has_its_own_tag() {
    let entry = entry(&[(Coding::Identity, 1000), (Coding::Gzip, 1000)], &manners());
    let gzip = get(&[("accept-encoding", "gzip;q=1, identity;q=0.5")]);
    let (status, part, fields) = told(&entry, &gzip);
    assert_eq!((status, part), (200, Some((0, 1000))));
    assert!(fields.contains("content-encoding: gzip\n"), "{fields}");
    assert!(fields.contains("vary: Accept-Encoding"), "{fields}");
    assert!(fields.contains("-gzip\""), "{fields}");
    // The tag of one is none of the other.
    let pairs = [("accept-encoding", "gzip;q=1, identity;q=0.5"), ("if-none-match", TAG)];
    assert_eq!(told(&entry, &get(&pairs)).0, 200);
}

#[test]
fn ranges_are_of_the_encoding_that_is_sent() {
    let entry = entry(&[(Coding::Identity, 1000), (Coding::Gzip, 500)], &manners());
    let pairs = [("accept-encoding", "gzip"), ("range", "bytes=400-")];
    let (status, part, fields) = told(&entry, &get(&pairs));
    assert_eq!((status, part), (206, Some((400, 100))));
    assert!(fields.contains("content-range: bytes 400-499/500\n"), "{fields}");
    assert!(fields.contains("content-length: 100\n"), "{fields}");
    assert!(fields.contains("content-encoding: gzip\n"), "{fields}");
    let (status, part, fields) = told(&entry, &get(&[("range", "bytes=1000-")]));
    assert_eq!((status, part), (416, None));
    assert!(fields.contains("content-range: bytes */1000"), "{fields}");
    assert!(!fields.contains("cache-control"), "{fields}");
}

#[test]
fn ranges_that_do_not_count_are_passed_over() {
    let entry = entry(&[(Coding::Identity, 1000)], &manners());
    for (pairs, is_head) in [
        (&[("range", "bytes=0-1,4-5")][..], false),
        (&[("range", "bytes=0-1"), ("range", "bytes=0-1")], false),
        (&[("range", "bytes=0-1"), ("if-range", "\"other\"")], false),
        (&[("range", "bytes=0-1")], true),
    ] {
        let (status, part, fields) = told(&entry, &Request { is_head, ..get(pairs) });
        assert_eq!((status, part.is_none()), (200, is_head), "{pairs:?}");
        assert!(fields.contains("content-length: 1000\n"), "{pairs:?}");
    }
    let pairs = [("range", "bytes=0-1"), ("if-range", TAG)];
    assert_eq!(told(&entry, &get(&pairs)).1, Some((0, 2)));
    // Conditions come before ranges.
    let pairs = [("range", "bytes=2000-"), ("if-none-match", TAG)];
    assert_eq!(told(&entry, &get(&pairs)).0, 304);
    let pairs = [("range", "bytes=0-1"), ("if-match", "\"other\"")];
    let (status, part, fields) = told(&entry, &get(&pairs));
    assert_eq!((status, part), (412, None));
    assert!(!fields.contains("cache-control"), "{fields}");
}

/// Parts of two states of a file must never be put together.
#[test]
fn a_date_counts_once_its_second_is_over_and_for_one_encoding() {
    const SECOND: i64 = 1_000_000_000;
    let pairs = [("range", "bytes=0-1"), ("if-range", "Sat, 01 Jan 2022 12:00:00 GMT")];
    let status = |sizes: &[(Coding, u64)], wall_clock| {
        told(&entry(sizes, &manners()), &Request { wall_clock, ..get(&pairs) }).0
    };
    let (plain, gzip) = ((Coding::Identity, 1000), (Coding::Gzip, 500));
    assert_eq!(status(&[plain], || WRITTEN + SECOND - 1), 200);
    assert_eq!(status(&[plain], || WRITTEN + SECOND), 206);
    assert_eq!(status(&[plain, gzip], || WRITTEN + SECOND), 200);
    let pairs = [("range", "bytes=0-1"), ("if-range", TAG)];
    let tagged = Request { wall_clock: || WRITTEN, ..get(&pairs) };
    assert_eq!(told(&entry(&[plain, gzip], &manners()), &tagged).0, 206, "tags are strong");
}

#[test]
fn no_shared_cache_keeps_what_somebody_had_to_ask_for() {
    for (cache_control, wanted) in [
        (Some("max-age=60, public"), "max-age=60, private"),
        (Some("max-age=31536000, public, immutable"), "max-age=31536000, private, immutable"),
        (None, "private"),
    ] {
        let cache_control = cache_control.map(HeaderValue::from_static);
        let entry = entry(&[(Coding::Identity, 1000)], &Manners { cache_control, ..manners() });
        for pairs in [&[][..], &[("if-none-match", TAG)]] {
            let (_, _, fields) = told(&entry, &Request { is_private: true, ..get(pairs) });
            assert!(fields.contains(&format!("cache-control: {wanted}\n")), "{fields}");
        }
    }
}

#[test]
fn an_empty_file_has_no_bytes_to_wait_for() {
    let entry = entry(&[(Coding::Identity, 0)], &manners());
    assert_eq!(told(&entry, &get(&[])).1, None);
    assert_eq!(told(&entry, &get(&[("range", "bytes=0-0")])).0, 416);
}

#[test]
fn times_that_mean_nothing_are_not_told() {
    for (modified, has_tag, has_date) in [(1_000_000_000, false, false), (WRITTEN, true, false)] {
        let stamp = stamp(1000, modified);
        let found = vec![Found { coding: Coding::Identity, path: c"a".into(), stamp }];
        let entry = Entry::new(found, &manners(), WRITTEN - 1, 0);
        let (_, _, fields) = told(&entry, &get(&[]));
        assert_eq!(fields.contains("etag"), has_tag, "{fields}");
        assert_eq!(fields.contains("last-modified"), has_date, "{fields}");
    }
}
