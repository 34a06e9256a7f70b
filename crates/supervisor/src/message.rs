//! What master, molds and workers say to each other: small JSON messages, one per packet.
//!
//! A mold may run another build of this program than its master (a reload after an upgrade), so
//! fields may be added but not changed in meaning; [`crate::handover::PROTOCOL`] counts breaks.

use serde::{Deserialize, Serialize};

use crate::report::{BootReport, RecycleReason};

/// Master to mold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToMold {
    /// Fork a worker for this slot.
    Fork {
        /// Slot on the scoreboard.
        slot: usize,
    },
}

/// How a process ended, in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Exit code.
    Code(i32),
    /// Signal number.
    Signal(i32),
    /// Nobody saw how.
    Unseen,
}

impl From<appserver_os::Exit> for Ended {
    fn from(exit: appserver_os::Exit) -> Self {
        match exit {
            appserver_os::Exit::Code(code) => Self::Code(code),
            appserver_os::Exit::Signal(signal) => Self::Signal(signal),
            appserver_os::Exit::Unseen => Self::Unseen,
        }
    }
}

impl From<Ended> for appserver_os::Exit {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Code(code) => Self::Code(code),
            Ended::Signal(signal) => Self::Signal(signal),
            Ended::Unseen => Self::Unseen,
        }
    }
}

/// Mold to master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromMold {
    /// Ready to fork.
    Loaded {
        /// Whether the application is in the mold's memory, shared with its workers.
        preloaded: bool,
        /// What the operator should know, e.g. why it is not preloaded.
        notes: Vec<String>,
    },
    /// The application cannot be loaded; the mold ends.
    LoadFailed(BootReport),
    /// A worker was forked; its pidfd comes with the message.
    Forked {
        /// Its slot.
        slot: usize,
        /// Its process id.
        pid: i32,
    },
    /// fork(2) failed.
    ForkFailed {
        /// The slot that stays empty.
        slot: usize,
        /// The kernel's answer.
        error: String,
    },
    /// A worker has ended.
    Exited {
        /// Its process id.
        pid: i32,
        /// How it ended.
        ended: Ended,
    },
}

/// Worker to master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// Loaded, handlers installed, accepting.
    Ready {
        /// Its process id.
        pid: i32,
    },
    /// It cannot start, and ends.
    BootFailed {
        /// Its process id.
        pid: i32,
        /// Why.
        report: BootReport,
    },
    /// Asks to be replaced.
    Recycle {
        /// Its process id.
        pid: i32,
        /// Why.
        reason: RecycleReason,
    },
}

impl FromWorker {
    /// The process that says it.
    pub fn pid(&self) -> i32 {
        match self {
            Self::Ready { pid } | Self::BootFailed { pid, .. } | Self::Recycle { pid, .. } => *pid,
        }
    }
}
