//! Gives tokens out and takes them back: login, refresh, rotation, revocation, keys.
//!
//! Works on a thread of its own, so that neither a slow database nor an application that holds its
//! loop keeps anybody from logging in. Fails closed: without the store nothing is refreshed. HTTP
//! and Python are not known here: calls and answers are plain values.

#![forbid(unsafe_code)]

mod answer;
mod call;
pub mod claims;
mod clock;
pub mod config;
mod cookies;
mod delegate;
pub mod denied;
pub mod django;
mod engine;
mod flows;
pub mod keys;
mod limits;
mod pool;
mod request;
mod revocation;
mod start;
mod tokens;

use std::future::Future;
use std::sync::Arc;

use appserver_os::SharedMemory;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

/// How somebody lends the issuer an SQLite library.
pub use appserver_store::lent;
pub use call::{Answer, Call, CallResult, Caller, Endpoint};
pub use config::Config;
pub use delegate::{Credentials, Delegate, Delegated, Login};
pub use denied::Denied;
pub use start::StartError;

use engine::Engine;

/// The issuer of one worker. Ends with the last of its handles.
#[derive(Clone)]
pub struct Issuer {
    engine: Arc<Engine>,
    runtime: Handle,
    /// The thread ends when the last of these is gone.
    #[expect(dead_code, reason = "it is there to be dropped")]
    running: Arc<oneshot::Sender<()>>,
}

/// What an issuer finds in its process.
#[derive(Clone, Default)]
pub struct Host {
    /// What all workers of the machine share.
    pub memory: Option<Arc<SharedMemory>>,
    /// The application, where it is asked.
    pub delegate: Option<Arc<dyn Delegate>>,
    /// The application's SQLite library, for files that it may have open.
    pub sqlite: lent::Lent,
}

/// Tokens that were given out without a login.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: Option<String>,
}

/// What is to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoke {
    /// A token, by its `jti`.
    Token(String),
    /// A session, by its `sid`.
    Session(String),
    /// Everything that a user has, by the id.
    User(String),
    /// Everything that was issued until now.
    Everybody,
}

impl Issuer {
    /// Answers a call. May be dropped: what was begun is finished all the same.
    pub fn answer(&self, call: Call) -> impl Future<Output = Answer> + Send + use<> {
        let (endpoint, realm) = (call.endpoint, self.engine.config.realm.clone());
        let answering = self.runtime.spawn(flows::answer(Arc::clone(&self.engine), call));
        async move {
            answering.await.unwrap_or_else(|error| {
                tracing::error!(%error, "a call has failed");
                answer::refuse(&answer::Refusal::Failed, endpoint, &realm)
            })
        }
    }

    /// Gives the user of this id tokens, as a login would; `None` if there is none who may log in. The
    /// text of a failure is for operators.
    pub fn issue(
        &self,
        user: String,
    ) -> impl Future<Output = Result<Option<Issued>, String>> + Send + use<> {
        let engine = Arc::clone(&self.engine);
        let issuing = self.runtime.spawn(async move { flows::unasked(&engine, &user).await });
        async move {
            match issuing.await {
                Ok(issued) => issued.map_err(|refusal| refusal.for_operators().to_owned()),
                Err(error) => Err(error.to_string()),
            }
        }
    }

    /// Revokes, and resolves when the store has it; this machine knows it at once.
    pub fn revoke(&self, what: Revoke) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let engine = Arc::clone(&self.engine);
        let revoking = self.runtime.spawn(async move { engine.revoke(&what).await });
        async move {
            match revoking.await {
                Ok(revoked) => revoked.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        }
    }

    /// What is revoked, for the gate.
    #[must_use]
    pub fn denied(&self) -> Arc<Denied> {
        Arc::clone(&self.engine.denied)
    }

    /// The public keys, now and whenever they change.
    #[must_use]
    pub fn keys(&self) -> watch::Receiver<Arc<keys::Published>> {
        self.engine.published.subscribe()
    }
}
