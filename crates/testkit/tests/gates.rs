//! The rules of the workspace that neither the compiler nor clippy knows, held against its files.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "gates/imports.rs"]
mod imports;
#[path = "gates/places.rs"]
mod places;
#[path = "gates/sizes.rs"]
mod sizes;
#[path = "gates/source.rs"]
mod source;
#[path = "gates/text.rs"]
mod text;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every text file that belongs to the project, by its path in the workspace.
fn files() -> Vec<(String, String)> {
    let mut paths = listed_by_git().unwrap_or_else(|| {
        let mut found = Vec::new();
        walk(&root(), "", &mut found);
        found
    });
    paths.sort();
    let texts = paths.into_iter().filter_map(|path| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some((path, text))
    });
    texts.collect()
}

fn rust_files() -> Vec<(String, String)> {
    files().into_iter().filter(|(path, _)| path.ends_with(".rs")).collect()
}

/// Also files that are not committed yet, unless they are ignored.
fn listed_by_git() -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().ok().filter(|output| output.status.success())?;
    let list = String::from_utf8(output.stdout).ok()?;
    Some(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// For a source package without its repository.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if !entry.file_type().unwrap().is_dir() {
            found.push(path);
        } else if !["target", ".git", ".venv", "__pycache__"].contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), found);
        }
    }
}

/// One line per breach; the test fails if there is any.
fn refuse(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

#[test]
fn the_files_are_found() {
    let files = rust_files();
    assert!(files.iter().any(|(path, _)| path == "crates/testkit/tests/gates.rs"));
    assert!(files.len() > 100);
}
