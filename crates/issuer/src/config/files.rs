//! Which files of SQLite the application may have open: those are opened with its own library, by
//! whatever path, and whatever else is kept in them.

use std::path::{Path, PathBuf};

use appserver_store::Address;

use super::{Config, UserSource};

impl Config {
    /// Whether there is a file of SQLite that the application may have open, too.
    #[must_use]
    pub fn shares_files(&self) -> bool {
        let is_shared = |address: &Address| address.is_applications && address.file().is_some();
        self.addresses().any(is_shared)
    }

    /// Says of what is kept in these files that the application may have them open.
    pub(crate) fn share(&mut self, files: &[PathBuf]) {
        let files: Vec<PathBuf> = files.iter().map(|file| resolved(file)).collect();
        let share = |address: &mut Address| {
            let file = address.file().map(|file| resolved(&file));
            address.is_applications |= file.is_some_and(|file| files.contains(&file));
        };
        share(&mut self.store);
        if let UserSource::Table(address, _) = &mut self.users {
            share(address);
        }
    }

    /// Has one file opened in one way: the store may be beside users that are the application's.
    pub(crate) fn share_alike(&mut self) {
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

/// A path without links; the file itself may still be made.
fn resolved(path: &Path) -> PathBuf {
    let in_folder = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}
