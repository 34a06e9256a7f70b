//! fork(2) for molds that have no interpreter of their own to do it.

use std::io::{self, Error, ErrorKind};

use nix::unistd::{ForkResult, Pid, fork};

/// Which of the two processes this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The process that called, with the id of its child.
    Parent(Pid),
    /// The new process.
    Child,
}

/// Forks a process that has no other threads.
///
/// # Errors
/// `EAGAIN` at the limit of processes, `ENOMEM`; refused as [`ErrorKind::ResourceBusy`] when other
/// threads are running, because locks they hold would stay held in the child for ever.
pub fn single_threaded() -> io::Result<Forked> {
    let others = crate::process::thread_count()?.saturating_sub(1);
    if others > 0 {
        let text = format!("{others} other thread(s) are running in the process to be forked");
        return Err(Error::new(ErrorKind::ResourceBusy, text));
    }
    // SAFETY: this is the only thread of the process, so no lock can be held by another one and the
    // child may run any code.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(Forked::Parent(child)),
        ForkResult::Child => Ok(Forked::Child),
    }
}
