//! A process in a group of its own, with everything that it starts.
//!
//! Promises: once it has ended, no process of it is left, neither in its group nor in sessions that
//! its processes have begun: orphans come to this process, which ends them. So nothing else may be
//! started meanwhile. What runs with rights that this process may not end is left.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use appserver_os::spawn::{self, Spawned};
use appserver_os::{Exit, Pid, Signal, process, wait};
use nix::sys::signal::{kill, killpg};
use nix::unistd::getpid;

use super::processes;

/// How often orphans are looked for. Each turn ends all that there are; those that are left then are
/// made faster than they can be ended.
const TURNS: usize = 100;

/// A group that runs. Dropped, it is ended.
pub(super) struct Group {
    leader: Spawned,
    is_over: bool,
}

impl Group {
    /// Makes the orphans of everything that is started from now on come to this process.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn adopt_orphans() -> io::Result<()> {
        process::become_subreaper()
    }

    /// Starts the first process, which inherits these descriptors. It gets the signal if this
    /// process dies.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(
        mut command: Command,
        keep: &[BorrowedFd<'_>],
        last_will: Signal,
    ) -> io::Result<Self> {
        // One that reads from the terminal in the background would be stopped.
        command.process_group(0).stdin(Stdio::null());
        spawn::stop_with_us(&mut command, last_will);
        Ok(Self { leader: spawn::spawn(command, keep)?, is_over: false })
    }

    /// Its number, which is also that of its first process.
    pub(super) fn id(&self) -> Pid {
        self.leader.pid
    }

    /// Whether it has been ended.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Sends a signal to its first process.
    pub(super) fn tell(&self, signal: Signal) {
        if !self.is_over {
            let _ = kill(self.id(), signal);
        }
    }

    /// Waits until its first process has ended. Others may still run.
    ///
    /// # Errors
    /// It cannot be waited for.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub(super) async fn ended(&self) -> io::Result<()> {
        self.leader.pidfd.ended().await
    }

    /// Kills all that is left, and reaps it. Returns how the first process has ended, once.
    pub(super) fn end(&mut self) -> Option<Exit> {
        if self.is_over {
            return None;
        }
        self.is_over = true;
        // As long as the first process is not reaped, its number is no other group's.
        let _ = killpg(self.id(), Signal::SIGKILL);
        let exit = wait::until_ended(self.id()).ok();
        end_orphans();
        exit
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends what has come to this process. What an orphan has started comes after it, so one look is not
/// enough.
fn end_orphans() {
    for _ in 0..TURNS {
        let children = processes::children(getpid()).into_iter();
        // One that runs with other rights is not waited for.
        let ended: Vec<Pid> = children.filter(|pid| kill(*pid, Signal::SIGKILL).is_ok()).collect();
        if ended.is_empty() {
            return;
        }
        for pid in ended {
            let _ = wait::until_ended(pid);
        }
    }
}
