//! The processes of one server, as the kernel sees them.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::DEADLINE;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(Signal),
}

/// A process that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its process id.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// Its program and arguments.
    pub command: String,
}

/// Makes this process the parent of every orphan below it, so that none escapes.
pub(crate) fn become_subreaper() {
    nix::sys::prctl::set_child_subreaper(true).expect("Linux 3.4 or newer");
}

/// Lets this test have as many files open as the system ever allows: a thousand clients are more than
/// most shells do.
pub fn allow_many_files() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is such a limit");
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("it may always be raised so far");
    }
}

/// The processes of a group that have not ended, zombies left out.
pub fn of_group(group: i32) -> Vec<Process> {
    let pids = std::fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| in_group(pid, group)).collect()
}

fn in_group(pid: i32, group: i32) -> Option<Process> {
    let folder = Path::new("/proc").join(pid.to_string());
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    // After the name, which may hold anything: state, parent, group.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let runs = !matches!(*fields.first()?, "Z" | "X");
    if !runs || fields.get(2)?.parse() != Ok(group) {
        return None;
    }
    let command = std::fs::read_to_string(folder.join("cmdline")).ok()?.replace('\0', " ");
    Some(Process { pid, parent: fields.get(1)?.parse().ok()?, command })
}

/// Sends a signal. One to a process that has ended is lost, as everywhere.
pub fn signal(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Kills a whole group.
pub(crate) fn kill_group(group: i32) {
    let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
}

/// Everything of a group, as it ends. Orphans come to us, so the group is over when we have no child
/// in it any more.
pub(crate) struct Ends {
    group: i32,
    news: Receiver<(i32, Exit)>,
    seen: Vec<(i32, Exit)>,
}

impl Ends {
    /// Reaps the group from now on, in a thread of its own.
    pub(crate) fn watch(group: i32) -> Self {
        let (sender, news) = channel();
        std::thread::spawn(move || reap(group, &sender));
        Self { group, news, seen: Vec::new() }
    }

    /// How a process has ended, if it was seen to by now.
    pub(crate) fn seen(&mut self, pid: i32) -> Option<Exit> {
        self.seen.extend(self.news.try_iter());
        self.seen.iter().find(|(ended, _)| *ended == pid).map(|(_, exit)| *exit)
    }

    /// Waits for the end of one process; `None` when it does not come in time.
    pub(crate) fn of(&mut self, pid: i32) -> Option<Exit> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(exit) = self.seen(pid) {
                return Some(exit);
            }
            let left = end.saturating_duration_since(Instant::now());
            self.seen.push(self.news.recv_timeout(left).ok()?);
        }
    }

    /// Waits for the end of all; returns those that still run when it does not come in time.
    pub(crate) fn of_all(&mut self) -> Vec<Process> {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(news) => self.seen.push(news),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Vec::new(),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => return of_group(self.group),
            }
        }
    }
}

fn reap(group: i32, news: &Sender<(i32, Exit)>) {
    loop {
        let ended = match waitpid(Pid::from_raw(-group), None) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, Exit::Code(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Exit::Signal(signal)),
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(_) => return,
        };
        let _ = news.send((ended.0.as_raw(), ended.1));
    }
}
