//! How children end.

use std::fmt;
use std::io;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Whoever saw how could not tell any more.
    Unseen,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal {}", signal.as_str()),
                Err(_) => write!(f, "signal {number}"),
            },
            Self::Unseen => f.write_str("nobody saw how"),
        }
    }
}

fn exit_of(status: WaitStatus) -> Option<(Pid, Exit)> {
    match status {
        WaitStatus::Exited(pid, code) => Some((pid, Exit::Code(code))),
        WaitStatus::Signaled(pid, signal, _) => Some((pid, Exit::Signal(signal as i32))),
        _ => None,
    }
}

/// Reaps one child that has ended, whichever it is; `None` when none has.
///
/// # Errors
/// Other than "no children", which is `None`.
pub fn any() -> io::Result<Option<(Pid, Exit)>> {
    match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        Ok(status) => Ok(exit_of(status)),
        Err(Errno::ECHILD) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How this child has ended, if it has. It stays to be reaped, by whoever is its parent then.
///
/// # Errors
/// `ECHILD` when it is not our child.
pub fn look(pid: Pid) -> io::Result<Option<Exit>> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let status = waitid(Id::Pid(pid), flags)?;
    Ok(exit_of(status).map(|(_, exit)| exit))
}

/// Reaps this child if it has ended.
///
/// # Errors
/// `ECHILD` when it is not our child.
pub fn one(pid: Pid) -> io::Result<Option<Exit>> {
    let status = waitpid(pid, Some(WaitPidFlag::WNOHANG))?;
    Ok(exit_of(status).map(|(_, exit)| exit))
}

/// Waits until this child ends.
///
/// # Errors
/// `ECHILD` when it is not our child.
pub fn until_ended(pid: Pid) -> io::Result<Exit> {
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
            Ok(status) => {
                if let Some((_, exit)) = exit_of(status) {
                    return Ok(exit);
                }
            }
        }
    }
}
