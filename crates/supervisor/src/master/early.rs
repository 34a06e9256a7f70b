//! Reports of workers that their mold has not announced yet.
//!
//! A worker reports over one socket, its mold announces it over another, so the report may be read
//! first. It is kept until the announcement. Where none comes, because the mold has ended between
//! the fork and its announcement, the worker is ours to end.

use std::collections::BTreeMap;

use appserver_os::{Pid, PidFd, Signal, wait};

use crate::message::FromWorker;

/// Reports by the process that sent them.
#[derive(Debug, Default)]
pub(super) struct EarlyReports(BTreeMap<i32, Early>);

#[derive(Debug, Default)]
struct Early {
    reports: Vec<FromWorker>,
    /// Whether a whole round has passed without an announcement.
    is_old: bool,
}

impl EarlyReports {
    /// Keeps a report.
    pub(super) fn keep(&mut self, report: FromWorker) {
        self.0.entry(report.pid()).or_default().reports.push(report);
    }

    /// What a worker that is now announced has reported, in order.
    pub(super) fn take(&mut self, pid: i32) -> Vec<FromWorker> {
        self.0.remove(&pid).map(|early| early.reports).unwrap_or_default()
    }

    /// Once per round: ends strays, forgets who is gone, keeps whoever may still be announced.
    pub(super) fn sweep(&mut self) {
        self.0.retain(|pid, early| {
            let may_come = !std::mem::replace(&mut early.is_old, true);
            may_come || !is_over(Pid::from_raw(*pid))
        });
    }
}

/// Whether a process that was not announced for a while never will be. A child of a mold that lives
/// is not ours to wait for; a child of one that has ended came to us.
fn is_over(pid: Pid) -> bool {
    match wait::one(pid) {
        Ok(Some(_)) => true,
        Ok(None) => {
            end(pid);
            true
        }
        Err(_) => PidFd::open(pid).is_err(),
    }
}

/// Ends a child of ours, whose id is safe because nobody else reaps it.
fn end(pid: Pid) {
    tracing::debug!("pid {pid} came out of a mold that is gone; killed");
    if let Ok(pidfd) = PidFd::open(pid) {
        let _ = pidfd.signal(Signal::SIGKILL);
    }
}

#[cfg(test)]
mod tests {
    use super::EarlyReports;
    use crate::message::FromWorker;
    use crate::report::RecycleReason;

    /// No process has this id: Linux ends at 2²².
    const NOBODY: i32 = i32::MAX;

    #[test]
    fn reports_come_out_once_and_in_order() {
        let mut early = EarlyReports::default();
        let ready = FromWorker::Ready { pid: NOBODY };
        let recycle = FromWorker::Recycle { pid: NOBODY, reason: RecycleReason::Age };
        early.keep(ready.clone());
        early.keep(recycle.clone());
        assert_eq!(early.take(1), []);
        assert_eq!(early.take(NOBODY), [ready, recycle]);
        assert_eq!(early.take(NOBODY), []);
    }

    #[test]
    fn whoever_is_gone_is_forgotten_after_a_round() {
        let mut early = EarlyReports::default();
        early.keep(FromWorker::Ready { pid: NOBODY });
        early.sweep();
        assert_eq!(early.0.len(), 1);
        early.sweep();
        assert!(early.0.is_empty());
    }

    #[test]
    fn whoever_is_not_our_child_may_still_be_announced() {
        let mut early = EarlyReports::default();
        let own = i32::try_from(std::process::id()).unwrap();
        early.keep(FromWorker::Ready { pid: own });
        early.sweep();
        early.sweep();
        assert_eq!(early.take(own).len(), 1);
    }
}
