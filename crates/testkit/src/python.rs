//! The Python versions that the test command has prepared, each a virtualenv with the frameworks.

use std::path::PathBuf;

use crate::program;

/// A virtualenv.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// Like `(3, 13)`.
    pub version: (u32, u32),
    /// Its folder, as `VIRTUAL_ENV` names it.
    pub venv: PathBuf,
}

impl Python {
    /// Its interpreter.
    pub fn interpreter(&self) -> PathBuf {
        self.venv.join("bin/python")
    }
}

/// All that were prepared, oldest first.
///
/// # Panics
/// When none was.
pub fn all() -> Vec<Python> {
    let home = program::target().join("venv");
    let entries = std::fs::read_dir(&home).into_iter().flatten().flatten();
    let mut found: Vec<Python> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = (3, name.strip_prefix("cp3")?.parse().ok()?);
            Some(Python { version, venv: entry.path() })
        })
        .filter(|python| python.venv.join("prepared").is_file())
        .collect();
    found.sort_by_key(|python| python.version);
    let command = program::TEST_COMMAND;
    assert!(!found.is_empty(), "no virtualenv in {}; run {command}", home.display());
    found
}

/// The newest that was prepared.
pub fn newest() -> Python {
    all().pop().expect("at least one was prepared")
}
