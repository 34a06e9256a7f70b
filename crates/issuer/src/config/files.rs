//! Which files of SQLite the application may have open: those are opened with its own library, by
//! whatever path, and whatever else is kept in them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use appserver_store::Address;

use super::{Config, UserSource};

/// How many links lead to a file at most, as with the kernel (`path_resolution(7)`).
const LINKS: usize = 40;

impl Config {
    /// Whether there is a file of SQLite that the application may have open, too.
    #[must_use]
    pub fn shares_files(&self) -> bool {
        let is_shared = |address: &Address| address.is_applications && address.file().is_some();
        self.addresses().any(is_shared)
    }

    /// Says of what is kept in these files that the application may have them open.
    pub(crate) fn share(&mut self, files: &[PathBuf]) {
        let share = |address: &mut Address| {
            let Some(file) = address.file() else { return };
            address.is_applications |= files.iter().any(|other| are_one(&file, other));
        };
        share(&mut self.store);
        if let UserSource::Table(address, _) = &mut self.users {
            share(address);
        }
    }

    /// Has one file opened in one way: the store may be beside users that are the application's.
    pub fn share_alike(&mut self) {
        let shared = self.addresses().filter(|address| address.is_applications);
        let files: Vec<PathBuf> = shared.filter_map(Address::file).collect();
        self.share(&files);
    }

    fn addresses(&self) -> impl Iterator<Item = &Address> {
        let users = match &self.users {
            UserSource::Table(address, _) => Some(address),
            UserSource::Application | UserSource::Django { .. } => None,
        };
        users.into_iter().chain([&self.store])
    }
}

/// Whether two paths lead to one file, which may still be to be made.
fn are_one(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => resolved(one) == resolved(other),
    }
}

/// A path without links, though what it leads to may not be there.
fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    let in_folder = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or(path)
}
