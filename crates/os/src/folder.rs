//! A folder whose files are read by names that strangers choose.
//!
//! Whatever the name, nothing outside of the folder is ever opened: `..` and symbolic links are
//! followed as long as they stay inside. Where the caller wants it, nothing here waits for a disk.

mod means;
mod stamp;
mod walk;

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{Mode, fstat, fstatat, stat};

use means::{Means, cached, is_local, probe};
pub use stamp::{Kind, Stamp};

/// Whether a call may wait for a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// As long as it takes.
    ForDisk,
    /// Not at all: `WouldBlock` where the kernel does not have it in memory.
    Never,
}

/// An open folder. It stays the same one when its name comes to mean another.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    stamp: Stamp,
    means: Means,
    /// Its disk is one of this machine.
    is_local: bool,
}

/// Never waits for the other end of a pipe, and never becomes somebody's terminal.
const READ: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

/// Finds without opening: nobody but the kernel hears of it.
const FIND: OFlag = OFlag::O_PATH.union(OFlag::O_CLOEXEC);

impl Folder {
    /// Opens a folder, which may be named in any way. Waits for a disk if need be.
    ///
    /// # Errors
    /// When there is none, or it may not be entered.
    pub fn open(path: &Path) -> io::Result<Self> {
        let fd = open(path, FIND | OFlag::O_DIRECTORY, Mode::empty())?;
        let stamp = Stamp::of(&fstat(&fd)?);
        let (means, is_local) = (probe(&fd), is_local(fd.as_fd()));
        Ok(Self { fd, stamp, means, is_local })
    }

    /// Whether this path means this folder now.
    ///
    /// # Errors
    /// `WouldBlock` if it should not wait and would.
    pub fn is_at(&self, path: &Path, wait: Wait) -> io::Result<bool> {
        let there = match (self.means, wait) {
            (_, Wait::ForDisk) => stat(path).map(|stat| Stamp::of(&stat)),
            (Means::Cached, Wait::Never) => {
                match openat2(AT_FDCWD, path, OpenHow::new().flags(FIND).resolve(cached())) {
                    Ok(there) => Ok(Stamp::of_known(there.as_fd())?),
                    Err(error) => Err(error),
                }
            }
            (Means::Beneath | Means::Walk, Wait::Never) => Err(Errno::EAGAIN),
        };
        match there {
            Err(Errno::EAGAIN) => Err(Errno::EAGAIN.into()),
            there => Ok(there.is_ok_and(|there| there.is_of_same(&self.stamp))),
        }
    }

    /// Whether what was found inside is on the folder's disk, and that is one of this machine. To
    /// open a file of others, and to close it, is to ask somebody who may not answer.
    pub fn has_near(&self, found: &Stamp) -> bool {
        self.is_local && found.device == self.stamp.device
    }

    /// Opens what is at a relative path, for reading, and tells what it is.
    ///
    /// # Errors
    /// `WouldBlock` if it should not wait and would, or somebody holds the file for himself for a
    /// moment; `CrossesDevices` if the path leads outside; else what the system says.
    pub fn open_file(&self, path: &CStr, wait: Wait) -> io::Result<(File, Stamp)> {
        let fd = match wait {
            Wait::ForDisk => self.resolve(path, READ)?,
            // To open is to ask the disk's owner, who may be anybody where another one is mounted.
            Wait::Never if self.is_local => {
                let same_disk = cached() | ResolveFlag::RESOLVE_NO_XDEV;
                let opened = self.resolve_known(path, READ, same_disk);
                opened.map_err(|error| if error == Errno::EXDEV { Errno::EAGAIN } else { error })?
            }
            Wait::Never => return Err(Errno::EAGAIN.into()),
        };
        let stamp = Stamp::of(&fstat(&fd)?);
        Ok((fd.into(), stamp))
    }

    /// What is at a relative path, as far as it is inside.
    ///
    /// # Errors
    /// As above.
    pub fn stamp(&self, path: &CStr, wait: Wait) -> io::Result<Stamp> {
        match wait {
            Wait::ForDisk => Ok(Stamp::of(&fstat(self.resolve(path, FIND)?)?)),
            Wait::Never => Stamp::of_known(self.resolve_known(path, FIND, cached())?.as_fd()),
        }
    }

    /// Whether a path that was looked at a moment ago still leads to the same. Never waits: false
    /// where it would have to.
    pub fn is_unchanged(&self, path: &CStr, known: &Stamp) -> bool {
        // One call in the place of three. What a disk of this machine has told a moment ago is
        // still in the kernel's memory.
        if self.has_near(known) {
            let now = fstatat(&self.fd, path, AtFlags::empty());
            return now.is_ok_and(|now| Stamp::of(&now) == *known);
        }
        self.stamp(path, Wait::Never).is_ok_and(|now| now == *known)
    }

    /// What the kernel has in memory, and nothing else.
    fn resolve_known(&self, path: &CStr, flags: OFlag, how: ResolveFlag) -> nix::Result<OwnedFd> {
        match self.means {
            Means::Cached => openat2(&self.fd, path, beneath(flags, how)),
            Means::Beneath | Means::Walk => Err(Errno::EAGAIN),
        }
    }

    /// As long as it takes.
    fn resolve(&self, path: &CStr, flags: OFlag) -> io::Result<OwnedFd> {
        if self.means != Means::Walk {
            let how = beneath(flags, ResolveFlag::empty());
            match try_again(|| openat2(&self.fd, path, how)) {
                Err(Errno::EAGAIN | Errno::ESTALE) => {}
                opened => return Ok(opened?),
            }
        }
        try_again(|| walk::open(self.fd.as_fd(), path.to_bytes(), flags)).map_err(io::Error::from)
    }
}

fn beneath(flags: OFlag, more: ResolveFlag) -> OpenHow {
    let inside = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    OpenHow::new().flags(flags).resolve(inside | more)
}

/// Attempts before another way is taken: what is in the way of one is gone at the next as a rule.
const MOST_ATTEMPTS: usize = 4;

/// Tries once more what has failed by chance. A `..` of a link counts as leading outside when
/// anything on the machine is renamed meanwhile (`EAGAIN`, openat2(2)), and a file that its server
/// has replaced is found under its old handle at first (`ESTALE`).
fn try_again<T>(mut attempt: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    for _ in 1..MOST_ATTEMPTS {
        match attempt() {
            Err(Errno::EAGAIN | Errno::ESTALE | Errno::EINTR) => {}
            done => return done,
        }
    }
    attempt()
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
