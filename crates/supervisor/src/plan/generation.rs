//! One version of the application: a mold and the workers that come out of it.

use super::{Nanos, Policy, ReplyTo};

/// Where a mold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoldState {
    /// Not there: before the first start, or between a death and the next attempt.
    Absent,
    Loading,
    Loaded,
}

/// A generation.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    pub(super) number: u64,
    pub(super) mold: MoldState,
    /// When loading has taken too long.
    pub(super) deadline: Option<Nanos>,
    /// Whether a worker of it has ever served.
    pub(super) proven: bool,
    /// What its settings say; taken over with it.
    pub(super) policy: Option<Policy>,
    /// Who waits to hear how its start went.
    pub(super) replies: Vec<ReplyTo>,
}

impl Generation {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            mold: MoldState::Absent,
            deadline: None,
            proven: false,
            policy: None,
            replies: Vec::new(),
        }
    }
}
