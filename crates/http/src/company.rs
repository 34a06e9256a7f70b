//! The other workers, and who of them takes a connection that has come.
//!
//! All idle workers are woken for a connection, and the first that runs could take a whole burst before
//! the next has opened its eyes. Connections are kept, so that one would have all the work for as long as
//! they live. So whoever has more than another that has no more to do waits a moment before it takes one.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::time::Duration;

use appserver_telemetry::{Load, Slot};

use crate::worker::Worker;

/// For so long others may take what has come: time enough to wake up, and no client notices it.
const MOMENT: Duration = Duration::from_millis(1);
/// Who has many connections need not be exact about it: a difference of one in so many does not count.
const SLACK: u64 = 8;

/// The other workers that accept connections, as they were seen last.
#[derive(Default)]
pub(crate) struct Company(RefCell<Vec<Slot>>);

impl Company {
    /// Looks who is there.
    pub(crate) fn look(&self, own: &Slot) {
        self.0.replace(own.company());
    }

    /// Whether there are others at all.
    pub(crate) fn is_there(&self) -> bool {
        !self.0.borrow().is_empty()
    }

    /// How many connections those have taken that should rather take the next one; none if none should.
    fn taken_by_the_less_busy(&self, own: Load) -> Option<u64> {
        let others = self.0.borrow();
        let less_busy =
            others.iter().filter_map(Slot::load).filter(|load| is_less_busy(*load, own));
        less_busy.map(|load| load.accepted).reduce(u64::wrapping_add)
    }
}

/// Whether a worker with this load should rather take a connection than one with that.
fn is_less_busy(other: Load, own: Load) -> bool {
    let enough = own.connections - own.connections / SLACK;
    other.connections < enough && other.in_flight <= own.in_flight
}

/// Lets others take what has come, for as long as those who have less to do take something.
pub(crate) async fn give_way(worker: &Worker) {
    let mut before = None;
    loop {
        let Some(own) = worker.slot.load() else { return };
        let taken = worker.company.taken_by_the_less_busy(own);
        if taken.is_none() || taken == before {
            return;
        }
        before = taken;
        tokio::select! {
            () = worker.changed.notified() => {}
            () = tokio::time::sleep(MOMENT) => {}
        }
    }
}
