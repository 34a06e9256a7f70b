//! The kernel's promises that the server builds on, tried without privileges.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

#[path = "os/children.rs"]
mod children;
#[path = "os/listeners.rs"]
mod listeners;
#[path = "os/memory.rs"]
mod memory;
#[path = "os/packets.rs"]
mod packets;
#[path = "os/privileges.rs"]
mod privileges;
#[path = "os/signals.rs"]
mod signals;
#[path = "os/terminal.rs"]
mod terminal;
#[path = "os/waiting.rs"]
mod waiting;

use std::future::Future;
use std::time::Duration;

/// The end of every wait; only a failure reaches it.
const DEADLINE: Duration = Duration::from_secs(30);

/// Runs this in a loop of its own, as each process of the server has one.
fn in_a_loop<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, task).await.expect("deadline") })
}
