//! A small world in which the plan's actions have effects: molds load and fork, workers boot, drain
//! and die, each only when a step says so. Promises that hold at every moment are checked here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use appserver_os::Exit;

use crate::plan::{Action, Event, Kill, Nanos, Pid, Plan, Policy, ReplyTo, Sd};
use crate::report::{BootReport, RecycleReason};

const MILLISECOND: Nanos = 1_000_000;

/// Something that happens. Numbers choose among whom it may happen to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    MoldLoads(u8),
    MoldFails(u8),
    IncomingMoldFails,
    MoldDies(u8),
    MoldForks(u8),
    ForkFails(u8),
    WorkerReady(u8),
    WorkerFails(u8),
    CandidateFails,
    WorkerCrashes(u8),
    WorkerStuck(u8),
    /// A worker that was told to go is gone.
    WorkerGoes(u8),
    Recycle(u8),
    UnknownPid(u8),
    Reload {
        good: bool,
    },
    Scale(usize),
    Stop {
        quick: bool,
    },
    /// Milliseconds.
    Wait(u16),
}

#[derive(Debug, Default)]
struct Mold {
    loaded: bool,
    orders: VecDeque<usize>,
}

#[derive(Debug)]
struct Process {
    slot: usize,
    generation: u64,
    ready: bool,
    /// Told to go before it was ready: it may have heard it, or not.
    told: bool,
    /// Told to go, or on its way by itself.
    going: bool,
    killed: bool,
}

/// The world.
#[derive(Debug)]
pub(super) struct World {
    plan: Plan,
    now: Nanos,
    molds: BTreeMap<u64, Mold>,
    processes: BTreeMap<Pid, Process>,
    next_pid: Pid,
    waiting: BTreeSet<ReplyTo>,
    next_reply: ReplyTo,
    discarded: BTreeSet<u64>,
    exits: Vec<i32>,
    manager: Option<Sd>,
}

impl World {
    /// A server that has just been started.
    pub(super) fn new(workers: usize) -> Self {
        let policy = policy(workers);
        let mut world = Self {
            plan: Plan::new(policy),
            now: 1,
            molds: BTreeMap::new(),
            processes: BTreeMap::new(),
            next_pid: 100,
            waiting: BTreeSet::new(),
            next_reply: 0,
            discarded: BTreeSet::new(),
            exits: Vec::new(),
            manager: None,
        };
        world.happen(Event::Start);
        world
    }

    /// A server whose workers all serve.
    pub(super) fn serving(workers: usize) -> Self {
        let mut world = Self::new(workers);
        world.settle();
        world.assert_settled();
        world
    }

    pub(super) fn serving_now(&self) -> usize {
        self.processes.values().filter(|process| process.ready && !process.going).count()
    }

    pub(super) fn processes(&self) -> usize {
        let ordered: usize = self.molds.values().map(|mold| mold.orders.len()).sum();
        self.processes.len() + ordered
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.exits.is_empty()
    }

    pub(super) fn step(&mut self, step: Step) {
        if self.has_ended() {
            return;
        }
        match step {
            Step::MoldLoads(n) => self.mold_loads(n),
            Step::MoldFails(n) => self.mold_fails(pick(n, &self.molds_that(|mold| !mold.loaded))),
            Step::IncomingMoldFails => self.mold_fails(
                self.incoming().filter(|of| self.molds.get(of).is_some_and(|mold| !mold.loaded)),
            ),
            Step::MoldDies(n) => self.mold_dies(n),
            Step::MoldForks(n) => self.mold_forks(n),
            Step::ForkFails(n) => self.fork_fails(n),
            Step::WorkerReady(n) => self.worker_ready(n),
            Step::WorkerFails(n) => {
                self.worker_fails(pick(n, &self.those(|process| !process.ready && !process.going)));
            }
            Step::CandidateFails => {
                let new = self.incoming();
                let failing = |one: &Process| !one.going && Some(one.generation) == new;
                self.worker_fails(pick(0, &self.those(failing)));
            }
            Step::WorkerCrashes(n) => self.gone(pick(n, &self.those(|_| true)), Exit::Signal(11)),
            Step::WorkerStuck(n) => self.worker_stuck(n),
            Step::WorkerGoes(n) => {
                let told = self.those(|process| process.told || process.going);
                self.gone(pick(n, &told), Exit::Code(0));
            }
            Step::Recycle(n) => self.recycle(n),
            Step::UnknownPid(n) => self.unknown(n),
            Step::Reload { good } => self.reload(good),
            Step::Scale(workers) => self.happen(Event::Scale { workers }),
            Step::Stop { quick } => self.happen(Event::Stop { quick }),
            Step::Wait(milliseconds) => {
                self.now += Nanos::from(milliseconds) * MILLISECOND;
                self.happen(Event::Tick);
            }
        }
    }

    fn molds_that(&self, wanted: impl Fn(&Mold) -> bool) -> Vec<u64> {
        let found = self.molds.iter().filter(|(_, mold)| wanted(mold));
        found.map(|(generation, _)| *generation).collect()
    }

    fn those(&self, wanted: impl Fn(&Process) -> bool) -> Vec<Pid> {
        let found = self.processes.iter().filter(|(_, process)| wanted(process));
        found.map(|(pid, _)| *pid).collect()
    }

    fn incoming(&self) -> Option<u64> {
        self.molds.keys().copied().find(|generation| *generation > self.plan.generation())
    }

    fn mold_loads(&mut self, n: u8) {
        let Some(generation) = pick(n, &self.molds_that(|mold| !mold.loaded)) else { return };
        self.molds.entry(generation).and_modify(|mold| mold.loaded = true);
        self.happen(Event::MoldLoaded { generation, preloaded: true, notes: Vec::new() });
    }

    fn mold_fails(&mut self, generation: Option<u64>) {
        let Some(generation) = generation else { return };
        let report = BootReport { app_failed: true, ..BootReport::worker("broken") };
        self.happen(Event::MoldFailed { generation, report });
    }

    fn mold_dies(&mut self, n: u8) {
        let Some(generation) = pick(n, &self.molds_that(|_| true)) else { return };
        self.molds.remove(&generation);
        self.happen(Event::MoldGone { generation, how: "signal SIGKILL".to_owned() });
    }

    fn take_order(&mut self, n: u8) -> Option<(u64, usize)> {
        let generation = pick(n, &self.molds_that(|mold| !mold.orders.is_empty()))?;
        let slot = self.molds.get_mut(&generation)?.orders.pop_front()?;
        Some((generation, slot))
    }

    fn mold_forks(&mut self, n: u8) {
        let Some((generation, slot)) = self.take_order(n) else { return };
        let pid = self.next_pid;
        self.next_pid += 1;
        let process =
            Process { slot, generation, ready: false, told: false, going: false, killed: false };
        self.processes.insert(pid, process);
        self.happen(Event::Forked { generation, slot, pid });
    }

    fn fork_fails(&mut self, n: u8) {
        let Some((_, slot)) = self.take_order(n) else { return };
        self.happen(Event::ForkFailed { slot, error: "no memory".to_owned() });
    }

    /// Also one that was told to go a moment ago.
    fn worker_ready(&mut self, n: u8) {
        let Some(pid) = pick(n, &self.those(|process| !process.ready && !process.killed)) else {
            return;
        };
        self.processes.entry(pid).and_modify(|process| process.ready = true);
        self.happen(Event::Ready { pid });
        let deaf = self.processes.get(&pid).is_some_and(|one| one.told && !one.going);
        assert!(!deaf, "{pid} does not know that it is to go: {self:#?}");
    }

    fn worker_fails(&mut self, pid: Option<Pid>) {
        let Some(pid) = pid else { return };
        self.processes.entry(pid).and_modify(|process| process.going = true);
        self.happen(Event::BootFailed { pid, report: BootReport::worker("cannot bind") });
    }

    fn worker_stuck(&mut self, n: u8) {
        let Some(pid) = pick(n, &self.those(|process| process.ready)) else { return };
        self.happen(Event::Stuck { pid, detail: "GET /slow".to_owned() });
    }

    fn gone(&mut self, pid: Option<Pid>, exit: Exit) {
        let Some(pid) = pid else { return };
        self.processes.remove(&pid);
        self.happen(Event::Exited { pid, exit });
    }

    fn recycle(&mut self, n: u8) {
        let Some(pid) = pick(n, &self.those(|process| process.ready)) else { return };
        self.happen(Event::Recycle { pid, reason: RecycleReason::MaxRequests });
    }

    /// Messages about processes that the plan has never heard of, or no longer knows.
    fn unknown(&mut self, n: u8) {
        let pid = Pid::from(n % 100);
        let before = self.processes();
        self.happen(match n % 4 {
            0 => Event::Ready { pid },
            1 => Event::Exited { pid, exit: Exit::Code(1) },
            2 => Event::Recycle { pid, reason: RecycleReason::Age },
            _ => Event::Stuck { pid, detail: String::new() },
        });
        assert_eq!(self.processes(), before);
    }

    fn reload(&mut self, good: bool) {
        let reply = self.next_reply;
        self.next_reply += 1;
        self.waiting.insert(reply);
        let wanted = policy(self.plan.wanted());
        let prepared = if good { Ok(wanted) } else { Err("unknown key".to_owned()) };
        self.happen(Event::Reload { prepared, reply: Some(reply) });
        assert!(good || !self.waiting.contains(&reply));
    }

    fn happen(&mut self, event: Event) {
        for action in self.plan.on(event, self.now) {
            self.perform(&action);
        }
        let due = self.plan.next_deadline();
        assert!(due.is_none_or(|due| due > self.now), "the loop would spin: {self:#?}");
        let orders = self.molds.values().flat_map(|mold| &mold.orders);
        let mut slots: Vec<usize> = orders.copied().collect();
        slots.extend(self.processes.values().map(|process| process.slot));
        let distinct: BTreeSet<usize> = slots.iter().copied().collect();
        assert_eq!(distinct.len(), slots.len(), "two workers share a slot: {self:#?}");
    }

    fn perform(&mut self, action: &Action) {
        assert!(!self.has_ended(), "{action:?} after the end");
        match *action {
            Action::SpawnMold { generation } => {
                let twin = self.molds.insert(generation, Mold::default());
                assert!(twin.is_none(), "two molds of generation {generation}");
            }
            Action::EndMold { generation, .. } => {
                self.molds.remove(&generation);
            }
            Action::Fork { generation, slot } => {
                assert!(!self.discarded.contains(&generation));
                let mold = self.molds.get_mut(&generation).expect("a mold to fork from");
                assert!(mold.loaded);
                mold.orders.push_back(slot);
            }
            Action::Signal { pid, kill: Kill::Dump } => assert!(self.processes.contains_key(&pid)),
            Action::Signal { pid, kill } => {
                // One that ended by itself may be told to go before its end is heard of.
                if let Some(process) = self.processes.get_mut(&pid) {
                    process.killed |= matches!(kill, Kill::Kill | Kill::Abort);
                    process.told = true;
                    process.going |= process.ready || process.killed;
                }
            }
            Action::Vacate { pid, .. } => assert!(!self.processes.contains_key(&pid)),
            Action::Discard { generation } => {
                self.discarded.insert(generation);
            }
            Action::Notify(message) => self.manager = Some(message),
            Action::Reply(to, ref outcome) => {
                assert!(self.waiting.remove(&to), "{to} is answered twice");
                let current = self.plan.generation();
                let mut serving = self.processes.values();
                let old = serving.any(|process| process.generation < current);
                assert!(outcome.is_err() || !old, "{to} is answered too early: {self:#?}");
            }
            Action::Exit(code) => {
                assert!(self.processes.is_empty(), "{self:#?}");
                self.exits.push(code);
            }
            Action::Commit { .. } | Action::Log(..) => {}
        }
    }

    /// From here on everything goes well, until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            let step = if self.has_ended() {
                return;
            } else if !self.molds_that(|mold| !mold.loaded).is_empty() {
                Step::MoldLoads(0)
            } else if !self.molds_that(|mold| !mold.orders.is_empty()).is_empty() {
                Step::MoldForks(0)
            } else if !self.those(|process| process.going).is_empty() {
                Step::WorkerGoes(0)
            } else if !self.those(|process| !process.ready).is_empty() {
                Step::WorkerReady(0)
            } else if let Some(due) = self.plan.next_deadline() {
                self.now = due;
                Step::Wait(0)
            } else {
                return;
            };
            self.step(step);
        }
        panic!("it does not settle: {self:#?}");
    }

    /// Time passes, and nobody does anything but what cannot be refused: to die when killed.
    pub(super) fn wait_only(&mut self) {
        for _ in 0..10_000 {
            if self.has_ended() {
                return;
            }
            let killed = pick(0, &self.those(|process| process.killed));
            if killed.is_some() {
                self.gone(killed, Exit::Signal(9));
            } else if let Some(due) = self.plan.next_deadline() {
                self.now = due;
                self.step(Step::Wait(0));
            } else {
                return;
            }
        }
    }

    pub(super) fn assert_settled(&self) {
        assert!(self.waiting.is_empty(), "operators wait for ever: {self:#?}");
        if self.has_ended() {
            return;
        }
        let current = self.plan.generation();
        let right = |process: &Process| process.ready && process.generation == current;
        assert!(self.processes.values().all(right), "{self:#?}");
        assert_eq!(self.processes.len(), self.plan.wanted(), "{self:#?}");
        assert_eq!(self.molds.keys().copied().collect::<Vec<_>>(), [current]);
        assert!(!self.discarded.contains(&current));
        assert!(self.plan.is_ready() && !self.plan.is_reloading(), "{self:#?}");
        assert_eq!(self.manager, Some(Sd::Ready));
    }
}

fn policy(workers: usize) -> Policy {
    Policy {
        workers,
        boot_timeout: Some(Duration::from_secs(60)),
        graceful_timeout: Duration::from_secs(30),
    }
}

fn pick<T: Copy>(n: u8, among: &[T]) -> Option<T> {
    let index = usize::from(n).checked_rem(among.len())?;
    among.get(index).copied()
}
