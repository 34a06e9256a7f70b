//! A worker, as the master sees it.

use super::{Nanos, Pid};

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Booting,
    Ready,
    /// Told to finish; the deadline is when it is killed.
    Draining,
    /// Told to dump its stack and die.
    Aborting,
    /// Killed; its exit is on the way.
    Killed,
}

/// A worker.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) slot: usize,
    pub(super) generation: u64,
    pub(super) state: State,
    pub(super) deadline: Option<Nanos>,
    pub(super) ready_since: Option<Nanos>,
    /// To be replaced before it is drained.
    pub(super) marked: bool,
}

/// A worker, for those who look on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerView {
    /// Its process id.
    pub pid: Pid,
    /// Its slot.
    pub slot: usize,
    /// Its generation.
    pub generation: u64,
    /// Whether it serves and is to go on.
    pub ready: bool,
    /// Since when it serves.
    pub ready_since: Option<Nanos>,
}

impl Worker {
    pub(super) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Not told to go yet.
    pub(super) fn is_staying(&self) -> bool {
        matches!(self.state, State::Booting | State::Ready)
    }

    pub(super) fn view(&self, pid: Pid) -> WorkerView {
        WorkerView {
            pid,
            slot: self.slot,
            generation: self.generation,
            ready: self.is_ready(),
            ready_since: self.ready_since,
        }
    }
}
