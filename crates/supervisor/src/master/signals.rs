//! What each signal to the master means; the numbers are Gunicorn's.

use appserver_os::Signal;

use super::Master;
use crate::plan::{Event, ReplyTo};

/// Signals with a meaning.
pub(super) const CAUGHT: &[Signal] = &[
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGUSR1,
    Signal::SIGCHLD,
];

impl Master {
    pub(super) fn signalled(&mut self, signal: Signal) {
        if signal != Signal::SIGCHLD {
            tracing::info!("received {}", signal.as_str());
        }
        let wanted = self.plan.wanted();
        match signal {
            Signal::SIGTERM => self.happen(Event::Stop { quick: false }),
            Signal::SIGINT | Signal::SIGQUIT => self.happen(Event::Stop { quick: true }),
            Signal::SIGHUP => self.reload(None),
            Signal::SIGTTIN => self.happen(Event::Scale { workers: wanted + 1 }),
            Signal::SIGTTOU => self.happen(Event::Scale { workers: wanted.saturating_sub(1) }),
            Signal::SIGUSR1 => self.reopen_logs(),
            Signal::SIGCHLD => self.reap(),
            _ => {}
        }
    }

    pub(super) fn reload(&mut self, reply: Option<ReplyTo>) {
        let prepared = self.deploy.prepare().map(|deployment| {
            let policy = deployment.policy.clone();
            self.prepared = Some(deployment);
            policy
        });
        self.happen(Event::Reload { prepared, reply });
    }

    pub(super) fn reopen_logs(&self) {
        for worker in self.workers.values() {
            let _ = worker.signal(Signal::SIGUSR1);
        }
    }
}
