//! What the server under load keeps: in folders of its own, so that it changes nothing of a server
//! that serves. It has that one's keys, as copies, so that tokens are good for both.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use appserver_os::privileges::Identity;

use crate::failure::{Failure, FailureKind};
use crate::issuing;
use crate::settings::Loaded;

/// In the folder of the server under load.
const NAME: &str = "state";
/// In there.
const KEYS: &str = "keys";
/// In there, too.
const STORE: &str = "state.sqlite3";

/// What the servers under load are to find.
#[derive(Clone)]
pub(super) struct State {
    identity: Identity,
    keys: Vec<Key>,
}

/// A file of the directory of keys. Private halves are among them, so nothing prints this.
#[derive(Clone)]
struct Key {
    name: OsString,
    bytes: Vec<u8>,
}

impl State {
    /// What a server with these settings keeps; `None` where it gives out no tokens. Also returns what
    /// the operator should know.
    pub(super) fn read(
        loaded: &Loaded,
        environment: &[(String, String)],
    ) -> (Option<Self>, Option<String>) {
        if !loaded.settings.auth.jwt.issue.enabled.is_on() {
            return (None, None);
        }
        let directory = issuing::key_directory(loaded, environment).ok();
        let found = directory.map_or(Ok(Vec::new()), |directory| read(&directory.path));
        let (keys, warning) = match found {
            Ok(keys) => (keys, None),
            Err((path, error)) => {
                let text = format!(
                    "tokens of the server that serves are refused meanwhile: its keys cannot be read: {}: {error}",
                    path.display()
                );
                (Vec::new(), Some(text))
            }
        };
        (Some(Self { identity: loaded.settings.identity(), keys }), warning)
    }

    /// Makes the folders, for whom the workers run as.
    ///
    /// # Errors
    /// They cannot be made.
    pub(super) fn make(&self, home: &Path) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            let text = format!("cannot make {}: {error}", folder(home).display());
            Failure::new(FailureKind::Failed, text)
        };
        // Workers may be another user, who has to get through.
        fs::set_permissions(home, Permissions::from_mode(0o711)).map_err(failed)?;
        issuing::state::make(&folder(home), &self.identity)?;
        if self.keys.is_empty() {
            return Ok(());
        }
        let keys = keys(home);
        DirBuilder::new().mode(0o700).create(&keys).map_err(failed)?;
        let own = |path: &Path| {
            let owned = self.identity.own(path);
            owned.map_err(|error| Failure::of(FailureKind::Failed, &error))
        };
        for key in &self.keys {
            let path = keys.join(&key.name);
            write(&path, &key.bytes).map_err(failed)?;
            own(&path)?;
        }
        own(&keys)
    }
}

/// The directory of the state.
pub(super) fn folder(home: &Path) -> PathBuf {
    home.join(NAME)
}

/// The directory of the keys.
pub(super) fn keys(home: &Path) -> PathBuf {
    folder(home).join(KEYS)
}

/// The address of the store.
pub(super) fn store(home: &Path) -> String {
    issuing::sqlite(&folder(home).join(STORE))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

/// The files of a directory, which need not be there.
fn read(directory: &Path) -> Result<Vec<Key>, (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(directory)(error)),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let entry = entry.map_err(at(directory))?;
        let path = entry.path();
        if path.is_file() {
            let bytes = fs::read(&path).map_err(at(&path))?;
            keys.push(Key { name: entry.file_name(), bytes });
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_copied_and_only_their_owner_reads_them() {
        let [old, home] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        fs::write(old.path().join("keys.json"), "{}").unwrap();
        fs::create_dir(old.path().join("folder")).unwrap();
        let state = State { identity: Identity::default(), keys: read(old.path()).unwrap() };
        state.make(home.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(fs::read(keys(home.path()).join("keys.json")).unwrap(), b"{}");
        assert_eq!(mode(&keys(home.path()).join("keys.json")), 0o600);
        assert_eq!([folder(home.path()), keys(home.path())].map(|path| mode(&path)), [0o700; 2]);
        assert_eq!(state.keys.len(), 1);
    }

    #[test]
    fn keys_need_not_be_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("keys")).unwrap().is_empty());
        let (path, error) = read(Path::new("/proc/self/cmdline")).err().unwrap();
        assert_eq!(path, Path::new("/proc/self/cmdline"));
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    }
}
