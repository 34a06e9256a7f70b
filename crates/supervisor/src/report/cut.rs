//! Texts cut to what a message can carry.
//!
//! A report that does not fit into its packet would not arrive at all, and an operator would hear of
//! a process that ended for no reason. Lengths are bytes of JSON, escapes included.

use serde::Serializer;

/// How much of a text's start and end is kept.
#[derive(Clone, Copy, Debug)]
struct Keep {
    start: usize,
    end: usize,
}

/// For one line and for a hint.
const LINE: Keep = Keep { start: 12 << 10, end: 0 };
/// A traceback ends with what went wrong, and before it where. Its start tells who called, or, where
/// the last line alone is endless, where it was raised.
const TRACEBACK: Keep = Keep { start: 12 << 10, end: 48 << 10 };

pub(super) fn line<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&LINE.of(text))
}

pub(super) fn hint<S: Serializer>(text: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    optional(LINE, text.as_deref(), to)
}

pub(super) fn traceback<S: Serializer>(text: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    optional(TRACEBACK, text.as_deref(), to)
}

fn optional<S: Serializer>(keep: Keep, text: Option<&str>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => to.serialize_some(&keep.of(text)),
        None => to.serialize_none(),
    }
}

impl Keep {
    fn of(self, text: &str) -> String {
        if text.chars().map(cost).sum::<usize>() <= self.start + self.end {
            return text.to_owned();
        }
        let start = fitting(text.chars(), self.start);
        let end = text.len() - fitting(text.chars().rev(), self.end);
        let (before, after) = (text.get(..start), text.get(end..));
        let cut = end.saturating_sub(start);
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        format!("{before}[... {cut} bytes are cut out ...]{after}")
    }
}

/// How many bytes of the text the characters take that fit into `room` bytes of JSON.
fn fitting(characters: impl Iterator<Item = char>, room: usize) -> usize {
    let mut left = room;
    let fit = characters.take_while(|character| {
        let taken = left.checked_sub(cost(*character));
        left = taken.unwrap_or(0);
        taken.is_some()
    });
    fit.map(char::len_utf8).sum()
}

/// The most bytes that a character takes in JSON.
fn cost(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' => 2,
        '\0'..' ' => 6,
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use appserver_os::packet::MAX_MESSAGE;

    use crate::message::FromWorker;
    use crate::report::BootReport;

    fn sent(report: BootReport) -> BootReport {
        let bytes = crate::mold::encode(&FromWorker::BootFailed { pid: 1, report }).unwrap();
        assert!(bytes.len() <= MAX_MESSAGE, "{} bytes", bytes.len());
        match serde_json::from_slice(&bytes).unwrap() {
            FromWorker::BootFailed { report, .. } => report,
            other => panic!("{other:?}"),
        }
    }

    fn report(summary: &str, traceback: &str) -> BootReport {
        let (traceback, hint) = (Some(traceback.to_owned()), Some(summary.to_owned()));
        BootReport { summary: summary.to_owned(), traceback, hint, app_failed: true }
    }

    #[test]
    fn what_fits_is_not_touched() {
        let short = report("ValueError: \u{1}ä", &"  File \"app.py\", line 1\n".repeat(2000));
        assert_eq!(sent(short.clone()), short);
        let bare = BootReport::worker("it hangs");
        assert_eq!(sent(bare.clone()), bare);
    }

    #[test]
    fn whatever_it_is_made_of_a_report_fits_into_its_packet() {
        for text in ["x", "\n", "\"", "\\", "\u{1}", "ä", "€", "🙂", "a🙂\u{1b}[0m"] {
            let long = text.repeat(1 << 20);
            let sent = sent(report(&long, &long));
            assert_eq!(sent.exit_code(), 4);
            assert!(sent.summary.starts_with(text) && sent.summary.contains("bytes are cut out"));
        }
    }

    #[test]
    fn a_traceback_keeps_both_ends_and_says_how_much_is_missing() {
        let middle = "é".repeat(1 << 20);
        let sent = sent(report("x", &format!("Traceback:\n{middle}\nValueError: the end")));
        let traceback = sent.traceback.unwrap();
        assert!(
            traceback.starts_with("Traceback:\né") && traceback.ends_with("é\nValueError: the end")
        );
        let (before, rest) = traceback.split_once("[... ").unwrap();
        let (cut, after) = rest.split_once(" bytes are cut out ...]").unwrap();
        let whole = "Traceback:\n".len() + middle.len() + "\nValueError: the end".len();
        assert_eq!(before.len() + cut.parse::<usize>().unwrap() + after.len(), whole);
    }
}
