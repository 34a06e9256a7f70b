//! The ways in which the path of a request can be read.
//!
//! An application gets the path decoded once. Routers, file servers and frameworks read on from
//! there: they decode again, merge slashes, resolve dots, cut parameters. Which of them do what
//! cannot be known, so all are tried, in every order. Unicode normalisation and letter case are
//! left to the application, as everything in it that maps one path to another on purpose.

/// The most readings of a path that are looked at. Five oddities that have nothing to do with each
/// other make 32; no honest path has more.
const MOST_READINGS: usize = 64;

/// The most bytes of all readings together, for what a hostile path can cost. A path of a kilobyte may
/// still be read in sixteen ways.
const MOST_BYTES: usize = 16 * 1024;

/// A path has more readings than are looked at.
#[derive(Debug)]
pub(super) struct TooMany;

/// What a byte is to [`is_plain`]: anything, a slash, a dot, or what is read in several ways.
const ANY: u8 = 0;
const SLASH: u8 = 1;
const DOT: u8 = 2;
const ODD: u8 = 3;

static CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a panic is an error")]
const fn classes() -> [u8; 256] {
    let mut classes = [ODD; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        classes[byte as usize] = match byte {
            b'/' => SLASH,
            b'.' => DOT,
            b'%' | b'\\' | b';' | b'#' | b'?' => ODD,
            _ => ANY,
        };
        byte += 1;
    }
    classes
}

/// Two bytes after one another that are odd, as bits: see [`pair`].
const ODD_PAIRS: u16 = pair(ANY, ODD)
    | pair(SLASH, ODD)
    | pair(DOT, ODD)
    | pair(ODD, ODD)
    | pair(SLASH, SLASH)
    | pair(SLASH, DOT)
    | pair(DOT, SLASH);

const fn pair(before: u8, byte: u8) -> u16 {
    1 << ((before & 3) << 2 | (byte & 3))
}

/// Whether there is only one way to read a path as it is sent. Runs for each request.
pub(super) fn is_plain(path: &[u8]) -> bool {
    if path.first() != Some(&b'/') {
        return false;
    }
    let mut before = ANY;
    let mut seen = 0;
    for &byte in path {
        let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(ODD);
        seen |= pair(before, class);
        before = class;
    }
    seen & ODD_PAIRS == 0 && before != DOT
}

/// The path below the mount, which is empty or ends before a `/`. A path that is not below it has
/// been stripped by a proxy already. Bridges to applications do the same.
pub(super) fn below<'a>(mount: &[u8], path: &'a [u8]) -> &'a [u8] {
    let path = match path.strip_prefix(mount) {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => rest,
        _ => path,
    };
    if path.is_empty() { b"/" } else { path }
}

/// The path as an application gets it: decoded once. An incomplete escape stands for itself.
pub(super) fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    decode_where(path, |_| true)
}

#[derive(PartialEq, Eq)]
struct Reading {
    path: Vec<u8>,
    /// Whether the mount is taken off.
    is_below: bool,
}

/// Visits each way to read a path as it is sent, below the mount, until a visit says stop (false).
///
/// # Errors
/// There are too many.
pub(super) fn each(
    path: &[u8],
    mount: &[u8],
    visit: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), TooMany> {
    let first = unquoted(path).unwrap_or_else(|| path.to_vec());
    // A long path may still have an oddity or two.
    let most_bytes = MOST_BYTES.max(4 * first.len());
    let mut bytes = first.len();
    let mut readings = vec![Reading { path: first, is_below: mount.is_empty() }];
    let mut number = 0;
    while let Some(reading) = readings.get(number) {
        if !visit(below(if reading.is_below { b"" } else { mount }, &reading.path)) {
            return Ok(());
        }
        for reading in further(reading, mount) {
            if !readings.contains(&reading) {
                bytes += reading.path.len();
                readings.push(reading);
            }
        }
        if readings.len() > MOST_READINGS || bytes > most_bytes {
            return Err(TooMany);
        }
        number += 1;
    }
    Ok(())
}

fn further(reading: &Reading, mount: &[u8]) -> Vec<Reading> {
    let read =
        |step: &Step| step(&reading.path).map(|path| Reading { path, is_below: reading.is_below });
    let mut readings: Vec<Reading> = STEPS.iter().filter_map(read).collect();
    if !reading.is_below {
        let path = below(mount, &reading.path).to_vec();
        readings.push(Reading { path, is_below: true });
    }
    readings
}

/// What a reader may do to a path; `None` where it changes nothing.
type Step = fn(&[u8]) -> Option<Vec<u8>>;

const STEPS: [Step; 12] = [
    decoded,
    rooted,
    |path| cut_at(path, 0),
    |path| cut_at(path, b'#'),
    |path| cut_at(path, b'?'),
    |path| cut_at(path, b';'),
    without_parameters,
    with_slashes,
    merged,
    resolved,
    without_controls,
    trimmed,
];

/// Decodes what has to be encoded in a path (RFC 3986 section 3.3) and means nothing there: rules are
/// written decoded, so that is no difference.
fn unquoted(path: &[u8]) -> Option<Vec<u8>> {
    decode_where(path, |byte| !byte.is_ascii() || b" \"<>[]^`{|}".contains(&byte))
}

fn decode_where(path: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    memchr::memchr(b'%', path)?;
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, tail)) = rest.split_first() {
        let escaped = if *byte == b'%' { escape(tail) } else { None };
        let escaped = escaped.filter(|byte| is_wanted(*byte));
        decoded.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    (decoded.len() != path.len()).then_some(decoded)
}

fn escape(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4) | digit(low)?)
}

/// A path without a `/` in front gets one.
fn rooted(path: &[u8]) -> Option<Vec<u8>> {
    (!path.starts_with(b"/")).then(|| [b"/", path].concat())
}

/// C's strings end at NUL; who takes the decoded path for a target cuts the query and the fragment.
fn cut_at(path: &[u8], end: u8) -> Option<Vec<u8>> {
    let at = memchr::memchr(end, path)?;
    path.get(..at).map(<[u8]>::to_vec)
}

/// Parameters of segments (RFC 3986 section 3.3) are cut: `/a;b/c` is `/a/c`.
fn without_parameters(path: &[u8]) -> Option<Vec<u8>> {
    changed(path, b';', |segment| {
        let end = memchr::memchr(b';', segment).unwrap_or(segment.len());
        segment.get(..end).unwrap_or_default()
    })
}

fn with_slashes(path: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', path)?;
    Some(path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect())
}

fn merged(path: &[u8]) -> Option<Vec<u8>> {
    let mut merged = path.to_vec();
    merged.dedup_by(|one, other| *one == b'/' && *other == b'/');
    (merged.len() != path.len()).then_some(merged)
}

/// Dot segments (RFC 3986 section 5.2.4). Between two slashes there is an empty segment.
fn resolved(path: &[u8]) -> Option<Vec<u8>> {
    let path = path.strip_prefix(b"/")?;
    let is_dots = |segment: &[u8]| segment == b"." || segment == b"..";
    if !path.split(|byte| *byte == b'/').any(is_dots) {
        return None;
    }
    let mut resolved: Vec<&[u8]> = Vec::new();
    let mut ends_below = false;
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"." => {}
            b".." => drop(resolved.pop()),
            _ => resolved.push(segment),
        }
        ends_below = is_dots(segment);
    }
    if ends_below {
        resolved.push(b"");
    }
    Some([b"/", resolved.join(&b'/').as_slice()].concat())
}

/// Control characters are dropped, and bytes that are not UTF-8.
fn without_controls(path: &[u8]) -> Option<Vec<u8>> {
    if path.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
        return None;
    }
    let mut kept = Vec::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        kept.extend(chunk.valid().bytes().filter(|byte| !byte.is_ascii_control()));
    }
    (kept.len() != path.len()).then_some(kept)
}

/// Dots and spaces at the end of a segment are nothing to some file systems.
fn trimmed(path: &[u8]) -> Option<Vec<u8>> {
    let is_blank = |byte: u8| byte == b' ' || byte == b'.';
    let trimmed = changed(path, b'/', |segment| match trim_end(segment, |byte| byte == b' ') {
        dots @ (b"." | b"..") => dots,
        other => trim_end(other, is_blank),
    })?;
    (trimmed.len() != path.len()).then_some(trimmed)
}

fn trim_end(text: &[u8], is_blank: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// The path with each segment changed, if this byte is in it at all.
fn changed(path: &[u8], hint: u8, change: impl Fn(&[u8]) -> &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(hint, path)?;
    let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').map(change).collect();
    Some(segments.join(&b'/'))
}
