//! Workers whose end nobody tells.
//!
//! A mold reports how its workers ended, and then reaps them; those of a mold that has ended come to
//! the master. What is lost all the same would be waited for until the server ends.

use std::collections::BTreeSet;
use std::os::fd::AsFd;

use appserver_os::{Exit, PidFd, poll};

use super::Master;
use crate::plan::Pid;

/// Workers that had ended in the last round, although nobody had told.
#[derive(Debug, Default)]
pub(super) struct Unmourned(BTreeSet<Pid>);

impl Unmourned {
    /// Takes who has ended without a report by now; returns those who had a round ago already. A
    /// report that is merely on its way arrives within a round.
    fn sweep(&mut self, ended: BTreeSet<Pid>) -> Vec<Pid> {
        let lost = ended.intersection(&self.0).copied().collect();
        self.0 = ended;
        lost
    }
}

impl Master {
    /// Once per round: buries workers that nobody else will.
    pub(super) fn bury_lost(&mut self) {
        let has_ended = |worker: &PidFd| poll::is_readable(worker.as_fd()).unwrap_or(false);
        let ended = self.workers.iter().filter(|(_, worker)| has_ended(worker));
        let ended = ended.map(|(pid, _)| *pid).collect();
        for pid in self.unmourned.sweep(ended) {
            self.worker_ended(pid, Exit::Unseen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Unmourned};

    #[test]
    fn an_end_without_a_report_counts_after_a_round() {
        let mut unmourned = Unmourned::default();
        assert!(unmourned.sweep(BTreeSet::from([7])).is_empty());
        assert_eq!(unmourned.sweep(BTreeSet::from([7, 8])), [7]);
    }

    #[test]
    fn an_end_that_is_reported_in_time_does_not_count() {
        let mut unmourned = Unmourned::default();
        assert!(unmourned.sweep(BTreeSet::from([7])).is_empty());
        assert!(unmourned.sweep(BTreeSet::new()).is_empty());
        assert!(unmourned.sweep(BTreeSet::from([7])).is_empty());
    }
}
