//! How workers are made to go, and what happens when their time, or a mold's, is up.

use super::worker::State;
use super::{Action, Kill, Level, Nanos, Phase, Pid, Plan, QUICK_STOP, Sd, after};
use crate::report::BootReport;

impl Plan {
    pub(super) fn stop(&mut self, code: i32, quick: bool, now: Nanos) {
        // A graceful stop can be hurried, a quick one cannot be slowed down again.
        let (code, quick) = match self.phase {
            Phase::Ended => return,
            Phase::Stopping { code, quick: already } => (code, already || quick),
            Phase::Starting | Phase::Running => (code, quick),
        };
        if !self.is_stopping() {
            self.act(Action::Notify(Sd::Stopping));
            self.refuse_waiting("the server is stopping");
            // Its mold ends with the server, its candidate is a worker like any other.
            self.incoming = None;
        }
        self.phase = Phase::Stopping { code, quick };
        let pids: Vec<Pid> = self.workers.keys().copied().collect();
        for pid in pids {
            self.dismiss(pid, quick, now);
        }
    }

    /// Tells a worker to go; one that was told already is only told again to hurry.
    pub(super) fn dismiss(&mut self, pid: Pid, quick: bool, now: Nanos) {
        let graceful = self.policy.graceful_timeout;
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        let told = !worker.is_staying();
        if matches!(worker.state, State::Killed | State::Aborting) || (told && !quick) {
            return;
        }
        let (wait, kill) = if quick { (QUICK_STOP, Kill::Quick) } else { (graceful, Kill::Drain) };
        // Being told once more does not win it time.
        let granted = worker.deadline.filter(|_| told).unwrap_or(Nanos::MAX);
        worker.state = State::Draining;
        worker.deadline = Some(after(now, wait).min(granted));
        self.act(Action::Signal { pid, kill });
    }

    /// Tells a worker that has just become ready once more to go. Before, it may have been deaf:
    /// until a new process catches signals, the handlers of its mold swallow them.
    pub(super) fn remind(&mut self, pid: Pid) {
        let quick = matches!(self.phase, Phase::Stopping { quick: true, .. });
        let kill = if quick { Kill::Quick } else { Kill::Drain };
        self.act(Action::Signal { pid, kill });
    }

    pub(super) fn kill(&mut self, pid: Pid) {
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        worker.state = State::Killed;
        worker.deadline = None;
        self.act(Action::Signal { pid, kill: Kill::Kill });
    }

    pub(super) fn enforce_deadlines(&mut self, now: Nanos) {
        self.crashes.pass(now);
        let late: Vec<(Pid, State)> = self
            .workers
            .iter()
            .filter(|(_, worker)| is_past(worker.deadline, now))
            .map(|(pid, worker)| (*pid, worker.state))
            .collect();
        for (pid, state) in late {
            self.overdue(pid, state, now);
        }
        for generation in [Some(self.current.number), self.incoming_number()].into_iter().flatten()
        {
            let found = self.generation_mut(generation);
            if found.is_some_and(|found| is_past(found.deadline, now)) {
                let report = BootReport::worker("the application did not load within boot_timeout");
                self.give_up_mold(generation, true, &report, now);
            }
        }
        while let Some(generation) = self.hanging_mold(now) {
            let report = BootReport::worker("the mold hangs: it did not fork a worker");
            self.give_up_mold(generation, true, &report, now);
        }
    }

    fn hanging_mold(&self, now: Nanos) -> Option<u64> {
        let late = self.forking.values().find(|fork| is_past(Some(fork.deadline), now));
        late.map(|fork| fork.generation)
    }

    fn overdue(&mut self, pid: Pid, state: State, now: Nanos) {
        match state {
            State::Booting => {
                self.act(Action::Signal { pid, kill: Kill::Abort });
                let report = BootReport::worker("it did not become ready within boot_timeout");
                self.boot_failed(pid, &report, now);
            }
            State::Draining => {
                let text = format!("pid {pid} did not finish within its time to stop; killed");
                self.say(Level::Warn, text);
                self.kill(pid);
            }
            State::Aborting | State::Killed => self.kill(pid),
            State::Ready => {}
        }
    }
}

fn is_past(deadline: Option<Nanos>, now: Nanos) -> bool {
    deadline.is_some_and(|deadline| now >= deadline)
}
