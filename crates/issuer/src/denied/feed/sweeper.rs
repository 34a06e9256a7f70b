//! Removes from the store what has expired, in small batches, and looks whether memory fills up.

use std::sync::Arc;
use std::time::Duration;

use appserver_store::TokenStore;

use super::{Denied, Now};

/// How often rows that have expired are looked for.
const EVERY: Duration = Duration::from_secs(60);
/// How many of them go at once: others wait for the same locks.
const MOST: u32 = 500;
/// The rest between two batches.
const REST: Duration = Duration::from_millis(200);

/// Sweeps, while we lead.
pub(super) struct Sweeper {
    store: Arc<dyn TokenStore>,
    denied: Arc<Denied>,
    /// How long to wait before the next turn.
    pub(super) pause: Duration,
    is_down: bool,
    was_filling: bool,
}

impl Sweeper {
    pub(super) fn new(store: Arc<dyn TokenStore>, denied: Arc<Denied>) -> Self {
        Self { store, denied, pause: EVERY, is_down: false, was_filling: false }
    }

    pub(super) async fn turn(&mut self, now: Now) {
        self.pause = EVERY;
        if !self.denied.leads(now.monotonic) {
            return;
        }
        self.look(now);
        let swept = self.store.sweep(now.wall, MOST).await;
        match &swept {
            Ok(count) if *count >= u64::from(MOST) => self.pause = REST,
            Err(error) if !self.is_down => {
                tracing::warn!("what has expired is not removed from the store: {error}");
            }
            _ => (),
        }
        self.is_down = swept.is_err();
    }

    /// Says in good time that memory fills up.
    fn look(&mut self, now: Now) {
        let (used, slots) = self.denied.usage(now.seconds());
        let is_filling = used > slots / 2;
        if is_filling && !self.was_filling {
            tracing::warn!(
                "{used} revocations are in force, and there is room for {slots} at most"
            );
        }
        self.was_filling = is_filling;
    }
}
