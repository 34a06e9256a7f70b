//! A folder whose files are read by names that strangers choose.
//!
//! Whatever the name, nothing outside of the folder is ever opened: `..` and symbolic links are
//! followed as long as they stay inside. Where the caller wants it, nothing here waits for a disk.

mod walk;

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};

/// Whether a call may wait for a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// As long as it takes.
    ForDisk,
    /// Not at all: `WouldBlock` where the kernel does not have it in memory.
    Never,
}

/// What is at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Folder,
    /// Something that is not to be read: a pipe, a device, a socket.
    Other,
}

/// Tells one state of one file from all others, as far as the file system can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What it is.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// When its contents were written, in nanoseconds since 1970; before that it is negative.
    pub modified: i64,
    /// When anything about it was changed, as above.
    pub changed: i64,
    device: u64,
    inode: u64,
}

/// How names are kept inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// By the kernel, which also tells when it would have to wait (Linux 5.12).
    Cached,
    /// By the kernel (Linux 5.6).
    Beneath,
    /// Step by step.
    Walk,
}

/// An open folder. It stays the same one when its name comes to mean another.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    means: Means,
}

/// Never waits for the other end of a pipe, and never becomes somebody's terminal.
pub(crate) const READ: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

impl Folder {
    /// Opens a folder, which may be named in any way.
    ///
    /// # Errors
    /// When there is none, or it may not be entered.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = open(path, flags, Mode::empty())?;
        let means = probe(&fd);
        Ok(Self { fd, means })
    }

    /// Whether this path means this folder now. Waits for a disk if need be.
    pub fn is_at(&self, path: &Path) -> bool {
        let is_same = |there: FileStat, here: FileStat| {
            (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
        };
        let both = nix::sys::stat::stat(path).and_then(|there| Ok((there, fstat(&self.fd)?)));
        both.is_ok_and(|(there, here)| is_same(there, here))
    }

    /// Opens what is at a relative path, for reading, and tells what it is.
    ///
    /// # Errors
    /// `WouldBlock` if it should not wait and would; `CrossesDevices` if the path leads outside;
    /// else what the system says.
    pub fn open_file(&self, path: &CStr, wait: Wait) -> io::Result<(File, Stamp)> {
        let resolve = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS;
        let how = OpenHow::new().flags(READ);
        let fd = match (self.means, wait) {
            (Means::Cached, Wait::Never) => {
                openat2(&self.fd, path, how.resolve(resolve | cached()))?
            }
            (Means::Beneath | Means::Walk, Wait::Never) => return Err(Errno::EAGAIN.into()),
            (Means::Cached | Means::Beneath, Wait::ForDisk) => {
                openat2(&self.fd, path, how.resolve(resolve))?
            }
            (Means::Walk, Wait::ForDisk) => walk::open(self.fd.as_fd(), path.to_bytes())?,
        };
        let stamp = Stamp::of(&fstat(&fd)?);
        Ok((fd.into(), stamp))
    }

    /// What is at a relative path now, wherever it leads. Compare it with what [`Self::open_file`]
    /// has told; by itself it says nothing, as it may be of something outside.
    ///
    /// # Errors
    /// What the system says.
    pub fn stamp(&self, path: &CStr) -> io::Result<Stamp> {
        Ok(Stamp::of(&fstatat(&self.fd, path, AtFlags::empty())?))
    }
}

/// `RESOLVE_CACHED`, which the wrapper does not name.
fn cached() -> ResolveFlag {
    ResolveFlag::from_bits_retain(libc::RESOLVE_CACHED)
}

/// Finds out what this kernel, or who filters its calls, lets us do. Filters that do not know the
/// call answer `ENOSYS` or `EPERM`, kernels that do not know the flag `EINVAL`.
fn probe(fd: &OwnedFd) -> Means {
    let resolve = ResolveFlag::RESOLVE_BENEATH;
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC);
    match openat2(fd, c".", how.resolve(resolve | cached())) {
        Ok(_) | Err(Errno::EAGAIN) => return Means::Cached,
        Err(_) => {}
    }
    match openat2(fd, c".", how.resolve(resolve)) {
        Ok(_) => Means::Beneath,
        Err(_) => Means::Walk,
    }
}

impl Stamp {
    /// Of an open file.
    ///
    /// # Errors
    /// What the system says.
    pub fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&fstat(file)?))
    }

    fn of(stat: &FileStat) -> Self {
        let kind = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => Kind::File,
            SFlag::S_IFDIR => Kind::Folder,
            _ => Kind::Other,
        };
        Self {
            kind,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }
}

/// Times are 64 bits of nanoseconds, which end in the year 2262.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

/// Whether an error says no more than that there is nothing here which may be read.
pub fn is_absence(error: &io::Error) -> bool {
    const ABSENT: [Errno; 7] = [
        Errno::ENOENT,
        Errno::ENOTDIR,
        Errno::EACCES,
        Errno::ELOOP,
        Errno::EXDEV,
        Errno::ENAMETOOLONG,
        // The file is a socket, or a device without a driver.
        Errno::ENXIO,
    ];
    error.raw_os_error().is_some_and(|code| ABSENT.contains(&Errno::from_raw(code)))
}

/// Reads at most this many bytes from a place of a file on, both in bytes; fewer as the system
/// likes, and none at the end. The position of the descriptor is left alone.
///
/// # Errors
/// `WouldBlock` if it should not wait and would; else what the disk says.
pub fn read_at(file: &File, length: usize, at: u64, wait: Wait) -> io::Result<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    let at = i64::try_from(at).map_err(|_| Errno::EOVERFLOW)?;
    let vector = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    let read = loop {
        let read = match wait {
            // SAFETY: the one vector is memory of `length` bytes that nobody else uses, and the
            // descriptor is open as long as `file` is borrowed.
            Wait::Never => unsafe {
                libc::preadv2(file.as_raw_fd(), &raw const vector, 1, at, libc::RWF_NOWAIT)
            },
            // SAFETY: as above.
            Wait::ForDisk => unsafe {
                libc::pread(file.as_raw_fd(), vector.iov_base, vector.iov_len, at)
            },
        };
        match Errno::result(read) {
            Err(Errno::EINTR) => {}
            // Kernels and file systems that cannot tell are waited for.
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) if wait == Wait::Never => {
                return Err(Errno::EAGAIN.into());
            }
            read => break usize::try_from(read?).unwrap_or(0),
        }
    };
    // SAFETY: the kernel has written so many bytes, which are no more than there is room for.
    unsafe { bytes.set_len(read.min(length)) };
    Ok(bytes)
}

#[cfg(test)]
mod tests;
