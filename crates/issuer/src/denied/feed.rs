//! Brings what others have revoked from the store into memory: one worker of a machine asks for all.
//!
//! Whoever leads asks every `poll`. A lead ends half a poll after it should have been taken again, and
//! the others wait for that moment, so what another machine revokes is known after twice the poll
//! at most, and what the store takes to answer, even when the one that leads is killed. The one that
//! leads also sweeps the store.

mod sweeper;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use appserver_os::clock;
use appserver_store::{Denial, Since, StoreError, TokenStore};

use super::Denied;
use sweeper::Sweeper;

/// How often everything is read again while there is no room: nothing passes until it fits.
const REFILL_EVERY: Duration = Duration::from_secs(2);
/// How long those that do not lead wait at least, so that a clock that is off makes nobody spin.
const REST: Duration = Duration::from_millis(5);

/// Brings what others have revoked into memory.
pub(crate) struct Feed {
    store: Arc<dyn TokenStore>,
    denied: Arc<Denied>,
    poll: Duration,
    since: Since,
    /// Whether everything is to be read, from the beginning.
    is_all: bool,
    refill_at: u64,
    is_down: bool,
    was_full: bool,
}

/// One moment on two clocks.
#[derive(Clone, Copy, Debug)]
struct Now {
    /// Nanoseconds of [`clock::monotonic_ns`].
    monotonic: u64,
    /// Milliseconds since 1970.
    wall: i64,
}

impl Now {
    fn read() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(wall.as_millis()).unwrap_or(i64::MAX);
        Self { monotonic: clock::monotonic_ns(), wall }
    }

    fn seconds(self) -> i64 {
        self.wall.div_euclid(1000)
    }
}

impl Feed {
    /// Not begun yet.
    pub(crate) fn new(store: Arc<dyn TokenStore>, denied: Arc<Denied>, poll: Duration) -> Self {
        let since = Since::default();
        Self {
            store,
            denied,
            poll,
            since,
            is_all: true,
            refill_at: 0,
            is_down: false,
            was_full: false,
        }
    }

    /// Reads everything, whoever leads. A worker is ready only then.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub(crate) async fn load(&mut self) -> Result<(), StoreError> {
        self.load_at(Now::read()).await
    }

    /// Goes on reading what is new. Never ends; the lead is given back when this is dropped.
    pub(crate) async fn run(mut self) {
        let mut sweeper = Sweeper::new(Arc::clone(&self.store), Arc::clone(&self.denied));
        let sweeps = async {
            loop {
                tokio::time::sleep(sweeper.pause).await;
                sweeper.turn(Now::read()).await;
            }
        };
        let polls = async {
            loop {
                let pause = self.turn(Now::read()).await;
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            () = polls => (),
            () = sweeps => (),
        }
    }

    async fn load_at(&mut self, now: Now) -> Result<(), StoreError> {
        self.is_all = true;
        self.ask(now).await
    }

    /// Asks, if it is ours to ask; gives the time until the next turn.
    async fn turn(&mut self, now: Now) -> Duration {
        if !self.denied.try_lead(now.monotonic, self.lease()) {
            let left = self.denied.led_until().saturating_sub(now.monotonic);
            return Duration::from_nanos(left).clamp(REST, self.lease().max(REST));
        }
        if self.denied.is_full() && now.monotonic >= self.refill_at {
            self.is_all = true;
            let pause = u64::try_from(REFILL_EVERY.as_nanos()).unwrap_or(u64::MAX);
            self.refill_at = now.monotonic.saturating_add(pause);
        }
        let asked = self.ask(now).await;
        self.tell(&asked);
        self.poll
    }

    /// Puts in what is new in the store.
    async fn ask(&mut self, now: Now) -> Result<(), StoreError> {
        let lost = self.denied.lost();
        if self.is_all {
            self.since = Since(self.denied.beginning(now.wall));
        }
        let (denials, since) = self.fetch(now).await?;
        let has_room = self.denied.put(&denials, now.seconds());
        if has_room && self.is_all {
            self.denied.found(lost);
        }
        (self.since, self.is_all) = (since, false);
        self.denied.heard(now.monotonic);
        Ok(())
    }

    /// Asks the store, and keeps the lead while it takes its time: otherwise all would ask one that
    /// is slow.
    async fn fetch(&self, now: Now) -> Result<(Vec<Denial>, Since), StoreError> {
        let mut answer = pin!(self.store.denials(self.since, now.wall));
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                () = tokio::time::sleep(self.poll.max(REST)) => {
                    let now = clock::monotonic_ns();
                    if self.denied.leads(now) {
                        self.denied.try_lead(now, self.lease());
                    }
                }
            }
        }
    }

    fn lease(&self) -> Duration {
        self.poll.saturating_add(self.poll / 2)
    }

    /// Says what has changed, once.
    fn tell(&mut self, asked: &Result<(), StoreError>) {
        match asked {
            Err(error) if !self.is_down => {
                tracing::error!("revocations of other machines are not known: {error}");
            }
            Ok(()) if self.is_down => {
                tracing::info!("the store is back; revocations of other machines are known");
            }
            _ => (),
        }
        self.is_down = asked.is_err();
        let is_full = self.denied.is_full();
        if is_full && !self.was_full {
            tracing::error!(
                "there is no room for more revocations; requests with tokens are refused until \
                 some have ended"
            );
        } else if self.was_full && !is_full {
            tracing::info!("there is room for revocations again");
        }
        self.was_full = is_full;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.denied.resign();
    }
}

#[cfg(test)]
mod tests;
