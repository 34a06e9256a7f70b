//! What is at a name, and what tells one state of it from another.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::stat::{FileStat, SFlag, fstat, makedev};

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
    pub(super) device: u64,
    pub(super) inode: u64,
}

impl Stamp {
    /// Of an open file. Waits for a disk if need be.
    ///
    /// # Errors
    /// What the system says.
    pub fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&fstat(file)?))
    }

    pub(super) fn of(stat: &FileStat) -> Self {
        Self {
            kind: kind(stat.st_mode),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }

    /// Of what is open, as the kernel knows it: a server that has the file is not asked.
    ///
    /// # Errors
    /// `WouldBlock` if the kernel cannot be asked in this way.
    pub(super) fn of_known(fd: BorrowedFd<'_>) -> io::Result<Self> {
        const NAMELESS: &CStr = c"";
        let flags = libc::AT_EMPTY_PATH | libc::AT_STATX_DONT_SYNC;
        let mut told = MaybeUninit::<libc::statx>::zeroed();
        // SAFETY: the name ends with a zero, the descriptor is open as long as it is borrowed, and
        // there is room for all that is asked for.
        let asked = unsafe {
            let (name, room) = (NAMELESS.as_ptr(), told.as_mut_ptr());
            libc::statx(fd.as_raw_fd(), name, flags, libc::STATX_BASIC_STATS, room)
        };
        // Filters that do not know the call refuse it.
        Errno::result(asked).map_err(|_| Errno::EAGAIN)?;
        // SAFETY: all bytes are zero or what the kernel has written, and any are right.
        let told = unsafe { told.assume_init() };
        let time = |time: libc::statx_timestamp| nanoseconds(time.tv_sec, time.tv_nsec.into());
        Ok(Self {
            kind: kind(told.stx_mode.into()),
            size: told.stx_size,
            modified: time(told.stx_mtime),
            changed: time(told.stx_ctime),
            device: makedev(told.stx_dev_major.into(), told.stx_dev_minor.into()),
            inode: told.stx_ino,
        })
    }

    /// Whether both are of the same file or folder, in whatever state.
    pub(super) fn is_of_same(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

fn kind(mode: u32) -> Kind {
    match SFlag::from_bits_truncate(mode) & SFlag::S_IFMT {
        SFlag::S_IFREG => Kind::File,
        SFlag::S_IFDIR => Kind::Folder,
        _ => Kind::Other,
    }
}

/// Times are 64 bits of nanoseconds, which end in the year 2262.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}
