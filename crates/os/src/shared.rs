//! Memory that all processes of one server see: a row of 64-bit atomics.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

const WORD: usize = size_of::<AtomicU64>();

/// A shared mapping of zeroed 64-bit words, kept alive by the file descriptor behind it.
#[derive(Debug)]
pub struct SharedMemory {
    fd: OwnedFd,
    address: NonNull<AtomicU64>,
    words: usize,
}

// SAFETY: the mapping is only reached as atomics, which any thread may use.
unsafe impl Send for SharedMemory {}
// SAFETY: as above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// New memory of `words` zeroed words. Its size is sealed: a process that has the descriptor
    /// could otherwise cut it, and every access of the others would end them by `SIGBUS`.
    ///
    /// # Errors
    /// When the kernel gives no memory or descriptor.
    pub fn create(words: usize) -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let fd = memfd_create(c"appserver-scoreboard", flags)?;
        nix::unistd::ftruncate(&fd, i64::try_from(words * WORD).map_err(io::Error::other)?)?;
        let size = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&fd, FcntlArg::F_ADD_SEALS(size))?;
        Self::open(fd)
    }

    /// The memory behind a descriptor that another process created.
    ///
    /// # Errors
    /// When it is no such descriptor or is empty.
    pub fn open(fd: OwnedFd) -> io::Result<Self> {
        let bytes = usize::try_from(nix::sys::stat::fstat(&fd)?.st_size).unwrap_or(0);
        let Some(length) = NonZeroUsize::new(bytes) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "empty shared memory"));
        };
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice; it is unmapped only in
        // `drop`, when no reference into it can be alive.
        let address = unsafe { mmap(None, length, protection, MapFlags::MAP_SHARED, &fd, 0) }?;
        Ok(Self { fd, address: address.cast(), words: bytes / WORD })
    }

    /// The words.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping holds that many words, page-aligned, initialised by the kernel, and
        // lives as long as `self`. Atomics may be shared with other processes.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.words) }
    }
}

impl AsFd for SharedMemory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: exactly what `open` mapped, and nothing borrows from it any more.
        let _ = unsafe { munmap(self.address.cast(), self.words * WORD) };
    }
}
