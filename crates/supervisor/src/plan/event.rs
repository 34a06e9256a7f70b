//! What can happen to a server, and what it can do.

use appserver_os::Exit;

use super::{Pid, Policy};
use crate::report::{BootReport, RecycleReason};

/// Names the operator who waits for an answer.
pub type ReplyTo = u64;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The server starts.
    Start,
    /// A deadline may have passed.
    Tick,
    /// A mold is ready to fork.
    MoldLoaded {
        /// Its generation.
        generation: u64,
        /// Whether the application is in its memory.
        preloaded: bool,
        /// What the operator should know.
        notes: Vec<String>,
    },
    /// A mold cannot load the application.
    MoldFailed {
        /// Its generation.
        generation: u64,
        /// Why.
        report: BootReport,
    },
    /// A mold has gone, or could not be started.
    MoldGone {
        /// Its generation.
        generation: u64,
        /// How it ended, in words.
        how: String,
    },
    /// A worker was forked.
    Forked {
        /// Its generation.
        generation: u64,
        /// Its slot.
        slot: usize,
        /// Its process id.
        pid: Pid,
    },
    /// No worker was forked.
    ForkFailed {
        /// The slot that stays empty.
        slot: usize,
        /// Why.
        error: String,
    },
    /// A worker serves.
    Ready {
        /// Its process id.
        pid: Pid,
    },
    /// A worker cannot start.
    BootFailed {
        /// Its process id.
        pid: Pid,
        /// Why.
        report: BootReport,
    },
    /// A worker has ended.
    Exited {
        /// Its process id.
        pid: Pid,
        /// How.
        exit: Exit,
    },
    /// A worker is to be replaced.
    Recycle {
        /// Its process id.
        pid: Pid,
        /// Why.
        reason: RecycleReason,
    },
    /// A worker does not turn its loop any more.
    Stuck {
        /// Its process id.
        pid: Pid,
        /// What it is stuck in.
        detail: String,
    },
    /// The operator wants the new code; its settings are read and its sockets bound, or not.
    Reload {
        /// What the settings say now, or why they cannot be used.
        prepared: Result<Policy, String>,
        /// Who waits for the outcome.
        reply: Option<ReplyTo>,
    },
    /// The operator wants this many workers.
    Scale {
        /// How many.
        workers: usize,
    },
    /// The operator wants the server to stop.
    Stop {
        /// Without waiting for requests that are running.
        quick: bool,
    },
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For every operator.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
}

/// How to address a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// Finish what you have, then end (`SIGTERM`).
    Drain,
    /// End now (`SIGQUIT`).
    Quick,
    /// Say where you are (`SIGPWR`).
    Dump,
    /// Say where you are, and die (`SIGABRT`).
    Abort,
    /// Die (`SIGKILL`).
    Kill,
}

/// A message for the service manager (`sd_notify(3)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sd {
    /// All wanted workers serve.
    Ready,
    /// A reload has begun.
    Reloading,
    /// The server is on its way out.
    Stopping,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a mold.
    SpawnMold {
        /// For this generation.
        generation: u64,
    },
    /// End a mold; its workers are not touched.
    EndMold {
        /// Of this generation.
        generation: u64,
        /// Whether it is to say first where it is.
        dump: bool,
    },
    /// Have a mold fork a worker.
    Fork {
        /// The mold's generation.
        generation: u64,
        /// For this slot.
        slot: usize,
    },
    /// Address a worker.
    Signal {
        /// Its process id.
        pid: Pid,
        /// How.
        kill: Kill,
    },
    /// A worker is gone: clear its slot.
    Vacate {
        /// Its process id.
        pid: Pid,
        /// Its slot.
        slot: usize,
    },
    /// A new generation has taken over: what only its predecessor needed may go.
    Commit {
        /// The new generation.
        generation: u64,
    },
    /// The new generation was thrown away: what only it needed may go.
    Discard {
        /// The failed generation.
        generation: u64,
    },
    /// Write a log line.
    Log(Level, String),
    /// Tell the service manager.
    Notify(Sd),
    /// Answer an operator.
    Reply(ReplyTo, Result<String, String>),
    /// End the server.
    Exit(i32),
}
