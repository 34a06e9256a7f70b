//! How a worker's loop and its application and master reach each other.

use std::sync::Arc;

use appserver_http::{Events, RecycleReason};
use appserver_os::packet::PacketSocket;
use appserver_os::{Signal, process};
use appserver_supervisor::BootReport;
use appserver_supervisor::message::FromWorker;

/// What happens around the loop's sleep. A Python application gives up its interpreter there.
#[derive(Clone, Copy, Debug)]
pub struct LoopHooks {
    /// The loop is about to sleep.
    pub park: fn(),
    /// The loop has woken up.
    pub unpark: fn(),
}

impl Default for LoopHooks {
    fn default() -> Self {
        Self { park: || (), unpark: || () }
    }
}

/// Tells the master.
#[derive(Clone, Debug)]
pub(super) struct Reporter(pub(super) Arc<PacketSocket>);

impl Reporter {
    /// Sends a report. A master that has gone is noticed elsewhere.
    pub(super) fn send(&self, report: &FromWorker) {
        if let Ok(bytes) = serde_json::to_vec(report) {
            let _ = self.0.send(&bytes, None);
        }
    }
}

impl Reporter {
    /// Tells that the worker does not become ready.
    pub(super) fn failed(&self, report: &BootReport) {
        let pid = std::process::id().cast_signed();
        self.send(&FromWorker::BootFailed { pid, report: report.clone() });
    }
}

impl Events for Reporter {
    fn recycle(&self, reason: RecycleReason) {
        let reason = match reason {
            RecycleReason::MaxRequests => appserver_supervisor::RecycleReason::MaxRequests,
            RecycleReason::RequestTimeout => appserver_supervisor::RecycleReason::RequestTimeout,
        };
        self.send(&FromWorker::Recycle { pid: std::process::id().cast_signed(), reason });
    }

    /// What the master asks of a worker that it replaces. Asked here, the answer is written before
    /// the worker can end.
    fn stuck(&self) {
        process::raise(Signal::SIGPWR);
    }
}
