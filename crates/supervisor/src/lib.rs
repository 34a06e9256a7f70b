//! The master: keeps the wanted number of workers running, whatever happens to them.
//!
//! What to do is decided by [`plan`], which is pure: events in, actions out. [`master`] performs the
//! actions. [`mold`] is the other end: the process that forks workers. Nothing here knows HTTP or
//! Python.

pub mod control;
pub mod handover;
pub mod master;
pub mod message;
pub mod mold;
pub mod notify;
pub mod plan;
pub mod report;

pub use handover::Inheritance;
pub use master::{Deploy, Deployment, Watch};
pub use plan::Policy;
pub use report::{BootReport, RecycleReason};
