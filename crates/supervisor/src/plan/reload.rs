//! Reload as a transaction: a new generation proves itself before anything of the old one goes.

use super::generation::Generation;
use super::worker::State;
use super::{
    Action, Level, MoldState, Nanos, Phase, Pid, Plan, Policy, ReplyTo, Sd, Worker, after,
};

impl Plan {
    pub(super) fn reload(
        &mut self,
        prepared: Result<Policy, String>,
        reply: Option<ReplyTo>,
        now: Nanos,
    ) {
        let policy = match prepared {
            Ok(policy) => policy,
            Err(reason) => {
                self.say(Level::Error, format!("reload refused, nothing changed: {reason}"));
                self.answer(reply, Err(reason));
                return;
            }
        };
        if self.is_stopping() {
            self.answer(reply, Err("the server is stopping".to_owned()));
        } else if self.incoming.is_some() {
            let waiting = self.reload_again.take().map(|(_, replies)| replies).unwrap_or_default();
            let replies = waiting.into_iter().chain(reply).collect();
            self.reload_again = Some((policy, replies));
            self.say(Level::Info, "reload queued behind the one in progress");
        } else {
            self.start_reload(policy, reply.into_iter().collect(), now);
        }
    }

    fn start_reload(&mut self, policy: Policy, replies: Vec<ReplyTo>, now: Nanos) {
        let number = self.next_generation;
        self.next_generation += 1;
        let deadline = policy.boot_timeout.map(|wait| after(now, wait));
        self.incoming = Some(Generation {
            mold: MoldState::Loading,
            deadline,
            policy: Some(policy),
            replies,
            ..Generation::new(number)
        });
        self.say(Level::Info, format!("reload: loading generation {number}"));
        self.act(Action::Notify(Sd::Reloading));
        self.act(Action::SpawnMold { generation: number });
    }

    /// The first worker of the new generation serves: from here on there is no way back. It may
    /// overtake a generation that has not replaced all of its own predecessor, so that code whose
    /// workers keep crashing can be mended.
    pub(super) fn commit(&mut self) {
        let Some(mut incoming) = self.incoming.take() else { return };
        incoming.proven = true;
        if let Some(policy) = incoming.policy.take() {
            self.policy = policy;
        }
        let number = incoming.number;
        let old = std::mem::replace(&mut self.current, incoming);
        self.current.replies.extend(old.replies);
        self.crashes.forgive();
        self.retire_mold(old.number);
        self.act(Action::Commit { generation: number });
    }

    /// The new generation is thrown away; the old one never noticed.
    pub(super) fn abort_reload(&mut self, reason: &str, now: Nanos) {
        let Some(incoming) = self.incoming.take() else { return };
        let (number, current) = (incoming.number, self.current.number);
        self.say(Level::Error, format!("reload failed, generation {current} goes on: {reason}"));
        self.retire_mold(number);
        // Those that failed by themselves have a moment to say where they are.
        let doomed = |worker: &Worker| worker.generation == number && worker.state != State::Killed;
        let pids: Vec<Pid> =
            self.workers.iter().filter(|(_, worker)| doomed(worker)).map(|(pid, _)| *pid).collect();
        for pid in pids {
            self.kill(pid);
        }
        self.act(Action::Discard { generation: number });
        if self.phase == Phase::Running {
            self.act(Action::Notify(Sd::Ready));
        }
        for reply in incoming.replies {
            self.answer(Some(reply), Err(reason.to_owned()));
        }
        self.reload_queued(now);
    }

    /// Nothing is left of older generations: says so, and starts what waited.
    pub(super) fn finish_reload(&mut self, now: Nanos) {
        let replies = std::mem::take(&mut self.current.replies);
        let number = self.current.number;
        if number > 1 && self.announced_generation < number {
            self.announced_generation = number;
            let workers = self.policy.workers;
            self.say(
                Level::Info,
                format!("reload done: generation {number} serves with {workers} workers"),
            );
            self.act(Action::Notify(Sd::Ready));
        }
        for reply in replies {
            self.answer(Some(reply), Ok(format!("generation {number} serves")));
        }
        self.reload_queued(now);
    }

    fn reload_queued(&mut self, now: Nanos) {
        if let Some((policy, replies)) = self.reload_again.take() {
            self.start_reload(policy, replies, now);
        }
    }

    pub(super) fn refuse_waiting(&mut self, reason: &str) {
        let mut replies = std::mem::take(&mut self.current.replies);
        replies.extend(self.incoming.iter_mut().flat_map(|new| std::mem::take(&mut new.replies)));
        replies.extend(self.reload_again.take().into_iter().flat_map(|(_, replies)| replies));
        for reply in replies {
            self.answer(Some(reply), Err(reason.to_owned()));
        }
    }

    fn answer(&mut self, reply: Option<ReplyTo>, outcome: Result<String, String>) {
        if let Some(reply) = reply {
            self.act(Action::Reply(reply, outcome));
        }
    }

    pub(super) fn incoming_number(&self) -> Option<u64> {
        self.incoming.as_ref().map(|incoming| incoming.number)
    }

    pub(super) fn generation_mut(&mut self, number: u64) -> Option<&mut Generation> {
        if self.current.number == number {
            return Some(&mut self.current);
        }
        self.incoming.as_mut().filter(|incoming| incoming.number == number)
    }
}
