//! Gives tokens out and takes them back: login, refresh, rotation, revocation, keys.
//!
//! Works on a thread of its own, so that neither a slow database nor an application that holds its
//! loop keeps anybody from logging in. Fails closed: without the store nothing is refreshed. HTTP
//! and Python are not known here: calls and answers are plain values.

#![forbid(unsafe_code)]

mod call;
pub mod config;
mod delegate;
pub mod denied;
pub mod keys;
mod pool;

use std::future::Future;
use std::sync::Arc;

use appserver_os::SharedMemory;
use tokio::sync::watch;

pub use call::{Answer, Call, Caller, Endpoint};
pub use config::Config;
pub use delegate::{Credentials, Delegate, Delegated, Login};
pub use denied::Denied;

/// The issuer of one worker.
pub struct Issuer {
    denied: Arc<Denied>,
    keys: watch::Receiver<Arc<keys::Published>>,
}

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
#[error("cannot give tokens out: {0}")]
pub struct StartError(pub String);

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
    /// Begins to work, after the fork. `memory` is what all workers of the machine share; `delegate`
    /// is the application, where it is asked.
    ///
    /// # Errors
    /// The configuration cannot be used, or the kernel gives no thread.
    pub fn start(
        config: Config,
        memory: Option<Arc<SharedMemory>>,
        delegate: Option<Arc<dyn Delegate>>,
    ) -> Result<Self, StartError> {
        let _ = (config, memory, delegate);
        Err(StartError("not built in".to_owned()))
    }

    /// Answers a call. May be dropped: what was begun is finished all the same.
    pub fn answer(&self, call: Call) -> impl Future<Output = Answer> + use<> {
        let _ = call;
        std::future::ready(Answer::default())
    }

    /// Revokes, and resolves when the store has it and all workers of this machine know.
    pub fn revoke(&self, what: Revoke) -> impl Future<Output = Result<(), String>> + use<> {
        let _ = what;
        std::future::ready(Err("not built in".to_owned()))
    }

    /// What is revoked, for the gate.
    #[must_use]
    pub fn denied(&self) -> Arc<Denied> {
        Arc::clone(&self.denied)
    }

    /// The public keys, now and whenever they change.
    #[must_use]
    pub fn keys(&self) -> watch::Receiver<Arc<keys::Published>> {
        self.keys.clone()
    }
}
