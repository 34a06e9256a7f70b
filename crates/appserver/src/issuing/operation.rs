//! What an operator asks of the tokens that the server gives out: done in this process, with the
//! store of the settings, whether a server runs or not.

use std::sync::Arc;

use appserver_auth::Algorithm;
use appserver_auth::issue::NewKey;
use appserver_issuer::config::{Signing, UserSource};
use appserver_issuer::{Config, Credentials, Delegate, Delegated, Host, Issuer, Login, Revoke};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, FailureKind};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Everything that a user has ends: the id of the user.
    RevokeUser(String),
    /// A token ends: its `jti`.
    RevokeToken(String),
    /// A session ends: the `sid` of its tokens.
    RevokeSession(String),
    /// Everything that was issued until now ends.
    RevokeEverybody,
    /// A user gets tokens, without a login.
    Issue {
        /// The id of the user.
        user: String,
        /// Whether both tokens are told, as JSON, instead of the access token alone.
        json: bool,
    },
}

impl Operation {
    /// Whether it only takes away: then nothing is made that is not there.
    pub(crate) fn only_revokes(&self) -> bool {
        !matches!(self, Self::Issue { .. })
    }

    /// Does it, and tells what an operator is told. `config` has to be complete: with a Django project
    /// it has been asked. `host` has the application, where users are its own.
    ///
    /// # Errors
    /// The issuer cannot be started, the store is not there or cannot be told, or there is no such
    /// user.
    pub fn perform(&self, config: &Config, mut host: Host) -> Result<String, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::of(FailureKind::Failed, error);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        // Nothing waits for a second thread.
        let config = Config { pool: (1, 1), ..config.clone() };
        let config = if self.only_revokes() { revoking(config)? } else { config };
        host.delegate.get_or_insert_with(|| Arc::new(Nobody));
        runtime.block_on(async {
            let issuer = Issuer::start(config, host).await.map_err(|error| failed(&error))?;
            self.run(&issuer).await
        })
    }

    async fn run(&self, issuer: &Issuer) -> Result<String, Failure> {
        let failed = |text: String| Failure::new(FailureKind::Failed, text);
        let (revoke, told) = match self {
            Self::Issue { user, json } => {
                let issued = issuer.issue(user.clone()).await.map_err(failed)?;
                let issued = issued
                    .ok_or_else(|| failed(format!("there is no user {user:?} who may log in")))?;
                return Ok(match json {
                    true => {
                        json!({ "refresh": issued.refresh, "access": issued.access }).to_string()
                    }
                    false => issued.access,
                });
            }
            Self::RevokeUser(id) => {
                (Revoke::User(id.clone()), format!("everything that user {id} had is revoked"))
            }
            Self::RevokeToken(jti) => (Revoke::Token(jti.clone()), "the token is revoked".into()),
            Self::RevokeSession(sid) => {
                (Revoke::Session(sid.clone()), "the session is revoked".into())
            }
            Self::RevokeEverybody => {
                (Revoke::Everybody, "everything that was issued is revoked".into())
            }
        };
        issuer.revoke(revoke).await.map_err(failed)?;
        Ok(told)
    }
}

/// What it takes to revoke: the store. Nothing is signed and nobody logs in, so that neither keys nor
/// tables of users are made.
///
/// # Errors
/// The store is a file that is not there: no server reads it, so that revoking would change nothing.
pub(super) fn revoking(mut config: Config) -> Result<Config, Failure> {
    // Before the users are forgotten: the store may be in a file that is theirs.
    config.share_alike();
    let file = config.store.file().filter(|file| matches!(file.try_exists(), Ok(false)));
    if let Some(file) = file {
        let text =
            format!("there is no store at {}: nothing was ever given out with it", file.display());
        let hint = match (config.store.is_django, config.is_store_chosen) {
            (true, _) => "look at DATABASES of the Django project",
            (false, true) => "set `auth.jwt.store.url` as the server has it",
            (false, false) => {
                "set `state_dir`, or the variable STATE_DIRECTORY, as the server has it"
            }
        };
        return Err(Failure::new(FailureKind::Failed, text).hint(hint));
    }
    let mut config = Config { users: UserSource::Application, own_keys: None, ..config };
    if matches!(config.signing, Signing::Directory(_)) {
        let unused = NewKey::generate(Algorithm::ES256);
        let unused = unused.map_err(|error| Failure::of(FailureKind::Failed, &error))?;
        config.signing = Signing::Pem(unused.pem);
        config.format.algorithm = Algorithm::ES256;
    }
    Ok(config)
}

/// Stands for an application that is not here.
struct Nobody;

impl Nobody {
    fn missing<T>() -> Delegated<T> {
        Err("the application is not loaded".to_owned())
    }
}

impl Delegate for Nobody {
    fn authenticate(&self, _: &Credentials) -> Delegated<Option<Login>> {
        Self::missing()
    }

    fn user(&self, _: &str) -> Delegated<Option<Login>> {
        Self::missing()
    }

    fn claims(&self, _: &str, _: appserver_auth::issue::Kind) -> Delegated<Map<String, Value>> {
        Self::missing()
    }

    fn logged_in(&self, _: &str) -> Delegated<()> {
        Self::missing()
    }
}
