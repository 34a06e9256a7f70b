//! What the server tells about itself: logs, the access log, and the scoreboard.
//!
//! Workers write, the master and operators read. This crate must not know how requests are served
//! nor when workers are replaced.

mod access;
mod log;
mod scoreboard;
mod slot;

pub use access::{AccessAuth, AccessFormat, AccessLog, AccessRecord, AccessTarget};
pub use log::{LogFormat, init as init_log};
pub use scoreboard::Scoreboard;
pub use slot::{
    AuthCount, AuthCounters, AuthReport, AuthResult, BUCKETS, CLASSES, IssuingEvent, IssuingReport,
    Load, Slot, SlotReport, WorkerState, bucket_bound_ns,
};
