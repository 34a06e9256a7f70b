//! What the loop and another thread tell each other about a request that waits in a queue.

use std::sync::atomic::{AtomicU8, Ordering};

const QUEUED: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

/// A place in a queue. A request is either begun or withdrawn, never both: whoever comes first
/// decides.
#[derive(Debug, Default)]
pub struct Ticket(AtomicU8);

impl Ticket {
    /// The application begins. False if nobody waits for the answer any more.
    pub fn begin(&self) -> bool {
        self.leave_queue(BEGUN)
    }

    /// Nobody waits any more. False if the application has begun: then it goes on.
    pub fn withdraw(&self) -> bool {
        self.leave_queue(WITHDRAWN)
    }

    /// Whether the application has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) == BEGUN
    }

    fn leave_queue(&self, to: u8) -> bool {
        self.0.compare_exchange(QUEUED, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
