//! What each signal to the master means; the numbers are Gunicorn's.

use appserver_os::Signal;

use super::Master;
use crate::plan::{Event, Policy, ReplyTo};

/// Signals with a meaning.
pub(super) const CAUGHT: &[Signal] = &[
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
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
            Signal::SIGUSR2 => {
                tracing::warn!(
                    "an upgrade of the running master is not supported; nothing is done"
                );
            }
            Signal::SIGCHLD => self.reap(),
            _ => {}
        }
    }

    pub(super) fn reload(&mut self, reply: Option<ReplyTo>) {
        let prepared = if self.plan.is_stopping() {
            // To prepare is to listen, and nobody would accept any more.
            Err("the server is stopping".to_owned())
        } else {
            self.prepare()
        };
        self.happen(Event::Reload { prepared, reply });
    }

    fn prepare(&mut self) -> Result<Policy, String> {
        let deployment = self.deploy.prepare()?;
        let policy = deployment.policy.clone();
        self.prepared = Some(deployment);
        Ok(policy)
    }

    pub(super) fn reopen_logs(&self) {
        for worker in self.workers.values() {
            let _ = worker.signal(Signal::SIGUSR1);
        }
    }
}
