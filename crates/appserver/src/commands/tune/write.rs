//! How the recommended lines get into the settings file: as a whole, or not at all.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::grid::Point;
use super::lines::changed;
use crate::failure::{Failure, FailureKind};
use crate::settings::{FILE_NAME, Loaded};

/// What a new file gets, but for the umask.
const USUAL_MODE: u32 = 0o666;

/// Puts the lines into the settings file that was read, or into a new one; returns its path. Its owner
/// and its rights stay, and so does a symbolic link to it; another hard link keeps the old text.
///
/// # Errors
/// The file cannot be read or replaced. It is as it was then.
pub(super) fn write(point: Point, loaded: &Loaded) -> Result<PathBuf, Failure> {
    let path = loaded.file.clone().unwrap_or_else(|| loaded.directory.join(FILE_NAME));
    let failed = |error: &dyn std::fmt::Display| {
        let text = format!("cannot write {}: {error}", path.display());
        Failure::new(FailureKind::Failed, text).hint("the lines for it stand above")
    };
    let (target, old) = target(&path).map_err(|error| failed(&error))?;
    let text = match &old {
        Some(_) => fs::read_to_string(&target).map_err(|error| failed(&error))?,
        None => String::new(),
    };
    let text = changed(&text, point).map_err(|error| failed(&error))?;
    replace(&target, old.as_ref(), &text).map_err(|error| failed(&error))?;
    Ok(path)
}

/// The file that a path means in the end, and what is known of it. `None` where there is none yet.
fn target(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    match fs::symlink_metadata(path) {
        Ok(_) => {
            let target = fs::canonicalize(path)?;
            let found = fs::metadata(&target)?;
            Ok((target, Some(found)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path.to_owned(), None)),
        Err(error) => Err(error),
    }
}

/// Gives a file this text. Whoever reads it meanwhile, or after a crash, finds the old text or the new
/// one.
fn replace(path: &Path, old: Option<&Metadata>, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".appserver-").suffix(".toml");
    if old.is_none() {
        builder.permissions(Permissions::from_mode(USUAL_MODE));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        keep(file.as_file(), old)?;
    }
    file.as_file().sync_all()?;
    match old {
        Some(_) => file.persist(path),
        // Somebody else may have made one meanwhile.
        None => file.persist_noclobber(path),
    }
    .map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Gives a file the owner and the rights of another one.
fn keep(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid())).map_err(|error| {
            io::Error::new(error.kind(), format!("its owner would not stay: {error}"))
        })?;
    }
    // Last: a new owner takes some rights away.
    file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn written(path: &Path, text: &str) -> io::Result<()> {
        let (target, old) = target(path)?;
        replace(&target, old.as_ref(), text)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Written in place, it would be the same file, and empty for a moment.
    #[test]
    fn a_file_is_replaced_and_keeps_its_rights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("appserver.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let mut reader = File::open(&path).unwrap();
        let before = fs::metadata(&path).unwrap();
        written(&path, "new").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_ne!(before.ino(), after.ino());
        assert_eq!(
            (before.mode(), before.uid(), before.gid()),
            (after.mode(), after.uid(), after.gid())
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "old");
        assert_eq!(names(folder.path()), ["appserver.toml"]);
    }

    /// Only root may give files away.
    #[test]
    fn a_file_of_somebody_else_stays_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("appserver.toml");
        fs::write(&path, "old").unwrap();
        if std::os::unix::fs::chown(&path, Some(3_999_999_999), Some(3_999_999_998)).is_err() {
            eprintln!("not tested: only root can give files away");
            return;
        }
        written(&path, "new").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((after.uid(), after.gid()), (3_999_999_999, 3_999_999_998));
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] =
            ["shared/real.toml", "appserver.toml"].map(|name| folder.path().join(name));
        fs::create_dir(folder.path().join("shared")).unwrap();
        fs::write(&file, "old").unwrap();
        symlink("shared/real.toml", &link).unwrap();
        written(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(names(folder.path()), ["appserver.toml", "shared"]);
        fs::remove_file(&file).unwrap();
        assert!(written(&link, "new").is_err(), "it leads nowhere");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_new_file_is_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["appserver.toml", "other"].map(|name| folder.path().join(name));
        fs::write(&other, "").unwrap();
        written(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode(), fs::metadata(&other).unwrap().mode());
        assert!(replace(&path, None, "newer").is_err(), "somebody else has made it");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["appserver.toml", "other"]);
    }
}
