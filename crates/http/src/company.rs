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

/// All slots of the scoreboard that a worker ever had, up to the last that we know.
#[derive(Default)]
pub(crate) struct Company(RefCell<Vec<Slot>>);

impl Company {
    /// Whether others accept connections as well.
    pub(crate) fn is_there(&self, own: &Slot) -> bool {
        self.meet(own);
        let slots = self.0.borrow();
        slots.iter().any(|slot| slot.index() != own.index() && slot.load().is_some())
    }

    /// How many connections those have ever taken that should rather take the next one; none if none should.
    fn taken_by_the_less_busy(&self, worker: &Worker) -> Option<u64> {
        self.meet(&worker.slot);
        let mut own = worker.slot.load()?;
        // Nobody knows yet what these ask for, and they would not be here if they did not ask.
        own.in_flight += worker.fresh.get();
        let slots = self.0.borrow();
        let less_busy = slots.iter().filter_map(Slot::load).filter(|load| is_less_busy(*load, own));
        less_busy.map(|load| load.accepted).reduce(u64::wrapping_add)
    }

    /// Adds who has come since.
    fn meet(&self, own: &Slot) {
        let mut slots = self.0.borrow_mut();
        while let Some(slot) = own.sibling(slots.len()) {
            slots.push(slot);
        }
    }
}

/// Whether a worker with this load should rather take a connection than one with that.
fn is_less_busy(other: Load, own: Load) -> bool {
    let enough = own.connections - own.connections / SLACK;
    other.connections < enough && other.in_flight <= own.in_flight
}

/// Lets others take what has come, for as long as those who have less to do take something. Who ends
/// a connection meanwhile looks again: often nobody has less to do any more.
pub(crate) async fn give_way(worker: &Worker) {
    let mut before = None;
    while let Some(taken) = worker.company.taken_by_the_less_busy(worker)
        && before != Some(taken)
    {
        before = Some(taken);
        tokio::select! {
            () = worker.changed.notified() => {}
            () = tokio::time::sleep(MOMENT) => {}
        }
    }
}
