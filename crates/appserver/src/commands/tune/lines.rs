//! The recommended lines, and a settings file with them. Pure: a text in, a text out, in which every
//! other byte is as it was.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TomlError, Value};

use super::grid::Point;

/// The settings that a combination is.
fn values(point: Point) -> Vec<(&'static str, u32)> {
    let threads = point.threads.map(|threads| ("threads", threads));
    [("workers", point.workers)].into_iter().chain(threads).collect()
}

/// The lines for `appserver.toml`.
pub(super) fn lines(point: Point) -> Vec<String> {
    values(point).into_iter().map(|(key, value)| line(key, value)).collect()
}

fn line(key: &str, value: u32) -> String {
    format!("{key} = {value}")
}

/// The text of a settings file with the values of this combination.
///
/// # Errors
/// It is not TOML.
pub(super) fn changed(text: &str, point: Point) -> Result<String, TomlError> {
    let document = Document::parse(text)?;
    let table = document.as_table();
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    let mut missing = Vec::new();
    for (key, value) in values(point) {
        match table.get(key).and_then(Item::as_value).and_then(Value::span) {
            Some(place) => changes.push((place, value.to_string())),
            None => missing.push(line(key, value)),
        }
    }
    if !missing.is_empty() {
        changes.push(addition(text, table, &missing));
    }
    // From the end, so that the places before it stay where they are.
    changes.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut text = text.to_owned();
    for (place, change) in changes {
        text.replace_range(place, &change);
    }
    Ok(text)
}

/// More lines, and where they go: behind the last value that is in no table, else before the first
/// table.
fn addition(text: &str, table: &Table, lines: &[String]) -> (Range<usize>, String) {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: String = lines.iter().flat_map(|line| [line, ending]).collect();
    let (place, lines) = match (last_value(table), first_header(table)) {
        (Some(end), _) => (line_end(text, end), lines),
        (None, Some(start)) => (above_comments(text, start), format!("{lines}{ending}")),
        (None, None) => (text.len(), lines),
    };
    let is_begun =
        !text.get(..place).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
    (place..place, if is_begun { format!("{ending}{lines}") } else { lines })
}

/// Where the last value ends that is in no table with a header.
fn last_value(table: &Table) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, item)| match item {
        Item::Value(value) => value.span().map(|span| span.end),
        // `http.body_timeout = "1m"`.
        Item::Table(inner) if inner.is_dotted() => last_value(inner),
        _ => None,
    });
    ends.max()
}

/// Where the first header of a table begins.
fn first_header(table: &Table) -> Option<usize> {
    let starts = table.iter().filter_map(|(_, item)| {
        let own = item.span().map(|span| span.start).filter(|_| !item.is_value());
        // One that is not written has others inside.
        own.or_else(|| item.as_table().and_then(first_header))
    });
    starts.min()
}

/// Where the line after this place begins.
fn line_end(text: &str, place: usize) -> usize {
    let rest = text.get(place..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |length| place + length + 1)
}

/// Where the line of this place begins, or the comments right above it.
fn above_comments(text: &str, place: usize) -> usize {
    let line_start = |before: &str| before.rfind('\n').map_or(0, |length| length + 1);
    let mut start = line_start(text.get(..place).unwrap_or_default());
    while let Some(before) = text.get(..start).and_then(|before| before.strip_suffix('\n')) {
        let above = line_start(before);
        if !before.get(above..).unwrap_or_default().trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threads: Option<u32>) -> Point {
        Point { workers: 2, threads }
    }

    /// Each text with what becomes of it; the same with the other ending of lines.
    #[track_caller]
    fn assert_changes(text: &str, expected: &str) {
        assert_eq!(changed(text, point(Some(4))).unwrap(), expected);
        let crlf = |text: &str| text.replace('\n', "\r\n");
        // Nothing tells how a text of one line at most would be continued.
        if text.contains('\n') {
            assert_eq!(changed(&crlf(text), point(Some(4))).unwrap(), crlf(expected));
        }
        assert_eq!(changed(expected, point(Some(4))).unwrap(), expected);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        assert_changes(
            "# the shop\nworkers = \"auto\"  # as many as CPUs\n\ntimeout='10s'\n\n[http]\n# generous\nbody_timeout =   \"1m\"\n",
            "# the shop\nworkers = 2  # as many as CPUs\n\ntimeout='10s'\nthreads = 4\n\n[http]\n# generous\nbody_timeout =   \"1m\"\n",
        );
        assert_changes("'workers'=1\n\"threads\"  =  1", "'workers'=2\n\"threads\"  =  4");
    }

    #[test]
    fn new_lines_are_never_inside_a_table() {
        const NEW: &str = "workers = 2\nthreads = 4\n";
        assert_changes("", NEW);
        assert_changes("# nothing yet", &format!("# nothing yet\n{NEW}"));
        assert_changes("[http]\na = 1\n", &format!("{NEW}\n[http]\na = 1\n"));
        assert_changes(
            "# shop\n\n# http\n  [http]\n",
            &format!("# shop\n\n{NEW}\n# http\n  [http]\n"),
        );
        assert_changes("[auth.jwt]\n[[auth.x]]\n", &format!("{NEW}\n[auth.jwt]\n[[auth.x]]\n"));
        assert_changes("[[a]]\n[b]\n", &format!("{NEW}\n[[a]]\n[b]\n"));
        assert_changes(
            "bind = [\n  '[::]:1', # six\n]\n\n[a]\n",
            &format!("bind = [\n  '[::]:1', # six\n]\n{NEW}\n[a]\n"),
        );
        assert_changes(
            "a.b = 1 # in one\n[a.c]\nd = 1\n",
            &format!("a.b = 1 # in one\n{NEW}[a.c]\nd = 1\n"),
        );
        assert_changes("timeout = '1s'", &format!("timeout = '1s'\n{NEW}"));
    }

    #[test]
    fn mixed_endings_stay_mixed() {
        let text = "workers = 1\r\n# one\n[http]\r\n";
        let expected = "workers = 2\r\nthreads = 4\r\n# one\n[http]\r\n";
        assert_eq!(changed(text, point(Some(4))).unwrap(), expected);
    }

    #[test]
    fn an_app_without_threads_gets_no_line_for_them() {
        assert_eq!(lines(point(None)), ["workers = 2"]);
        assert_eq!(lines(point(Some(4))), ["workers = 2", "threads = 4"]);
        assert_eq!(changed("threads = 9\n", point(None)).unwrap(), "threads = 9\nworkers = 2\n");
    }
}
