//! Keeps the worker's signals from its application.
//!
//! Applications set handlers of their own, often without knowing that they take the signal from the
//! server: a worker that does not hear that it is to stop would be killed with its requests.

use std::time::Duration;

use appserver_os::signals::Claim;

/// A handler that was set after the start goes unnoticed for so long at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks at once, and from then on again and again, until the loop ends.
pub(super) fn keep(claim: Claim) {
    renew(&claim);
    tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            renew(&claim);
        }
    });
}

fn renew(claim: &Claim) {
    for signal in claim.renew() {
        tracing::warn!("{signal} belongs to the server; taken back from the application");
    }
}
