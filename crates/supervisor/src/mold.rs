//! The mold: a process that has the application in memory and does nothing but fork workers.
//!
//! It has one thread and no runtime. When its master goes, it goes; its workers notice by themselves.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;

use appserver_os::fork::Forked;
use appserver_os::packet::PacketSocket;
use appserver_os::{Pid, PidFd, poll, wait};

use crate::message::{FromMold, ToMold};

/// How [`serve`] returns.
#[derive(Debug)]
pub enum Outcome {
    /// In the mold itself: the master has dismissed it, or has gone.
    Dismissed,
    /// In a process that was just forked: it is a worker, for this slot.
    Worker {
        /// Slot on the scoreboard.
        slot: usize,
    },
}

/// Says something to the master.
///
/// # Errors
/// When the master has gone.
pub fn tell(control: &PacketSocket, message: &FromMold) -> io::Result<()> {
    control.send(&encode(message)?, None)
}

/// A message as bytes. It fits into a packet: a report cuts its own texts.
pub(crate) fn encode(message: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(message)?)
}

/// Forks workers on the master's orders and reports how they end, until the master closes the
/// socket. `fork` makes the process; it returns twice.
///
/// # Errors
/// When the socket fails.
pub fn serve(
    control: &PacketSocket,
    fork: &mut dyn FnMut() -> io::Result<Forked>,
) -> io::Result<Outcome> {
    let mut workers: BTreeMap<Pid, PidFd> = BTreeMap::new();
    loop {
        let ends = workers.values().map(AsFd::as_fd);
        poll::until_readable(std::iter::once(control.as_fd()).chain(ends))?;
        reap(control, &mut workers)?;
        if !poll::is_readable(control.as_fd())? {
            continue;
        }
        let Some(packet) = control.receive()? else { return Ok(Outcome::Dismissed) };
        let ToMold::Fork { slot } = serde_json::from_slice(&packet.bytes)?;
        match fork() {
            Ok(Forked::Child) => return Ok(Outcome::Worker { slot }),
            Ok(Forked::Parent(pid)) => announce(control, &mut workers, slot, pid)?,
            Err(error) => {
                tell(control, &FromMold::ForkFailed { slot, error: error.to_string() })?;
            }
        }
    }
}

fn announce(
    control: &PacketSocket,
    workers: &mut BTreeMap<Pid, PidFd>,
    slot: usize,
    pid: Pid,
) -> io::Result<()> {
    let pidfd = PidFd::open(pid)?;
    let message = FromMold::Forked { slot, pid: pid.as_raw() };
    control.send(&encode(&message)?, Some(pidfd.as_fd()))?;
    workers.insert(pid, pidfd);
    Ok(())
}

fn reap(control: &PacketSocket, workers: &mut BTreeMap<Pid, PidFd>) -> io::Result<()> {
    let mut ended = Vec::new();
    for pid in workers.keys() {
        if let Some(exit) = wait::look(*pid)? {
            ended.push((*pid, exit));
        }
    }
    for (pid, exit) in ended {
        workers.remove(&pid);
        tell(control, &FromMold::Exited { pid: pid.as_raw(), ended: exit.into() })?;
        // Only now: a mold that is killed before it has told leaves the worker to the master, who
        // then sees for itself. One that is killed here is heard twice, which does no harm.
        wait::one(pid)?;
    }
    Ok(())
}
