//! One issuer at work: what its flows share.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use appserver_auth::Denials;
use appserver_auth::Mark;
use appserver_auth::issue::{Examiner, Fault, Kind, Signer};
use appserver_store::{Denial, StoreError, TokenStore, Users};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::answer::Refusal;
use crate::clock::{Clock, seconds};
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
    pub(crate) pool: Pool,
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

    /// Denies something from now on, here and wherever the store is shared. This machine knows even
    /// where the store cannot be told.
    ///
    /// # Errors
    /// The store cannot be told.
    pub(crate) async fn revoke(&self, what: &Revoke) -> Result<(), StoreError> {
        let now = self.clock.now();
        let denial = self.denial(what, seconds(now));
        let stored = self.store.deny(&[denial], now).await;
        self.denied.put(&[denial], seconds(now));
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
        let format = &self.config.format;
        let longest = [
            format.access_lifetime,
            format.refresh_lifetime,
            format.sliding_lifetime,
            format.sliding_refresh_lifetime,
        ];
        let longest = longest.into_iter().max().unwrap_or_default();
        let longest = longest + format.leeway + CLOCKS;
        i64::try_from(longest.as_secs()).unwrap_or(i64::MAX / 2)
    }

    /// Asks the application, on a thread that may wait.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where too many wait already, [`Refusal::Unavailable`] where it fails.
    pub(crate) async fn delegate<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Delegate) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Some(delegate) = self.delegate.clone() else { return Err(Refusal::Failed) };
        let answer = self.compute(move || ask(&*delegate)).await?;
        answer.map_err(|error| {
            tracing::error!(%error, "the application cannot be asked about a user");
            Refusal::Failed
        })
    }

    /// Computes on the pool.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where too many wait already.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let waiting = self.pool.submit(job).map_err(|_| Refusal::Busy(RETRY_AFTER))?;
        waiting.await.ok_or(Refusal::Failed)
    }
}

/// How far clocks of machines may differ.
const CLOCKS: std::time::Duration = std::time::Duration::from_mins(5);

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
