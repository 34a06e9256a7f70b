//! What can be wrong with a directory of keys, each with what to do.

use std::io;
use std::path::{Path, PathBuf};

use appserver_auth::issue::SignerError;

/// Why keys cannot be read or changed. Nothing of a key is in the text.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Nothing can be written.
    #[error(
        "cannot write {}: {cause}; make its directory one of the user that the workers run as, \
         or set `auth.jwt.keys.dir`", path.display()
    )]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Something cannot be read.
    #[error("cannot read {}: {cause}; give it to the user that the workers run as", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Others may read or write what is ours.
    #[error(
        "{} is open to others (mode {mode:04o}): run `chmod {wanted:o} {}`, and rotate the keys if \
         somebody may have read them", path.display(), path.display()
    )]
    Exposed {
        /// What.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    /// The list of keys is none.
    #[error(
        "{} is no list of keys: {problem}; restore it, or move it away to begin with a new key",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file holds another key than its name says, or none.
    #[error("{}: {problem}; restore it, or revoke the key", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The algorithm has no keys of its own.
    #[error(transparent)]
    Unmade(#[from] SignerError),
    /// There is no key of this name.
    #[error("there is no key {kid:?}: `keys list` shows those that there are")]
    Unknown {
        /// The name.
        kid: String,
    },
}

impl KeysError {
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }
}
