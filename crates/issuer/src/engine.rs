//! One issuer at work: what its flows share.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use appserver_auth::issue::{Examiner, Fault, Kind, Signer};
use appserver_store::{StoreError, TokenStore, Users};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::answer::Refusal;
use crate::clock::{Clock, MOST_BACK, seconds};
use crate::config::Config;
use crate::keys::Published;
use crate::pool::Pool;
use crate::tokens::Mint;
use crate::{Delegate, Denied};

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

    /// Signs with another key from now on.
    pub(crate) fn replace_signer(&self, signer: Arc<Signer>) {
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = signer;
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

    /// Now, in milliseconds since 1970-01-01 00:00 UTC: not before what any worker of this machine
    /// has given out, however its clock is set back a little.
    pub(crate) fn now(&self) -> i64 {
        let own = self.clock.now();
        let ahead = self.denied.latest().saturating_mul(1000).saturating_sub(own);
        let now = if (0..=MOST_BACK).contains(&ahead) { own + ahead } else { own };
        self.denied.issues(seconds(now), MOST_BACK / 1000);
        now
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
