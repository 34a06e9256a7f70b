//! Each action of the plan, performed.

use appserver_os::Signal;

use super::Master;
use crate::control::Answer;
use crate::plan::{Action, Kill, Level, Pid};

impl Master {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::SpawnMold { generation } => self.spawn_mold(generation),
            Action::EndMold { generation, dump } => self.end_mold(generation, dump),
            Action::Fork { generation, slot } => self.order_fork(generation, slot),
            Action::Signal { pid, kill } => self.signal_worker(pid, kill),
            Action::Vacate { pid, slot } => {
                self.workers.remove(&pid);
                self.scoreboard.slot(slot).vacate();
            }
            Action::Commit { generation } => self.deployments.retain(|of, _| *of >= generation),
            Action::Discard { generation } => {
                self.deployments.remove(&generation);
            }
            Action::Log(level, text) => log(level, &text),
            Action::Notify(state) => self.manager.notify(state),
            Action::Reply(to, outcome) => {
                let answer = outcome.map_or_else(Answer::Failed, Answer::Done);
                if let Some(reply) = self.replies.remove(&to) {
                    let _ = reply.send(answer);
                }
            }
            Action::Exit(code) => self.exit = Some(code),
        }
    }

    fn signal_worker(&self, pid: Pid, kill: Kill) {
        let signal = match kill {
            Kill::Drain => Signal::SIGTERM,
            Kill::Quick => Signal::SIGQUIT,
            Kill::Dump => Signal::SIGPWR,
            Kill::Abort => Signal::SIGABRT,
            Kill::Kill => Signal::SIGKILL,
        };
        let sent = self.workers.get(&pid).map(|worker| worker.signal(signal));
        if let Some(Err(error)) = sent {
            tracing::error!("cannot send {signal} to worker pid {pid}: {error}");
        }
    }
}

fn log(level: Level, text: &str) {
    match level {
        Level::Info => tracing::info!("{text}"),
        Level::Warn => tracing::warn!("{text}"),
        Level::Error => tracing::error!("{text}"),
    }
}
