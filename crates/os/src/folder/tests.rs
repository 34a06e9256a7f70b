//! Every means of staying inside, against the same names.

use std::ffi::CString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;

use nix::sys::stat::Mode;
use tempfile::TempDir;

use super::{Folder, Kind, Means, Stamp, Wait, read_at};

struct Setup {
    _home: TempDir,
    folders: Vec<Folder>,
}

fn setup() -> Setup {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root");
    fs::create_dir_all(root.join("deep/er")).unwrap();
    fs::write(home.path().join("secret"), "secret").unwrap();
    fs::write(root.join("a"), "a").unwrap();
    fs::write(root.join("deep/er/b"), "b").unwrap();
    for (target, link) in [
        ("deep/er/b", "inside"),
        ("../a", "deep/up"),
        ("../../root/a", "deep/around"),
        ("../secret", "out"),
        ("/etc/passwd", "absolute"),
        ("..", "parent"),
        ("loop", "loop"),
        ("deep", "folder"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    nix::unistd::mkfifo(&root.join("pipe"), Mode::S_IRWXU).unwrap();
    let with = |means| Folder { means, ..Folder::open(&root).unwrap() };
    let folders = [Means::Cached, Means::Beneath, Means::Walk].map(with).into();
    Setup { _home: home, folders }
}

fn read(folder: &Folder, path: &str) -> Result<String, ErrorKind> {
    let path = CString::new(path).unwrap();
    let (file, stamp) = folder.open_file(&path, Wait::ForDisk).map_err(|error| error.kind())?;
    assert_eq!(stamp, folder.stamp(&path).unwrap());
    assert_eq!(stamp.kind, Kind::File);
    let bytes = read_at(&file, 100, 0, Wait::ForDisk).unwrap();
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn this_kernel_needs_no_walking() {
    let folder = tempfile::tempdir().unwrap();
    assert_ne!(Folder::open(folder.path()).unwrap().means, Means::Walk);
}

#[test]
fn names_lead_inside() {
    for folder in setup().folders {
        for path in ["a", "./a", "deep/../a", "deep/up", "folder/up"] {
            assert_eq!(read(&folder, path).as_deref(), Ok("a"), "{path} by {:?}", folder.means);
        }
        for path in ["deep/er/b", "inside", "folder/er/b", "deep//er/./b"] {
            assert_eq!(read(&folder, path).as_deref(), Ok("b"), "{path} by {:?}", folder.means);
        }
    }
}

#[test]
fn nothing_leads_outside() {
    for folder in setup().folders {
        for path in
            ["../secret", "out", "absolute", "parent/secret", "deep/../../secret", "/etc/passwd"]
        {
            let error = read(&folder, path).unwrap_err();
            assert_eq!(error, ErrorKind::CrossesDevices, "{path} by {:?}", folder.means);
        }
        // Out and in again is out.
        assert!(read(&folder, "deep/around").is_err(), "{:?}", folder.means);
        assert_eq!(read(&folder, "nothing"), Err(ErrorKind::NotFound));
        assert_eq!(read(&folder, "a/b"), Err(ErrorKind::NotADirectory));
        assert!(read(&folder, "loop").is_err());
    }
}

#[test]
fn what_is_no_file_is_told_without_waiting_for_it() {
    for folder in setup().folders {
        let kind = |path: &std::ffi::CStr| folder.open_file(path, Wait::ForDisk).unwrap().1.kind;
        assert_eq!(kind(c"pipe"), Kind::Other);
        assert_eq!(kind(c"deep"), Kind::Folder);
        assert_eq!(kind(c"folder"), Kind::Folder);
        assert_eq!(kind(c"deep/.."), Kind::Folder);
    }
}

#[test]
fn means_that_cannot_tell_are_never_used_without_waiting() {
    for folder in setup().folders {
        if folder.means != Means::Cached {
            let error = folder.open_file(c"a", Wait::Never).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
        }
    }
}

#[test]
fn parts_of_a_file_are_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "0123456789").unwrap();
    let read = |length, at| read_at(file.as_file(), length, at, Wait::ForDisk).unwrap();
    assert_eq!(read(4, 3), b"3456");
    assert_eq!(read(20, 8), b"89");
    assert!(read(20, 10).is_empty());
    assert!(read_at(file.as_file(), 1, u64::MAX, Wait::ForDisk).is_err());
    // What has just been written is in memory, where the file system can tell at all.
    match read_at(file.as_file(), 4, 3, Wait::Never) {
        Ok(bytes) => assert_eq!(bytes, b"3456"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    }
}

#[test]
fn a_change_changes_the_stamp() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::open(home.path()).unwrap();
    fs::write(home.path().join("a"), "one").unwrap();
    let before = folder.stamp(c"a").unwrap();
    fs::write(home.path().join("b"), "two").unwrap();
    fs::rename(home.path().join("b"), home.path().join("a")).unwrap();
    assert_ne!(folder.stamp(c"a").unwrap(), before);
    let (file, stamp) = folder.open_file(c"a", Wait::ForDisk).unwrap();
    assert_eq!(Stamp::of_file(&file).unwrap(), stamp);
}

#[test]
fn a_folder_is_told_from_its_successor() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("current");
    fs::create_dir(home.path().join("one")).unwrap();
    fs::create_dir(home.path().join("two")).unwrap();
    symlink("one", &path).unwrap();
    let folder = Folder::open(&path).unwrap();
    assert!(folder.is_at(&path));
    fs::remove_file(&path).unwrap();
    assert!(!folder.is_at(&path));
    symlink("two", &path).unwrap();
    assert!(!folder.is_at(&path));
}
