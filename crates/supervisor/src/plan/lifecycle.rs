//! What each event means for molds and workers.

use appserver_os::Exit;

use super::crash::in_words;
use super::worker::State;
use super::{
    Action, DUMP, Event, Kill, Level, MAX_WORKERS, MoldState, Nanos, Phase, Pid, Plan, QUICK_STOP,
    Worker, after,
};
use crate::report::{BootReport, RecycleReason};

impl Plan {
    pub(super) fn take_in(&mut self, event: Event, now: Nanos) {
        match event {
            Event::Start | Event::Tick => {}
            Event::MoldLoaded { generation, preloaded, notes } => {
                self.mold_loaded(generation, preloaded, notes);
            }
            Event::MoldFailed { generation, report } => {
                self.give_up_mold(generation, false, &report, now);
            }
            Event::MoldGone { generation, how } => {
                let report = BootReport::worker(format!("the mold ended: {how}"));
                self.forking.retain(|_, fork| fork.generation != generation);
                self.mold_failed(generation, &report, now);
            }
            Event::Forked { generation, slot, pid } => self.forked(generation, slot, pid, now),
            Event::ForkFailed { slot, error } => self.fork_failed(slot, &error, now),
            Event::Ready { pid } => self.ready(pid, now),
            Event::BootFailed { pid, report } => self.boot_failed(pid, &report, now),
            Event::Exited { pid, exit } => self.exited(pid, exit, now),
            Event::Recycle { pid, reason } => self.recycle(pid, reason),
            Event::Stuck { pid, detail } => self.stuck(pid, &detail, now),
            Event::Reload { prepared, reply } => self.reload(prepared, reply, now),
            Event::Scale { workers } => self.scale(workers),
            Event::Stop { quick } => self.stop(0, quick, now),
        }
    }

    fn mold_loaded(&mut self, generation: u64, preloaded: bool, notes: Vec<String>) {
        let Some(found) = self.generation_mut(generation) else { return };
        found.mold = MoldState::Loaded;
        found.deadline = None;
        for note in notes {
            self.say(Level::Warn, note);
        }
        let how = if preloaded { "loaded, shared by its workers" } else { "loaded by each worker" };
        self.say(Level::Info, format!("generation {generation}: application {how}"));
    }

    /// Ends a mold that is of no use, whatever it is doing.
    pub(super) fn give_up_mold(
        &mut self,
        generation: u64,
        dump: bool,
        report: &BootReport,
        now: Nanos,
    ) {
        self.act(Action::EndMold { generation, dump });
        self.forking.retain(|_, fork| fork.generation != generation);
        self.retiring.remove(&generation);
        self.mold_failed(generation, report, now);
    }

    fn mold_failed(&mut self, generation: u64, report: &BootReport, now: Nanos) {
        if self.incoming.as_ref().is_some_and(|incoming| incoming.number == generation) {
            self.abort_reload(&report.to_string(), now);
            return;
        }
        if self.current.number != generation || self.current.mold == MoldState::Absent {
            return;
        }
        self.current.mold = MoldState::Absent;
        self.current.deadline = None;
        if self.is_stopping() {
            return;
        }
        if self.current.proven {
            let wait = self.crashes.record(None, now);
            self.say(Level::Error, format!("{report}; next attempt {}", in_words(wait)));
        } else {
            self.give_up(report, now);
        }
    }

    /// The server has never served: end it, so that its caller sees why.
    fn give_up(&mut self, report: &BootReport, now: Nanos) {
        let what = if report.app_failed { "app failed to load" } else { "worker failed to boot" };
        self.say(Level::Error, format!("{what}: {report}"));
        self.stop(report.exit_code(), true, now);
    }

    fn forked(&mut self, generation: u64, slot: usize, pid: Pid, now: Nanos) {
        self.forking.remove(&slot);
        let usual = self.policy.boot_timeout;
        let found = self.generation_mut(generation);
        let wanted = found.is_some();
        let own = found.and_then(|found| found.policy.as_ref());
        let boot_timeout = own.map_or(usual, |policy| policy.boot_timeout);
        let deadline = boot_timeout.map(|wait| after(now, wait));
        let worker = Worker {
            slot,
            generation,
            state: State::Booting,
            deadline,
            ready_since: None,
            marked: false,
        };
        self.workers.insert(pid, worker);
        match self.phase {
            Phase::Stopping { quick, .. } => self.dismiss(pid, quick, now),
            _ if !wanted => self.kill(pid),
            _ => {}
        }
    }

    fn fork_failed(&mut self, slot: usize, error: &str, now: Nanos) {
        let Some(fork) = self.forking.remove(&slot) else { return };
        if self.incoming_number() == Some(fork.generation) {
            self.abort_reload(&format!("cannot fork a worker: {error}"), now);
        } else if fork.generation != self.current.number || self.is_stopping() {
            // Nobody misses it.
        } else if self.current.proven {
            let wait = in_words(self.crashes.record(None, now));
            self.say(Level::Error, format!("cannot fork a worker: {error}; next attempt {wait}"));
        } else {
            self.give_up(&BootReport::worker(format!("cannot fork it: {error}")), now);
        }
    }

    fn ready(&mut self, pid: Pid, now: Nanos) {
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        match worker.state {
            State::Booting => {}
            State::Draining => return self.remind(pid),
            _ => return,
        }
        worker.state = State::Ready;
        worker.deadline = None;
        worker.ready_since = Some(now);
        let (slot, generation) = (worker.slot, worker.generation);
        self.say(
            Level::Info,
            format!("worker {slot} (pid {pid}) of generation {generation} is ready"),
        );
        if generation == self.current.number {
            self.current.proven = true;
        } else if self.incoming.as_ref().is_some_and(|incoming| incoming.number == generation) {
            self.commit();
        }
    }

    pub(super) fn boot_failed(&mut self, pid: Pid, report: &BootReport, now: Nanos) {
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        if worker.state != State::Booting {
            return;
        }
        worker.state = State::Killed;
        worker.deadline = Some(after(now, QUICK_STOP));
        let (slot, generation) = (worker.slot, worker.generation);
        if self.incoming.as_ref().is_some_and(|incoming| incoming.number == generation) {
            self.abort_reload(&report.to_string(), now);
        } else if self.is_stopping() {
            self.say(Level::Warn, format!("worker {slot} failed to boot: {report}"));
        } else if self.current.proven {
            let wait = in_words(self.crashes.record(None, now));
            let text = format!("worker {slot} failed to boot: {report}; next attempt {wait}");
            self.say(Level::Error, text);
        } else {
            self.give_up(report, now);
        }
    }

    fn exited(&mut self, pid: Pid, exit: Exit, now: Nanos) {
        if self.workers.get(&pid).is_some_and(|worker| worker.state == State::Booting) {
            let report = BootReport::worker(format!("it ended before it was ready ({exit})"));
            self.boot_failed(pid, &report, now);
        }
        let Some(worker) = self.workers.remove(&pid) else { return };
        let slot = worker.slot;
        self.act(Action::Vacate { pid, slot });
        match worker.state {
            State::Ready => {
                let wait = in_words(self.crashes.record(worker.ready_since, now));
                let (level, verb) = match exit {
                    // Somebody asked it to, but not us.
                    Exit::Code(0) => (Level::Warn, "ended by itself"),
                    _ => (Level::Error, "died"),
                };
                self.say(
                    level,
                    format!("worker {slot} (pid {pid}) {verb}: {exit}; replaced {wait}"),
                );
            }
            State::Draining if exit != Exit::Code(0) => {
                self.say(
                    Level::Warn,
                    format!("worker {slot} (pid {pid}) ended while stopping: {exit}"),
                );
            }
            _ => self.say(Level::Info, format!("worker {slot} (pid {pid}) has stopped")),
        }
    }

    fn recycle(&mut self, pid: Pid, reason: RecycleReason) {
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        if !worker.is_staying() || worker.marked {
            return;
        }
        worker.marked = true;
        let slot = worker.slot;
        self.say(Level::Info, format!("worker {slot} (pid {pid}) will be replaced: {reason}"));
        if reason == RecycleReason::RequestTimeout {
            self.act(Action::Signal { pid, kill: Kill::Dump });
        }
    }

    fn stuck(&mut self, pid: Pid, detail: &str, now: Nanos) {
        let Some(worker) = self.workers.get_mut(&pid) else { return };
        if !matches!(worker.state, State::Ready | State::Draining) {
            return;
        }
        worker.state = State::Aborting;
        worker.deadline = Some(after(now, DUMP));
        let slot = worker.slot;
        self.say(
            Level::Error,
            format!("worker {slot} (pid {pid}) is stuck: {detail}; it is replaced"),
        );
        self.act(Action::Signal { pid, kill: Kill::Abort });
    }

    fn scale(&mut self, workers: usize) {
        let wanted = workers.clamp(1, MAX_WORKERS);
        if wanted != self.policy.workers {
            self.say(
                Level::Info,
                format!("scaling from {} to {wanted} workers", self.policy.workers),
            );
            self.policy.workers = wanted;
        }
    }
}
