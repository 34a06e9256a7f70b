//! From what is to what should be: which workers to fork and which to send away.
//!
//! A *keeper* is of the current generation and is to stay; a *leaver* still serves but is to go,
//! because its generation is old or it is marked. Leavers go only when keepers have taken their place.

use std::collections::BTreeSet;

use super::worker::State;
use super::{Action, FORK, Forking, Level, MoldState, Nanos, Phase, Pid, Plan, Sd, Worker, after};

/// Workers by what is to become of them.
#[derive(Debug, Default)]
struct Census {
    keepers: Vec<Pid>,
    ready_keepers: usize,
    leavers: Vec<Pid>,
    ready_leavers: usize,
    /// Of a generation that has yet to prove itself.
    candidates: usize,
    /// Ready ones of the current generation, whether they are to stay or not.
    ready_current: usize,
    /// Told to go, not gone yet.
    going: usize,
    forking: usize,
}

impl Census {
    /// Processes that serve or soon will.
    fn staying(&self) -> usize {
        self.keepers.len() + self.leavers.len() + self.candidates + self.forking
    }

    /// With one more process there is still at most one extra.
    fn has_room(&self, wanted: usize) -> bool {
        self.staying() + self.going <= wanted
    }
}

impl Plan {
    pub(super) fn reconcile(&mut self, now: Nanos) {
        self.end_retired();
        match self.phase {
            Phase::Ended => return,
            Phase::Stopping { code, .. } => {
                if self.workers.is_empty() && self.forking.is_empty() {
                    self.phase = Phase::Ended;
                    self.act(Action::Exit(code));
                }
                return;
            }
            Phase::Starting | Phase::Running => {}
        }
        self.respawn_mold(now);
        self.try_candidate(now);
        self.fork_keepers(now);
        self.send_away(now);
        // Whoever was sent away before it served is missing at once, not at the next event.
        self.fork_keepers(now);
        self.announce(now);
    }

    /// Of a generation that has been replaced, and not told to go yet.
    fn is_outdated(&self, worker: &Worker) -> bool {
        worker.is_staying()
            && worker.generation != self.current.number
            && self.incoming_number() != Some(worker.generation)
    }

    fn is_leaver(&self, worker: &Worker) -> bool {
        self.is_outdated(worker) || (worker.is_staying() && worker.marked)
    }

    /// A mold goes when it has answered all its orders: a worker that nobody heard of would have to
    /// be killed when it is serving already.
    pub(super) fn retire_mold(&mut self, generation: u64) {
        self.retiring.insert(generation);
    }

    fn end_retired(&mut self) {
        for generation in std::mem::take(&mut self.retiring) {
            if self.is_forking(generation) {
                self.retiring.insert(generation);
            } else {
                self.act(Action::EndMold { generation, dump: false });
            }
        }
    }

    fn census(&self) -> Census {
        let mut census = Census { forking: self.forking.len(), ..Census::default() };
        for (pid, worker) in &self.workers {
            let ready = usize::from(worker.is_ready());
            census.ready_current += ready * usize::from(worker.generation == self.current.number);
            if !worker.is_staying() {
                census.going += 1;
            } else if self.incoming_number() == Some(worker.generation) {
                census.candidates += 1;
            } else if self.is_leaver(worker) {
                census.leavers.push(*pid);
                census.ready_leavers += ready;
            } else {
                census.keepers.push(*pid);
                census.ready_keepers += ready;
            }
        }
        census
    }

    fn respawn_mold(&mut self, now: Nanos) {
        if self.current.mold != MoldState::Absent || self.crashes.holds() {
            return;
        }
        self.current.mold = MoldState::Loading;
        self.current.deadline = self.policy.boot_timeout.map(|wait| after(now, wait));
        self.act(Action::SpawnMold { generation: self.current.number });
    }

    /// The new generation tries itself on one worker.
    fn try_candidate(&mut self, now: Nanos) {
        let Some(incoming) = &self.incoming else { return };
        let (number, loaded) = (incoming.number, incoming.mold == MoldState::Loaded);
        let census = self.census();
        let tried = census.candidates > 0 || self.is_forking(number);
        if loaded && !tried && census.has_room(self.policy.workers) {
            self.fork(number, now);
        }
    }

    fn fork_keepers(&mut self, now: Nanos) {
        if self.current.mold != MoldState::Loaded || self.crashes.holds() {
            return;
        }
        let wanted = self.policy.workers;
        loop {
            let census = self.census();
            let current = self.current.number;
            let mine = self.forking.values().filter(|fork| fork.generation == current).count();
            let keepers = census.keepers.len() + mine;
            // A candidate does not count: it may never serve.
            let missing = keepers + census.leavers.len() < wanted;
            if keepers >= wanted || !(missing || census.has_room(wanted)) {
                return;
            }
            if !self.fork(current, now) {
                return;
            }
        }
    }

    /// Orders a worker for the first free slot; false if there is none.
    fn fork(&mut self, generation: u64, now: Nanos) -> bool {
        let slots = self.workers.values().map(|worker| worker.slot);
        let taken: BTreeSet<usize> = slots.chain(self.forking.keys().copied()).collect();
        let Some(slot) = (0..2 * super::MAX_WORKERS).find(|slot| !taken.contains(slot)) else {
            return false;
        };
        self.forking.insert(slot, Forking { generation, deadline: after(now, FORK) });
        self.act(Action::Fork { generation, slot });
        true
    }

    fn send_away(&mut self, now: Nanos) {
        let wanted = self.policy.workers;
        let mut census = self.census();
        census.leavers.sort_by_key(|pid| self.seniority(*pid));
        for pid in census.leavers.clone() {
            let serves = self.workers.get(&pid).is_some_and(Worker::is_ready);
            let dispensable = census.ready_keepers + census.ready_leavers > wanted;
            if !serves || dispensable {
                census.ready_leavers -= usize::from(serves);
                self.dismiss(pid, false, now);
            }
        }
        let surplus = census.keepers.len().saturating_sub(wanted);
        if surplus > 0 {
            census.keepers.sort_by_key(|pid| self.seniority(*pid));
            for pid in census.keepers.into_iter().take(surplus) {
                self.dismiss(pid, false, now);
            }
        }
    }

    /// Those that do not serve yet first, then the oldest.
    fn seniority(&self, pid: Pid) -> (bool, Option<Nanos>, Pid) {
        let worker = self.workers.get(&pid);
        let booting = worker.is_some_and(|worker| worker.state == State::Booting);
        (!booting, worker.and_then(|worker| worker.ready_since), pid)
    }

    fn announce(&mut self, now: Nanos) {
        let census = self.census();
        if census.ready_current < self.policy.workers {
            return;
        }
        if self.phase == Phase::Starting {
            self.phase = Phase::Running;
            let workers = self.policy.workers;
            let verb = if workers == 1 { "worker serves" } else { "workers serve" };
            self.say(Level::Info, format!("ready: {workers} {verb}"));
            self.act(Action::Notify(Sd::Ready));
        }
        if !self.is_reloading() {
            self.finish_reload(now);
        }
    }
}
