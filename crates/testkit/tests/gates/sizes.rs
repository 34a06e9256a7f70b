//! Files and functions stay small enough to be read at once.

use super::source::{code, functions, production_lines};
use super::{refuse, rust_files};

const FILE: usize = 600;
const FUNCTION: usize = 60;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];
/// Functions that may be longer, as `file::function`, each with its reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

fn is_excused(list: &[(&str, &str)], name: &str) -> bool {
    list.iter().any(|(excused, reason)| *excused == name && !reason.is_empty())
}

#[test]
fn files_are_small() {
    let breaches: Vec<String> = rust_files()
        .iter()
        .map(|(path, source)| (path, production_lines(source)))
        .filter(|(path, lines)| *lines > FILE && !is_excused(LONG_FILES, path))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    refuse("a file has at most 600 production lines", &breaches);
}

#[test]
fn functions_are_small() {
    let mut breaches = Vec::new();
    for (path, source) in rust_files() {
        for function in functions(&code(&source)) {
            let name = format!("{path}::{}", function.name);
            if function.lines > FUNCTION && !is_excused(LONG_FUNCTIONS, &name) {
                let (line, lines) = (function.line, function.lines);
                breaches.push(format!("{path}:{line}: {} has {lines} lines", function.name));
            }
        }
    }
    refuse("a function has at most 60 lines", &breaches);
}
