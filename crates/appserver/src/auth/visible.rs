//! Text from strangers, for a terminal.

use std::fmt::Write;

/// The text with each character that is not seen, or that changes how others are seen, as `\uXXXX`,
/// as JSON has them (RFC 8259 section 7). Only newlines stay.
pub(super) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || !(letter.is_control() || is_format(letter)) {
            seen.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _ = write!(seen, "\\u{unit:04x}");
        }
    }
    seen
}

/// Whether this is one of Unicode's format characters (category Cf), or ends a line or paragraph.
fn is_format(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_out() {
        for (text, seen) in [
            ("a\nb é नी 漢 \"\\u0001\"", "a\nb é नी 漢 \"\\u0001\""),
            ("\u{1b}[2J\r\t\u{7f}", "\\u001b[2J\\u000d\\u0009\\u007f"),
            ("\u{9b}31m\u{85}", "\\u009b31m\\u0085"),
            ("admin\u{202e}nimda\u{2066}", "admin\\u202enimda\\u2066"),
            ("a\u{200b}b\u{feff}\u{2028}", "a\\u200bb\\ufeff\\u2028"),
            ("\u{e0041}", "\\udb40\\udc41"),
        ] {
            assert_eq!(visible(text), seen);
        }
    }
}
