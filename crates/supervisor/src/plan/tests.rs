//! The plan, event by event.

mod crashes;
mod reload;
mod replace;
mod start;
mod stop;

use std::time::Duration;

use appserver_os::Exit;

use super::{Action, Event, Kill, Level, Nanos, Pid, Plan, Policy, ReplyTo, Sd};
use crate::report::BootReport;

const SECOND: Nanos = 1_000_000_000;
const BOOT_TIMEOUT: Nanos = 60 * SECOND;
const GRACEFUL_TIMEOUT: Nanos = 30 * SECOND;

/// A plan, its clock, and what it has ordered so far.
struct Rig {
    plan: Plan,
    now: Nanos,
    next_pid: Pid,
    /// Forks that were ordered and not answered.
    orders: Vec<(u64, usize)>,
    log: Vec<(Level, String)>,
}

fn policy(workers: usize) -> Policy {
    Policy {
        workers,
        boot_timeout: Some(Duration::from_nanos(BOOT_TIMEOUT)),
        graceful_timeout: Duration::from_nanos(GRACEFUL_TIMEOUT),
    }
}

fn broken_app() -> BootReport {
    BootReport { app_failed: true, ..BootReport::worker("ImportError") }
}

fn signal(pid: Pid, kill: Kill) -> Action {
    Action::Signal { pid, kill }
}

fn vacate(pid: Pid, slot: usize) -> Action {
    Action::Vacate { pid, slot }
}

fn spawn(generation: u64) -> Action {
    Action::SpawnMold { generation }
}

fn end(generation: u64) -> Action {
    Action::EndMold { generation, dump: false }
}

fn fork(generation: u64, slot: usize) -> Action {
    Action::Fork { generation, slot }
}

fn failed(to: ReplyTo, why: &str) -> Action {
    Action::Reply(to, Err(why.to_owned()))
}

fn done(to: ReplyTo, generation: u64) -> Action {
    Action::Reply(to, Ok(format!("generation {generation} serves")))
}

impl Rig {
    /// Before [`Event::Start`].
    fn new(workers: usize) -> Self {
        let plan = Plan::new(policy(workers));
        Self { plan, now: SECOND, next_pid: 100, orders: Vec::new(), log: Vec::new() }
    }

    /// All workers serve; their process ids are 100, 101, …, in slots 0, 1, ….
    fn serving(workers: usize) -> Self {
        let mut rig = Self::new(workers);
        rig.on(Event::Start);
        rig.load(1);
        rig.fork_all();
        for pid in 100..rig.next_pid {
            rig.ready(pid);
        }
        assert!(rig.plan.is_ready());
        rig
    }

    /// The actions, without the log lines.
    fn on(&mut self, event: Event) -> Vec<Action> {
        let mut actions = self.plan.on(event, self.now);
        actions.retain(|action| match action {
            Action::Log(level, text) => {
                self.log.push((*level, text.clone()));
                false
            }
            Action::Fork { generation, slot } => {
                self.orders.push((*generation, *slot));
                true
            }
            _ => true,
        });
        actions
    }

    fn wait(&mut self, time: Nanos) -> Vec<Action> {
        self.now += time;
        self.on(Event::Tick)
    }

    fn load(&mut self, generation: u64) -> Vec<Action> {
        self.on(Event::MoldLoaded { generation, preloaded: true, notes: Vec::new() })
    }

    /// Answers the oldest order.
    fn fork_one(&mut self) -> (Pid, Vec<Action>) {
        let (generation, slot) = self.orders.remove(0);
        let pid = self.next_pid;
        self.next_pid += 1;
        (pid, self.on(Event::Forked { generation, slot, pid }))
    }

    fn fork_all(&mut self) {
        while !self.orders.is_empty() {
            self.fork_one();
        }
    }

    fn ready(&mut self, pid: Pid) -> Vec<Action> {
        self.on(Event::Ready { pid })
    }

    fn exit(&mut self, pid: Pid) -> Vec<Action> {
        self.on(Event::Exited { pid, exit: Exit::Code(0) })
    }

    fn crash(&mut self, pid: Pid) -> Vec<Action> {
        self.on(Event::Exited { pid, exit: Exit::Signal(9) })
    }

    fn reload(&mut self, workers: usize, reply: ReplyTo) -> Vec<Action> {
        self.on(Event::Reload { prepared: Ok(policy(workers)), reply: Some(reply) })
    }

    fn logged(&self, level: Level, text: &str) -> bool {
        self.log.iter().any(|(of, line)| *of == level && line.contains(text))
    }
}
