//! What the terminal can show. Read from the environment once, so that everything else is pure.

use std::env;
use std::io::IsTerminal;

/// As wide as anybody's: what a file or a pipe gets.
const USUAL_WIDTH: usize = 100;
/// Below, nothing can be drawn.
const NARROWEST: usize = 40;
/// Above, bars say no more.
const WIDEST: usize = 140;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Letters in a line.
    pub(super) width: usize,
    /// Whether there are letters for parts of a bar.
    pub(super) unicode: bool,
    /// Whether a line may be shown in bold.
    pub(super) bold: bool,
}

impl Look {
    /// What standard output is.
    pub(super) fn of_output(ascii: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let size = terminal_size::terminal_size_of(std::io::stdout()).filter(|_| is_terminal);
        let width = size.map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var("TERM").is_ok_and(|term| term == "dumb");
        Self {
            width: width.clamp(NARROWEST, WIDEST),
            unicode: !ascii && speaks_utf8(&|name| env::var(name).ok()),
            bold: is_terminal && !is_set("NO_COLOR") && !is_dumb,
        }
    }
}

/// Whether the locale has letters beyond ASCII: the first of its variables that is set decides
/// (locale(7)).
fn speaks_utf8(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::speaks_utf8;

    #[test]
    fn the_locale_tells_what_letters_there_are() {
        for (variables, expected) in [
            (&[][..], false),
            (&[("LANG", "de_DE.UTF-8")], true),
            (&[("LANG", "C.utf8"), ("LC_ALL", "")], true),
            (&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LC_CTYPE", "en_US.ISO-8859-1"), ("LANG", "de_DE.UTF-8")], false),
        ] {
            let lookup = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(speaks_utf8(&lookup), expected, "{variables:?}");
        }
    }
}
