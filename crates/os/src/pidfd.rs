//! Processes by descriptor: a pidfd never names another process, however often ids are reused.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::readable::watch;

/// A descriptor of a process (`pidfd_open(2)`); readable once the process has ended.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// A descriptor of a process that has not been reaped yet.
    ///
    /// # Errors
    /// `ESRCH` when there is no such process, `ENOSYS` before Linux 5.3.
    pub fn open(pid: Pid) -> io::Result<Self> {
        // SAFETY: a system call on plain integers; it returns a new descriptor that we own.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
        let fd = i32::try_from(fd).map_err(io::Error::other)?;
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given this descriptor to us alone.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends a signal; a process that has ended already is no error.
    ///
    /// # Errors
    /// `EPERM` when the process belongs to somebody else.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let none = std::ptr::null::<libc::siginfo_t>();
        let (fd, number) = (self.0.as_raw_fd(), signal as libc::c_int);
        // SAFETY: a system call on a descriptor that we own; a null siginfo is allowed.
        let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, none, 0) };
        if result == 0 {
            return Ok(());
        }
        match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            error => Err(error),
        }
    }

    /// Waits until the process has ended. It may still have to be reaped. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    /// It cannot be waited for.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn ended(&self) -> io::Result<()> {
        let watched = watch(self.0.try_clone()?)?;
        watched.readable().await.map(drop)
    }
}

impl From<OwnedFd> for PidFd {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for PidFd {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}
