//! What the master does next: a pure state machine.
//!
//! [`Plan::on`] takes an event and the time and returns actions; it performs nothing, reads no clock
//! and knows no process beyond its number. Promises: never fewer serving workers than necessary,
//! never more than one extra while replacing, a failed reload changes nothing.

mod crash;
mod ending;
mod event;
mod generation;
mod lifecycle;
mod reconcile;
mod reload;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crash::Crashes;
use generation::{Generation, MoldState};
use worker::Worker;

pub use event::{Action, Event, Kill, Level, ReplyTo, Sd};
pub use worker::WorkerView;

/// Nanoseconds of the monotonic clock.
pub type Nanos = u64;

/// A process id, as far as the plan is concerned.
pub type Pid = i32;

/// How long a worker that was told to stop quickly may take.
const QUICK_STOP: Duration = Duration::from_secs(2);
/// How long a worker may take to write its stack dump before it is killed.
const DUMP: Duration = Duration::from_secs(2);
/// How long a mold may take to fork. It does nothing else, so one that is slower hangs.
const FORK: Duration = Duration::from_secs(10);
/// Most workers that one server may have.
pub const MAX_WORKERS: usize = 500;

/// What the settings say about supervision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Wanted workers.
    pub workers: usize,
    /// Time for a mold to load and for a worker to become ready.
    pub boot_timeout: Option<Duration>,
    /// Time for a worker to finish what it has when told to stop.
    pub graceful_timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    Stopping { code: i32, quick: bool },
    Ended,
}

/// An order to fork that has not been answered.
#[derive(Clone, Copy, Debug)]
struct Forking {
    generation: u64,
    deadline: Nanos,
}

/// The state of one server.
#[derive(Debug)]
pub struct Plan {
    policy: Policy,
    phase: Phase,
    announced_generation: u64,
    next_generation: u64,
    current: Generation,
    incoming: Option<Generation>,
    reload_again: Option<(Policy, Vec<ReplyTo>)>,
    workers: BTreeMap<Pid, Worker>,
    /// By slot.
    forking: BTreeMap<usize, Forking>,
    /// Generations whose molds may go as soon as they have answered.
    retiring: BTreeSet<u64>,
    crashes: Crashes,
    actions: Vec<Action>,
}

impl Plan {
    /// A server that has nothing yet; give it [`Event::Start`].
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            phase: Phase::Starting,
            announced_generation: 1,
            next_generation: 2,
            current: Generation::new(1),
            incoming: None,
            reload_again: None,
            workers: BTreeMap::new(),
            forking: BTreeMap::new(),
            retiring: BTreeSet::new(),
            crashes: Crashes::default(),
            actions: Vec::new(),
        }
    }

    /// Takes in what happened and says what to do.
    pub fn on(&mut self, event: Event, now: Nanos) -> Vec<Action> {
        self.take_in(event, now);
        self.enforce_deadlines(now);
        self.reconcile(now);
        std::mem::take(&mut self.actions)
    }

    /// When [`Event::Tick`] is due at the latest, if nothing else happens.
    pub fn next_deadline(&self) -> Option<Nanos> {
        let workers = self.workers.values().filter_map(|worker| worker.deadline);
        let incoming = self.incoming.iter().filter_map(|generation| generation.deadline);
        let forks = self.forking.values().map(|fork| fork.deadline);
        let molds = incoming.chain(self.current.deadline).chain(forks);
        workers.chain(molds).chain(self.crashes.not_before()).min()
    }

    /// The wanted number of workers.
    pub fn wanted(&self) -> usize {
        self.policy.workers
    }

    /// The generation that serves.
    pub fn generation(&self) -> u64 {
        self.current.number
    }

    /// Whether a new generation is on its way in, or an older one is not out yet. Who was told to
    /// go counts until it is gone: it may still answer with the old code.
    pub fn is_reloading(&self) -> bool {
        let old = |worker: &Worker| worker.generation < self.current.number;
        self.incoming.is_some() || self.workers.values().any(old)
    }

    /// Whether all wanted workers are ready.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Running && self.ready_workers() >= self.policy.workers
    }

    /// Whether all wanted workers have been ready at least once.
    pub fn has_served(&self) -> bool {
        self.phase != Phase::Starting
    }

    /// Whether the server is on its way out.
    pub fn is_stopping(&self) -> bool {
        matches!(self.phase, Phase::Stopping { .. } | Phase::Ended)
    }

    /// Every worker that the plan knows.
    pub fn workers(&self) -> impl Iterator<Item = WorkerView> + '_ {
        self.workers.iter().map(|(pid, worker)| worker.view(*pid))
    }

    fn is_forking(&self, generation: u64) -> bool {
        self.forking.values().any(|fork| fork.generation == generation)
    }

    fn ready_workers(&self) -> usize {
        self.workers.values().filter(|worker| worker.is_ready()).count()
    }

    fn say(&mut self, level: Level, text: impl Into<String>) {
        self.actions.push(Action::Log(level, text.into()));
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

fn after(now: Nanos, wait: Duration) -> Nanos {
    now.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
