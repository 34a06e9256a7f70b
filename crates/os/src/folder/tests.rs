//! Every means of staying inside, against the same names.

use std::cell::Cell;
use std::ffi::CString;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::stat::Mode;
use tempfile::TempDir;

use super::{Folder, Kind, MOST_ATTEMPTS, Means, Stamp, Wait, read_at, try_again};

struct Setup {
    home: TempDir,
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
    Setup { home, folders }
}

fn read(folder: &Folder, path: &str) -> Result<String, ErrorKind> {
    let path = CString::new(path).unwrap();
    let (file, stamp) = folder.open_file(&path, Wait::ForDisk).map_err(|error| error.kind())?;
    assert_eq!(stamp, folder.stamp(&path, Wait::ForDisk).unwrap());
    assert!(folder.is_unchanged(&path, &stamp));
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
    let setup = setup();
    let root = setup.home.path().join("root");
    for folder in &setup.folders {
        let opened = folder.open_file(c"a", Wait::Never).map(|(_, stamp)| stamp);
        let found = folder.stamp(c"a", Wait::Never);
        let place = folder.is_at(&root, Wait::Never);
        if folder.means == Means::Cached {
            assert_eq!(opened.unwrap(), found.unwrap());
            assert!(place.unwrap());
        } else {
            let errors = [opened.unwrap_err(), found.unwrap_err(), place.unwrap_err()];
            let kinds = errors.map(|error| error.kind());
            assert_eq!(kinds, [ErrorKind::WouldBlock; 3], "{:?}", folder.means);
        }
    }
}

/// A server or a process is asked for every file that is opened, and may not answer.
#[test]
fn files_of_others_are_never_opened_without_waiting() {
    for folder in setup().folders {
        let stamp = folder.stamp(c"a", Wait::ForDisk).unwrap();
        let folder = Folder { is_local: false, ..folder };
        let error = folder.open_file(c"a", Wait::Never).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(folder.open_file(c"a", Wait::ForDisk).is_ok());
        // What is in the kernel's memory can be compared all the same, but by no other means.
        assert_eq!(folder.is_unchanged(c"a", &stamp), folder.means == Means::Cached);
    }
    // So is what another disk has inside of the folder.
    let folder = Folder { is_local: true, ..Folder::open(Path::new("/")).unwrap() };
    let error = folder.open_file(c"dev/null", Wait::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let (_, stamp) = folder.open_file(c"dev/null", Wait::ForDisk).unwrap();
    assert!(folder.has_near(&folder.stamp) && !folder.has_near(&stamp));
    let folder = Folder::open(Path::new("/proc")).unwrap();
    assert!(!folder.has_near(&folder.stamp));
}

#[test]
fn what_fails_by_chance_is_tried_again() {
    for passing in [Errno::EAGAIN, Errno::ESTALE, Errno::EINTR] {
        let attempts = Cell::new(0);
        let attempt = |failures: usize| {
            attempts.set(attempts.get() + 1);
            if attempts.get() > failures { Ok(()) } else { Err(passing) }
        };
        assert_eq!(try_again(|| attempt(MOST_ATTEMPTS - 1)), Ok(()));
        attempts.set(0);
        assert_eq!(try_again(|| attempt(MOST_ATTEMPTS)), Err(passing));
    }
    let attempts = Cell::new(0);
    let missing = || -> nix::Result<()> {
        attempts.set(attempts.get() + 1);
        Err(Errno::ENOENT)
    };
    assert_eq!(try_again(missing), Err(Errno::ENOENT));
    assert_eq!(attempts.get(), 1);
}

/// The kernel cannot tell where a `..` leads while anything is renamed anywhere (openat2(2)).
#[test]
fn renames_elsewhere_are_in_nobodys_way() {
    let setup = setup();
    let (one, two) = (setup.home.path().join("one"), setup.home.path().join("two"));
    fs::create_dir(&one).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                fs::rename(&one, &two).unwrap();
                fs::rename(&two, &one).unwrap();
            }
        });
        for folder in &setup.folders {
            let open = || folder.open_file(c"deep/up", Wait::ForDisk);
            let failed = (0..5000).find_map(|_| open().err().map(|error| error.kind()));
            is_over.store(failed.is_some(), Ordering::Relaxed);
            assert_eq!(failed, None, "by {:?}", folder.means);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Who holds a lease is asked to give the file back, which takes a moment (fcntl(2)).
#[test]
fn a_file_that_somebody_holds_is_there_and_cannot_be_had() {
    /// Which signal tells of it; `libc` does not name this.
    const F_SETSIG: i32 = 10;
    let setup = setup();
    let held = fs::File::options().write(true).open(setup.home.path().join("root/a")).unwrap();
    // SAFETY: both calls are about a descriptor of our own. The signal that tells of somebody who
    // wants the file is one that nobody hears.
    let leased = unsafe {
        libc::fcntl(held.as_raw_fd(), F_SETSIG, libc::SIGURG);
        libc::fcntl(held.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK)
    };
    if Errno::result(leased) == Err(Errno::EINVAL) {
        return; // This file system knows no leases.
    }
    assert_eq!(Errno::result(leased), Ok(0));
    for folder in &setup.folders {
        assert_eq!(read(folder, "a"), Err(ErrorKind::WouldBlock), "by {:?}", folder.means);
    }
    drop(held);
    assert_eq!(read(&setup.folders[0], "a").as_deref(), Ok("a"));
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
    let before = folder.stamp(c"a", Wait::ForDisk).unwrap();
    fs::write(home.path().join("b"), "two").unwrap();
    fs::rename(home.path().join("b"), home.path().join("a")).unwrap();
    assert_ne!(folder.stamp(c"a", Wait::ForDisk).unwrap(), before);
    assert!(!folder.is_unchanged(c"a", &before));
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
    let is_at = |wait| folder.is_at(&path, wait).unwrap();
    assert!(is_at(Wait::ForDisk) && is_at(Wait::Never));
    fs::remove_file(&path).unwrap();
    assert!(!is_at(Wait::ForDisk) && !is_at(Wait::Never));
    symlink("two", &path).unwrap();
    assert!(!is_at(Wait::ForDisk) && !is_at(Wait::Never));
}
