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
pub mod gate;
pub mod load;
pub mod log;
pub mod process;
pub mod program;
pub mod python;
pub mod server;

use std::time::{Duration, Instant};

pub use client::{Address, Client, ClientError, Response};
pub use gate::Gate;
pub use load::{Load, Pace, Tally};
pub use log::Log;
pub use server::{Builder, Ended, Server};

pub use nix::sys::signal::Signal;

/// The end of every wait. A healthy wait takes milliseconds to seconds; this is for machines that
/// are busy with something else.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again and again, until the answer is yes.
///
/// # Panics
/// When it never is.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        // Only spares the processor, which the server may need to get there.
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
