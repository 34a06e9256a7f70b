//! What is revoked, from the side of who revokes: told to the store and to this machine, for as long as
//! anything that it denies can be valid.
//!
//! This machine knows even where the store cannot be told; then the store is told later. Who may
//! revoke is not known here.

use std::sync::Arc;
use std::time::Duration;

use appserver_auth::issue::Format;
use appserver_auth::{Denials, Mark};
use appserver_store::{Denial, StoreError, TokenStore};

use crate::Revoke;
use crate::clock::seconds;
use crate::engine::Engine;

/// How often, and how long after each other, a store is told what it could not be told: ten minutes.
const INSISTENCE: u32 = 300;
const PAUSE: Duration = Duration::from_secs(2);

/// How far clocks of machines may differ.
const CLOCKS: Duration = Duration::from_mins(5);

impl Engine {
    /// Denies something from now on, here and wherever the store is shared. This machine knows even
    /// where the store cannot be told.
    ///
    /// # Errors
    /// The store cannot be told.
    pub(crate) async fn revoke(&self, what: &Revoke) -> Result<(), StoreError> {
        let now = self.now();
        let denial = self.denial(what, seconds(now));
        let stored = self.store.deny(&[denial], now).await;
        self.denied.put(&[denial], seconds(now));
        if stored.is_err() {
            tokio::spawn(insist(Arc::clone(&self.store), denial, now));
        }
        stored
    }

    fn denial(&self, what: &Revoke, now: i64) -> Denial {
        let (mark, before) = match what {
            Revoke::Token(jti) => (Mark::of_token(jti), i64::MAX),
            Revoke::Session(sid) => (Mark::of_session(sid), i64::MAX),
            Revoke::User(id) => (Mark::of_subject(id), now + 1),
            Revoke::Everybody => (Mark::of_everybody(), now + 1),
        };
        Denial { mark, before, until: now.saturating_add(self.longest()) }
    }

    /// How long a token can be valid at most, in seconds, however its clock differs.
    fn longest(&self) -> i64 {
        let longest = self.config.format.longest_lifetime() + CLOCKS;
        i64::try_from(longest.as_secs()).unwrap_or(i64::MAX / 2)
    }

    /// From when on tokens of this subject may be issued, in seconds.
    pub(crate) fn admitted_from(&self, subject: &str) -> i64 {
        let marks = [Mark::of_subject(subject), Mark::of_everybody()];
        let limits = marks.into_iter().filter_map(|mark| self.denied.before(mark));
        limits.filter(|before| *before != i64::MAX).max().unwrap_or(i64::MIN)
    }
}

/// How long a token can be valid at most that the gate accepts: its denial has to be known for as
/// long.
pub(crate) fn accepted_for(format: &Format) -> Duration {
    let longest = format.access_lifetime.max(format.sliding_lifetime);
    // Without its kind a token is as good as any.
    let any = format.refresh_lifetime.max(format.sliding_refresh_lifetime);
    let longest = if format.type_claim.is_some() { longest } else { longest.max(any) };
    longest + format.leeway + CLOCKS
}

/// Tells the store what it could not be told, for a while: nobody comes back for it.
async fn insist(store: Arc<dyn TokenStore>, denial: Denial, since: i64) {
    for _ in 0..INSISTENCE {
        tokio::time::sleep(PAUSE).await;
        if store.deny(&[denial], since).await.is_ok() {
            return;
        }
    }
    tracing::error!("the store was not reached: a revocation is lost when this machine stops");
}
