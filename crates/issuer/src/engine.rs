//! One issuer at work: what its flows share.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use appserver_auth::Denials;
use appserver_auth::Mark;
use appserver_auth::issue::{Examiner, Fault, Format, Kind, Signer};
use appserver_store::{Denial, StoreError, TokenStore, Users};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::answer::Refusal;
use crate::clock::{Clock, MOST_BACK, seconds};
use crate::config::Config;
use crate::keys::Published;
use crate::pool::Pool;
use crate::tokens::Mint;
use crate::{Delegate, Denied, Revoke};

/// What all flows share.
pub(crate) struct Engine {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn TokenStore>,
    /// Where the server looks users up itself.
    pub(crate) users: Option<Arc<dyn Users>>,
    pub(crate) delegate: Option<Arc<dyn Delegate>>,
    /// Where passwords are checked.
    pub(crate) pool: Pool,
    /// Where the application is asked everything else, so that logins are in nobody's way.
    pub(crate) asking: Option<Pool>,
    pub(crate) signer: RwLock<Arc<Signer>>,
    pub(crate) examiner: Examiner,
    pub(crate) denied: Arc<Denied>,
    pub(crate) published: watch::Sender<Arc<Published>>,
    pub(crate) clock: Clock,
}

impl Engine {
    /// The key that signs now.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes tokens with the key that signs now.
    pub(crate) fn mint<'a>(&'a self, signer: &'a Signer) -> Mint<'a> {
        let session_max_age = self.config.rotation.session_max_age;
        Mint { format: &self.config.format, signer, session_max_age }
    }

    /// The claims of a token of this kind, or of any.
    ///
    /// # Errors
    /// [`Refusal::Token`], in simplejwt's words.
    pub(crate) fn examine(
        &self,
        token: &str,
        kind: Option<Kind>,
        now: i64,
    ) -> Result<Map<String, Value>, Refusal> {
        #[expect(clippy::cast_precision_loss, reason = "times of today fit")]
        let now = now as f64 / 1000.0;
        self.examiner.examine(token, kind, now).map_err(|fault| Refusal::token(words(fault)))
    }

    /// From when on tokens of this subject may be issued, in seconds.
    pub(crate) fn admitted_from(&self, subject: &str) -> i64 {
        let marks = [Mark::of_subject(subject), Mark::of_everybody()];
        let limits = marks.into_iter().filter_map(|mark| self.denied.before(mark));
        limits.filter(|before| *before != i64::MAX).max().unwrap_or(i64::MIN)
    }

    /// Now, in milliseconds since 1970-01-01 00:00 UTC: not before what any worker of this machine
    /// has given out, however its clock is set back a little.
    pub(crate) fn now(&self) -> i64 {
        let own = self.clock.now();
        let ahead = self.denied.latest().saturating_mul(1000).saturating_sub(own);
        let now = if (0..=MOST_BACK).contains(&ahead) { own + ahead } else { own };
        self.denied.issues(seconds(now), MOST_BACK / 1000);
        now
    }

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

    /// Asks the application about a user, on a thread that may wait.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where too many wait already, [`Refusal::Failed`] where it fails.
    pub(crate) async fn delegate<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Delegate) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.ask(self.asking.as_ref().unwrap_or(&self.pool), ask).await
    }

    /// Has the application check a password, where passwords are checked.
    ///
    /// # Errors
    /// As [`Self::delegate`].
    pub(crate) async fn authenticate<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Delegate) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.ask(&self.pool, ask).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        pool: &Pool,
        ask: impl FnOnce(&dyn Delegate) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Some(delegate) = self.delegate.clone() else { return Err(Refusal::Failed) };
        let answer = run(pool, move || ask(&*delegate)).await?;
        answer.map_err(|error| {
            tracing::error!(%error, "the application cannot be asked about a user");
            Refusal::Failed
        })
    }

    /// Computes where passwords are checked.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where too many wait already.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        run(&self.pool, job).await
    }
}

async fn run<T: Send + 'static>(
    pool: &Pool,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let waiting = pool.submit(job).map_err(|_| Refusal::Busy(RETRY_AFTER))?;
    waiting.await.ok_or(Refusal::Failed)
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

/// How often, and how long after each other, a store is told what it could not be told: ten minutes.
const INSISTENCE: u32 = 300;
const PAUSE: Duration = Duration::from_secs(2);

/// How far clocks of machines may differ.
const CLOCKS: Duration = Duration::from_mins(5);

/// When a full queue has room again, in seconds: a password takes a part of one.
const RETRY_AFTER: u64 = 2;

/// What a flow comes to.
pub(crate) type Outcome<T> = Result<T, Refusal>;

/// Asks the store; without an answer nothing is given out.
pub(crate) async fn stored<T>(
    asking: impl Future<Output = Result<T, StoreError>> + Send,
) -> Outcome<T> {
    asking.await.map_err(|error| {
        tracing::warn!(%error, "a call is answered with 503");
        Refusal::Unavailable
    })
}

fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::Invalid => "Token is invalid",
        Fault::Expired => "Token is expired",
        Fault::NoExp => "Token has no 'exp' claim",
        Fault::NoId => "Token has no id",
        Fault::NoType => "Token has no type",
        Fault::WrongType => "Token has wrong type",
    }
}
