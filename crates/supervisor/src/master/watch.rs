//! Looking at the workers: who is stuck, too old or too large.

use std::time::Duration;

use appserver_os::clock::monotonic_ns;
use appserver_os::process::resident_bytes;
use appserver_telemetry::SlotReport;

use super::{LOOK, Master};
use crate::plan::{Event, WorkerView};
use crate::report::RecycleReason;

/// The worker itself answers for a request that runs too long; the master waits this much longer
/// before it concludes that the worker cannot.
const MARGIN: Duration = Duration::from_secs(1);

/// When a worker is to be replaced. Unset limits do not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Longest time for one request.
    pub request_timeout: Option<Duration>,
    /// Longest life of a worker; each slot a little different, so that they do not go together.
    pub max_age: Option<Duration>,
    /// Largest resident memory of a worker, in bytes.
    pub max_rss: Option<u64>,
}

impl Master {
    pub(super) fn look(&mut self) {
        self.manager.alive();
        self.reap();
        self.early.sweep();
        self.bury_lost();
        let now = monotonic_ns();
        self.next_look_ns = now + LOOK;
        let workers: Vec<WorkerView> = self.plan.workers().filter(|worker| worker.ready).collect();
        for worker in workers {
            let report = self.scoreboard.slot(worker.slot).read();
            if let Some(event) = self.judge(worker, &report, now) {
                self.happen(event);
            }
        }
        self.happen(Event::Tick);
    }

    fn judge(&self, worker: WorkerView, report: &SlotReport, now: u64) -> Option<Event> {
        let pid = worker.pid;
        if u32::try_from(pid) != Ok(report.pid) {
            return None;
        }
        // Workers of a generation that is being rolled away are judged by its successor's settings.
        let deployment = self.deployments.get(&worker.generation);
        let watch = &deployment.or_else(|| self.deployments.values().next())?.watch;
        if let Some(detail) = watch.stuck(report, now) {
            return Some(Event::Stuck { pid, detail });
        }
        let age = Duration::from_nanos(now.saturating_sub(worker.ready_since?));
        if watch.max_age.is_some_and(|limit| age >= spread(limit, worker.slot)) {
            return Some(Event::Recycle { pid, reason: RecycleReason::Age });
        }
        let limit = watch.max_rss?;
        let rss = resident_bytes(appserver_os::Pid::from_raw(pid))?;
        (rss > limit).then_some(Event::Recycle { pid, reason: RecycleReason::Memory })
    }
}

impl Watch {
    /// Why this worker does not move any more, if it does not.
    fn stuck(&self, report: &SlotReport, now: u64) -> Option<String> {
        let limit = self.request_timeout? + MARGIN;
        let since = |ns: u64| Duration::from_nanos(now.saturating_sub(ns));
        if let Some((started, line)) = report.oldest.as_ref().filter(|_| !report.is_untimed) {
            let running = since(*started);
            if running > limit {
                return Some(format!("{line} has been running for {:.1} s", running.as_secs_f64()));
            }
        }
        let silent = since(report.heartbeat_ns);
        (silent > limit)
            .then(|| format!("its loop has not turned for {:.1} s", silent.as_secs_f64()))
    }
}

/// Up to an eighth later, by slot.
fn spread(limit: Duration, slot: usize) -> Duration {
    limit + limit * u32::try_from(slot % 8).unwrap_or(0) / 64
}

#[cfg(test)]
mod tests;
