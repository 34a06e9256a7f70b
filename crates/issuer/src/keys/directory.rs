//! The files of a directory of keys: a list, and the private half of each key that may sign.
//!
//! Whoever changes them holds the lock. Each file is replaced at once and is on the disk before the
//! next one is touched, so that a crash leaves the old list or the new one, with all its keys.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown,
};
use std::path::{Path, PathBuf};

use super::error::KeysError;
use super::state::KeyStates;

/// The list.
const LIST: &str = "keys.json";

/// The file that is locked: never replaced, because a lock is on what a name stood for.
const LOCK: &str = "lock";

/// The longest file that is read, in bytes.
const MOST: u64 = 1024 * 1024;

/// Where keys are.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
}

/// As long as it lives, nobody else changes anything.
pub(super) struct Lock(#[expect(dead_code, reason = "what is locked is unlocked with it")] File);

/// Tells one list from the next. The time alone would not: a clock may be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
    size: u64,
}

impl Directory {
    /// Makes the directory where it is missing.
    pub(super) fn open(path: &Path) -> Result<Self, KeysError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(KeysError::write(path))?;
        let found = fs::metadata(path).map_err(KeysError::read(path))?;
        let parent = path.parent().and_then(|parent| fs::metadata(parent).ok());
        if let Some(parent) = parent.filter(|_| is_empty(path)) {
            // Who makes it may be root, and who needs it is who was given what is around it.
            give(&found, &parent, |user, group| lchown(path, Some(user), Some(group)))
                .map_err(KeysError::write(path))?;
        }
        closed(path, &found, 0o700, 0o022)?;
        Ok(Self::at(path))
    }

    /// One that is only read, and may not be there.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Waits until nobody else changes anything.
    pub(super) fn lock(&self) -> Result<Lock, KeysError> {
        let (path, file) = self.lock_file()?;
        file.lock().map_err(KeysError::write(&path))?;
        Ok(Lock(file))
    }

    /// The lock, if nobody has it.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, KeysError> {
        let (path, file) = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(KeysError::write(&path)(error)),
        }
    }

    fn lock_file(&self) -> Result<(PathBuf, File), KeysError> {
        let path = self.path.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        // What was there already, and may be a link to anything, is only opened.
        let file = match options.clone().create_new(true).open(&path) {
            Ok(file) => self.keep_owner(&file).map(|()| file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(&path),
            Err(error) => Err(error),
        };
        file.map(|file| (path.clone(), file)).map_err(KeysError::write(&path))
    }

    /// What tells whether the list has changed; `None` is that there is none.
    pub(super) fn identity(&self) -> Result<Option<Identity>, KeysError> {
        let path = self.path.join(LIST);
        match fs::metadata(&path) {
            Ok(found) => Ok(Some(Identity {
                inode: found.ino(),
                seconds: found.mtime(),
                nanoseconds: found.mtime_nsec(),
                size: found.len(),
            })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeysError::read(&path)(error)),
        }
    }

    /// The list. None yet is one without keys.
    pub(super) fn list(&self) -> Result<KeyStates, KeysError> {
        let path = self.path.join(LIST);
        let Some(text) = read(&path)? else { return Ok(KeyStates::default()) };
        let malformed = |problem: String| KeysError::Malformed { path: path.clone(), problem };
        let states: KeyStates =
            serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if let Some(key) = states.keys.iter().find(|key| !is_name(&key.kid)) {
            return Err(malformed(format!("{:?} is no name of a key", key.kid)));
        }
        if states.keys.iter().filter(|key| key.active_since().is_some()).count() > 1 {
            return Err(malformed("several keys sign".to_owned()));
        }
        Ok(states)
    }

    /// Replaces the list.
    pub(super) fn write_list(&self, states: &KeyStates) -> Result<(), KeysError> {
        let text = serde_json::to_string_pretty(states)
            .map_err(|error| KeysError::write(&self.path.join(LIST))(error.into()))?;
        self.write(LIST, &(text + "\n"))
    }

    /// The file with the private half of a key.
    pub(super) fn key_file(&self, kid: &str) -> PathBuf {
        self.path.join(name_of(kid))
    }

    /// The private half of a key in PEM.
    pub(super) fn key(&self, kid: &str) -> Result<String, KeysError> {
        let path = self.key_file(kid);
        read(&path)?.ok_or_else(|| KeysError::read(&path)(ErrorKind::NotFound.into()))
    }

    /// Keeps the private half of a key.
    pub(super) fn write_key(&self, kid: &str, pem: &str) -> Result<(), KeysError> {
        self.write(&name_of(kid), pem)
    }

    /// Forgets the private half of a key.
    pub(super) fn remove_key(&self, kid: &str) -> Result<(), KeysError> {
        let path = self.key_file(kid);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(KeysError::write(&path)(error)),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), KeysError> {
        let path = self.path.join(name);
        self.replace(&path, text).map_err(KeysError::write(&path))
    }

    /// Under another name first, which a crash may have left behind.
    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        // The mode is what was asked for less the process's mask, which may be odd.
        file.set_permissions(Permissions::from_mode(0o600))?;
        self.keep_owner(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&self.path)?.sync_all()
    }

    /// What root makes belongs to whom the directory belongs to.
    fn keep_owner(&self, file: &File) -> io::Result<()> {
        let (found, wanted) = (file.metadata()?, fs::metadata(&self.path)?);
        give(&found, &wanted, |user, group| fchown(file, Some(user), Some(group)))
    }
}

/// Gives what is root's to another's owner.
fn give(
    found: &Metadata,
    wanted: &Metadata,
    chown: impl FnOnce(u32, u32) -> io::Result<()>,
) -> io::Result<()> {
    match (found.uid(), wanted.uid()) {
        (0, user) if user != 0 => chown(user, wanted.gid()),
        _ => Ok(()),
    }
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// A text of ours that nobody else can read; `None` where there is none.
fn read(path: &Path) -> Result<Option<String>, KeysError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeysError::read(path)(error)),
    };
    let found = file.metadata().map_err(KeysError::read(path))?;
    closed(path, &found, 0o600, 0o077)?;
    if found.len() > MOST {
        return Err(KeysError::read(path)(ErrorKind::FileTooLarge.into()));
    }
    io::read_to_string(file).map(Some).map_err(KeysError::read(path))
}

/// Holds that others have none of these rights.
fn closed(path: &Path, found: &Metadata, wanted: u32, others: u32) -> Result<(), KeysError> {
    match found.mode() & 0o7777 {
        mode if mode & others == 0 => Ok(()),
        mode => Err(KeysError::Exposed { path: path.to_owned(), mode, wanted }),
    }
}

fn name_of(kid: &str) -> String {
    format!("{kid}.pem")
}

/// Whether it is a thumbprint: nothing else becomes a part of a path.
fn is_name(kid: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    kid.len() == 43 && kid.bytes().all(is_letter)
}
