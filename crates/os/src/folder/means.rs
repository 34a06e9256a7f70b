//! What this kernel, who filters its calls, and the disk under a folder let us do.

use std::os::fd::{BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::statfs::{FsType, fstatfs};

/// How names are kept inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// By the kernel, which also tells when it would have to wait (Linux 5.12).
    Cached,
    /// By the kernel (Linux 5.6).
    Beneath,
    /// Step by step.
    Walk,
}

/// `RESOLVE_CACHED`, which the wrapper does not name: `EAGAIN` if a step of the path is not in the
/// kernel's memory, or a server would have to be asked whether it is still true.
pub(super) fn cached() -> ResolveFlag {
    ResolveFlag::from_bits_retain(libc::RESOLVE_CACHED)
}

/// Filters that do not know the call answer `ENOSYS` or `EPERM`, kernels that do not know the flag
/// `EINVAL`.
pub(super) fn probe(fd: &OwnedFd) -> Means {
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

/// File systems of this machine, on which a file that the kernel has found is open at once. On all
/// others somebody else is asked first, over a network or in a process, and may never answer.
const LOCAL: [FsType; 11] = [
    FsType(0xEF53),      // ext2, ext3, ext4
    FsType(0x5846_5342), // xfs
    FsType(0x9123_683E), // btrfs
    FsType(0x0102_1994), // tmpfs
    FsType(0x8584_58F6), // ramfs
    FsType(0x794C_7630), // overlay
    FsType(0xF2F5_2010), // f2fs
    FsType(0x7371_7368), // squashfs
    FsType(0xE0F5_E1E2), // erofs
    FsType(0x2FC1_2FC1), // zfs
    FsType(0xCA45_1A4E), // bcachefs
];

/// Whether a folder is on a disk of this machine.
pub(super) fn is_local(fd: BorrowedFd<'_>) -> bool {
    fstatfs(fd).is_ok_and(|told| LOCAL.contains(&told.filesystem_type()))
}
