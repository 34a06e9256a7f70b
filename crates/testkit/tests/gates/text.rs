//! All text files: nothing that only this machine knows, and one version everywhere.

use super::{files, refuse, root};

/// Where people's own files are. Nothing in the project depends on them.
const PRIVATE: &[&str] = &["/root/", "/home/"];

/// The only registry.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Whether this absolute path stands in the text, and not as the end of a longer one.
fn mentions(line: &str, path: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || "._-/}".contains(character);
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(inside))
}

#[test]
fn no_file_knows_a_path_of_one_machine() {
    let mut paths: Vec<String> = PRIVATE.iter().map(|path| (*path).to_owned()).collect();
    let checkout = root();
    // A checkout in `/src` is no path of one machine.
    if checkout.components().count() > 2 {
        paths.push(format!("{}/", checkout.display()));
    }
    let mut breaches = Vec::new();
    for (file, text) in files() {
        // This one has to name them.
        if file == "crates/testkit/tests/gates/text.rs" {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            if paths.iter().any(|path| mentions(line, path)) {
                breaches.push(format!("{file}:{}: {line}", index + 1));
            }
        }
    }
    refuse("a path of one machine", &breaches);
}

#[test]
fn dependencies_come_from_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let breaches: Vec<String> =
        sources.filter(|source| source.trim_matches('"') != REGISTRY).map(str::to_owned).collect();
    refuse("another registry", &breaches);
}

#[test]
fn no_file_names_a_package_index() {
    let options = ["index-url", "find-links"];
    let mut breaches = Vec::new();
    for (file, text) in files().iter().filter(|(file, _)| !file.ends_with("gates/text.rs")) {
        for (index, line) in text.lines().enumerate() {
            if options.iter().any(|option| line.contains(option)) && line.contains("://") {
                breaches.push(format!("{file}:{}", index + 1));
            }
        }
    }
    refuse("packages come from where the machine is told to get them", &breaches);
}

#[test]
fn the_python_package_has_the_version_of_the_workspace() {
    let file = root().join("crates/python/appserver/__init__.py");
    let python = std::fs::read_to_string(file).unwrap();
    let version = python.lines().find_map(|line| line.strip_prefix("__version__ = "));
    assert_eq!(version, Some(concat!("\"", env!("CARGO_PKG_VERSION"), "\"")));
}

#[test]
fn a_path_is_recognised_by_its_beginning() {
    assert!(mentions("cd /home/me", "/home/"));
    assert!(!mentions("cd crates/home/me", "/home/"));
    assert!(!mentions("${root}/home/me", "/home/"));
}
