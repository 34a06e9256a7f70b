//! The recommended lines, and how they get into the settings file.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

use super::grid::Point;
use crate::failure::{Failure, FailureKind};
use crate::settings::{FILE_NAME, Loaded};

/// The settings that a combination is.
fn values(point: Point) -> Vec<(&'static str, u32)> {
    let threads = point.threads.map(|threads| ("threads", threads));
    [("workers", point.workers)].into_iter().chain(threads).collect()
}

/// The lines for `appserver.toml`.
pub(super) fn lines(point: Point) -> Vec<String> {
    values(point).into_iter().map(|(key, value)| format!("{key} = {value}")).collect()
}

/// Puts the lines into the settings file that was read, or into a new one; returns its path. It is
/// written in place, so that its owner, its rights and links to it stay.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn write(point: Point, loaded: &Loaded) -> Result<PathBuf, Failure> {
    let path = loaded.file.clone().unwrap_or_else(|| loaded.directory.join(FILE_NAME));
    let text = match &loaded.file {
        Some(file) => fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?,
        None => String::new(),
    };
    let changed = changed(&text, point).map_err(|error| cannot("change", &path, &error))?;
    fs::write(&path, changed).map_err(|error| cannot("write", &path, &error))?;
    Ok(path)
}

fn cannot(what: &str, path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Failed, format!("cannot {what} {}: {error}", path.display()))
}

/// The text of the file with the values of this combination; everything else is as it was.
fn changed(text: &str, point: Point) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    for (key, number) in values(point) {
        let mut value = Value::from(i64::from(number));
        match document.get_mut(key) {
            Some(Item::Value(old)) => {
                // The comment behind it.
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            _ => {
                document.insert(key, Item::Value(value));
            }
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threads: Option<u32>) -> Point {
        Point { workers: 2, threads }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "# the shop\nworkers = \"auto\"  # as many as CPUs\n\ntimeout='10s'\n\n[http]\n# generous\nbody_timeout =   \"1m\"\n";
        let expected = "# the shop\nworkers = 2  # as many as CPUs\n\ntimeout='10s'\nthreads = 4\n\n[http]\n# generous\nbody_timeout =   \"1m\"\n";
        assert_eq!(changed(text, point(Some(4))).unwrap(), expected);
    }

    #[test]
    fn new_lines_are_never_inside_a_table() {
        for text in ["", "[http]\nbody_timeout = \"1m\"\n", "# nothing yet\n", "[log]\n[http]\n"] {
            let changed = changed(text, point(Some(4))).unwrap();
            let table: toml::Table = changed.parse().unwrap();
            assert_eq!(table["workers"].as_integer(), Some(2), "{changed}");
            assert_eq!(table["threads"].as_integer(), Some(4), "{changed}");
        }
    }

    #[test]
    fn an_app_without_threads_gets_no_line_for_them() {
        assert_eq!(lines(point(None)), ["workers = 2"]);
        assert_eq!(lines(point(Some(4))), ["workers = 2", "threads = 4"]);
        assert_eq!(changed("threads = 9\n", point(None)).unwrap(), "threads = 9\nworkers = 2\n");
    }
}
