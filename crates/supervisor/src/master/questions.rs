//! Answers to operators, read off the plan and the scoreboard.

use appserver_os::clock::monotonic_ns;
use appserver_telemetry::{IssuingReport, SlotReport, WorkerState};

use super::Master;
use crate::control::{Answer, AuthStatus, Question, Request, Status, WorkerStatus};
use crate::plan::{Event, MAX_WORKERS};

impl Master {
    pub(super) fn asked(&mut self, question: Question) {
        let Question { request, answer } = question;
        let text = match request {
            Request::Status => Answer::Status(Box::new(self.status())),
            Request::Workers => Answer::Workers(self.worker_statuses()),
            Request::Reload => {
                let reply = self.next_reply;
                self.next_reply += 1;
                self.replies.insert(reply, answer);
                self.reload(Some(reply));
                return;
            }
            Request::Scale { workers } if workers > MAX_WORKERS => {
                Answer::Failed(format!("at most {MAX_WORKERS} workers are possible"))
            }
            Request::Scale { workers } => {
                self.happen(Event::Scale { workers });
                Answer::Done(format!("{} workers wanted", self.plan.wanted()))
            }
            Request::Stop => {
                tracing::info!("a stop was asked for through the control socket");
                self.happen(Event::Stop { quick: false });
                let (pid, listeners) = (std::process::id(), self.addresses().join(", "));
                Answer::Done(format!("stopping: pid {pid}, {listeners}"))
            }
            Request::ReopenLogs => {
                self.reopen_logs();
                Answer::Done("log files opened anew".to_owned())
            }
        };
        let _ = answer.send(text);
    }

    /// What each worker says of itself; for one that has not sat down yet, that it is booting.
    fn reports(&self) -> impl Iterator<Item = SlotReport> + '_ {
        self.plan.workers().map(|worker| {
            let pid = u32::try_from(worker.pid).unwrap_or(0);
            let report = self.scoreboard.slot(worker.slot).read();
            if report.pid == pid {
                return report;
            }
            SlotReport {
                slot: worker.slot,
                pid,
                generation: worker.generation,
                state: WorkerState::Booting,
                started_ns: monotonic_ns(),
                ..SlotReport::default()
            }
        })
    }

    fn worker_statuses(&self) -> Vec<WorkerStatus> {
        let now = monotonic_ns();
        let mut workers: Vec<WorkerStatus> =
            self.reports().map(|report| WorkerStatus::new(&report, now)).collect();
        workers.sort_by_key(|worker| worker.slot);
        workers
    }

    fn status(&self) -> Status {
        let slots = (0..self.scoreboard.slots()).map(|slot| self.scoreboard.slot(slot).read());
        let mut status = Status {
            pid: std::process::id(),
            version: self.version.to_owned(),
            state: self.state().to_owned(),
            generation: self.plan.generation(),
            workers: self.plan.wanted(),
            ready: self.plan.workers().filter(|worker| worker.ready).count(),
            listeners: self.addresses(),
            uptime: monotonic_ns().saturating_sub(self.started_ns) / 1_000_000_000,
            requests: 0,
            server_errors: 0,
            refused: 0,
            in_flight: 0,
            connections: 0,
            auth: AuthStatus::default(),
            issuing: IssuingReport::default(),
        };
        let current = self.deployments.get(&self.plan.generation());
        let reasons = current.map(|deployment| deployment.reasons.as_slice()).unwrap_or_default();
        status.auth.keys = current.map(|deployment| (deployment.keys)()).unwrap_or_default();
        for report in slots {
            status.requests += report.requests();
            status.server_errors += report.requests_of_class(5);
            status.refused += report.refused;
            status.in_flight += report.in_flight;
            status.connections += report.connections;
            status.auth.add(&report.auth, reasons);
            status.issuing.add(&report.issuing);
        }
        status
    }

    fn state(&self) -> &'static str {
        if self.plan.is_stopping() {
            "stopping"
        } else if self.plan.is_reloading() {
            "reloading"
        } else if self.plan.is_ready() {
            "ready"
        } else if self.plan.has_served() {
            "degraded"
        } else {
            "starting"
        }
    }

    fn addresses(&self) -> Vec<String> {
        let current = self.deployments.get(&self.plan.generation());
        let listeners =
            current.map(|deployment| deployment.listeners.as_slice()).unwrap_or_default();
        let addresses = listeners.iter().filter_map(|listener| listener.local_address().ok());
        addresses.map(|address| address.to_string()).collect()
    }
}
