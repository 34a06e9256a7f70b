//! Start the real binary, be a rude client, wait with a deadline.
//!
//! For tests only: whatever goes wrong here ends the test with everything the server has said. No
//! wait sleeps; each is for an event and has a deadline that is only ever reached by a failure.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

pub mod client;
pub mod control;
pub mod files;
pub mod load;
pub mod log;
pub mod process;
pub mod program;
pub mod python;
pub mod server;

use std::time::Duration;

pub use client::{Address, Client, ClientError, Response};
pub use load::{Load, Pace, Tally};
pub use log::Log;
pub use server::{Builder, Ended, Server};

/// The end of every wait. A healthy wait takes milliseconds to seconds; this is for machines that
/// are busy with something else.
pub const DEADLINE: Duration = Duration::from_secs(60);
