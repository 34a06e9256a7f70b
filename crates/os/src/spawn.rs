//! fork and exec of a program that inherits chosen descriptors.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::PidFd;

/// A program that was started.
#[derive(Debug)]
pub struct Spawned {
    /// Its process id.
    pub pid: Pid,
    /// Its descriptor.
    pub pidfd: PidFd,
}

/// Starts `command`. The child inherits exactly `keep` besides its standard streams; every other
/// descriptor of ours is closed on exec. The caller reaps it through [`crate::wait`].
///
/// # Errors
/// When the program cannot be started.
pub fn spawn(mut command: Command, keep: &[BorrowedFd<'_>]) -> io::Result<Spawned> {
    let numbers: Vec<RawFd> = keep.iter().map(AsRawFd::as_raw_fd).collect();
    let keep_open = move || {
        for number in &numbers {
            // SAFETY: fcntl is async-signal-safe, and the descriptors are open in the child, which
            // is a copy of the parent that borrows them.
            if unsafe { libc::fcntl(*number, libc::F_SETFD, 0) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: the closure only calls async-signal-safe functions and does not allocate.
    unsafe { command.pre_exec(keep_open) };
    let child = command.spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    Ok(Spawned { pid, pidfd: PidFd::open(pid)? })
}

/// Has the kernel send the child this signal when the thread that starts it ends before it: nobody
/// would be left to stop it. An exec of a program with other rights undoes this.
pub fn stop_with_us(command: &mut Command, signal: Signal) {
    let ask = move || {
        nix::sys::prctl::set_pdeathsig(signal)?;
        Ok(())
    };
    // SAFETY: the closure makes one system call and does not allocate.
    unsafe { command.pre_exec(ask) };
}
