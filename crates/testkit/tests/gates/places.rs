//! What may stand in some files only, and what must stand in each.

use super::source::{code, lines_with_word};
use super::{refuse, rust_files};

fn may_be_unsafe(path: &str) -> bool {
    path.starts_with("crates/os/") || path == "crates/python/src/ffi.rs"
}

fn is_test(path: &str) -> bool {
    path.starts_with("crates/testkit/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.contains("/properties")
}

fn lines_of(word: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in rust_files().iter().filter(|(path, _)| wanted(path)) {
        for line in lines_with_word(&code(source), word) {
            found.push(format!("{path}:{line}"));
        }
    }
    found
}

#[test]
fn unsafe_has_one_address() {
    let breaches = lines_of("unsafe", |path| !may_be_unsafe(path));
    refuse("unsafe code lives in crates/os", &breaches);
    assert!(!lines_of("unsafe", may_be_unsafe).is_empty(), "the search finds nothing at all");
}

#[test]
fn tests_do_not_sleep() {
    let breaches = lines_of("sleep", is_test);
    refuse("a test waits for an event, with a deadline", &breaches);
}

#[test]
fn no_test_is_switched_off() {
    let breaches: Vec<String> = rust_files()
        .iter()
        .filter(|(_, source)| code(source).contains("#[ignore"))
        .map(|(path, _)| path.clone())
        .collect();
    refuse("a test that is not run does not test", &breaches);
}

#[test]
fn every_file_says_what_it_is_for() {
    let breaches: Vec<String> = rust_files()
        .into_iter()
        .filter(|(_, source)| !source.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    refuse("a file opens with its module documentation", &breaches);
}

#[test]
fn modules_are_named_after_their_folder() {
    let breaches: Vec<String> = rust_files()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    refuse("x.rs beside x/, never x/mod.rs", &breaches);
}
