//! What the loop and another thread tell each other about a request that waits in a queue.

use std::sync::atomic::{AtomicU8, Ordering};

const QUEUED: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;
const EXPIRED: u8 = 3;

/// A place in a queue. A request is either begun or withdrawn, never both: whoever comes first
/// decides.
#[derive(Debug, Default)]
pub struct Ticket(AtomicU8);

impl Ticket {
    /// The application begins. False if nobody waits for the answer any more.
    pub fn begin(&self) -> bool {
        self.change(QUEUED, BEGUN)
    }

    /// Nobody waits any more. False if the application has begun: then it goes on.
    pub fn withdraw(&self) -> bool {
        self.change(QUEUED, WITHDRAWN)
    }

    /// The time for an answer is over. False if the application had not begun: then it never does.
    /// Otherwise it goes on, and nobody waits for its end any more, not even a worker that drains.
    pub fn expire(&self) -> bool {
        !self.withdraw() && self.change(BEGUN, EXPIRED)
    }

    /// Whether the application had begun when the time was over.
    pub fn is_expired(&self) -> bool {
        self.0.load(Ordering::Relaxed) == EXPIRED
    }

    /// Whether the application has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) == BEGUN
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_decides() {
        let (begun, withdrawn) = (Ticket::default(), Ticket::default());
        assert!(begun.begin() && !begun.withdraw() && begun.has_begun());
        assert!(withdrawn.withdraw() && !withdrawn.begin() && !withdrawn.has_begun());
    }

    #[test]
    fn only_what_has_begun_expires() {
        let (begun, queued, withdrawn) = <(Ticket, Ticket, Ticket)>::default();
        assert!(begun.begin() && begun.expire() && begun.is_expired());
        assert!(!queued.expire() && !queued.is_expired());
        assert!(!queued.begin(), "it never does");
        assert!(withdrawn.withdraw() && !withdrawn.expire() && !withdrawn.is_expired());
    }
}
