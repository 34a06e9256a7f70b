//! From a configuration to an issuer at work, on a thread of its own.

use std::io;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use appserver_auth::issue::{Examiner, Signer};
use appserver_store::lent::Lent;
use appserver_store::{StoreError, Users};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::config::{Config, KeyDirectory, Signing, UserSource};
use crate::denied::Feed;
use crate::engine::Engine;
use crate::keys::{KeyStore, Published, Snapshot};
use crate::pool::{Pool, Threads};
use crate::revocation::accepted_for;
use crate::{Denied, Host, Issuer};

/// How much threads that hash give way. Those that call the application do not: they would hold what
/// others wait for.
const NICENESS: i32 = 10;

/// How often it is seen whether our own keys have changed: a revoked one signs no longer than this.
const KEYS_TICK: Duration = Duration::from_secs(1);

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
#[error("cannot give tokens out: {0}")]
pub struct StartError(pub String);

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What signs, and what anybody may know of it.
struct Signature {
    signer: Arc<Signer>,
    published: Published,
    /// Where keys change by themselves.
    store: Option<KeyStore>,
}

impl Issuer {
    /// Begins to work, after the fork. A store that cannot be reached keeps nobody from starting:
    /// calls are answered with 503 until it is back. Resolves when it is known what is revoked, or that
    /// the store does not say; whoever waits must not hold what a lent library needs.
    ///
    /// # Errors
    /// The configuration cannot be used, or the kernel gives no thread.
    pub async fn start(config: Config, host: Host) -> Result<Self, StartError> {
        let (started, result) = oneshot::channel();
        let begin = move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(live(config, host, started)),
                Err(error) => drop(started.send(Err(error.into()))),
            }
        };
        thread::Builder::new().name("issuer".to_owned()).spawn(begin)?;
        result.await.unwrap_or_else(|_| Err(StartError("its thread has ended".to_owned())))
    }
}

/// Everything that the issuer's thread does.
async fn live(config: Config, host: Host, started: oneshot::Sender<Result<Issuer, StartError>>) {
    let (engine, keys) = match build(config, host) {
        Ok(built) => built,
        Err(error) => return drop(started.send(Err(error))),
    };
    let (running, ended) = oneshot::channel();
    prepare(&engine).await;
    let (store, denied) = (Arc::clone(&engine.store), Arc::clone(&engine.denied));
    let mut feed = Feed::new(store, denied, engine.config.poll);
    if let Err(error) = feed.load().await {
        tracing::error!(%error, "what is revoked is not known yet");
    }
    tokio::spawn(feed.run());
    if let Some(keys) = keys {
        tokio::spawn(follow(Arc::clone(&engine), keys));
    }
    let runtime = Handle::current();
    let _ = started.send(Ok(Issuer { engine, runtime, running: Arc::new(running) }));
    let _ = ended.await;
}

fn build(mut config: Config, host: Host) -> Result<(Arc<Engine>, Option<KeyStore>), StartError> {
    let Host { memory, delegate, sqlite } = host;
    config.share_alike();
    let Signature { signer, published, store: keys } = signature(&config)?;
    let examiner = Examiner::new(&config.format, &config.provider).map_err(StartError)?;
    if keys.is_some() {
        examiner.replace_keys(&published.jwks).map_err(StartError)?;
    }
    let users = users(&config, &sqlite)?;
    if users.is_none() && delegate.is_none() {
        return Err(StartError("there is nobody to ask for users".to_owned()));
    }
    let (count, waiting) = config.pool;
    let niceness = if users.is_some() { NICENESS } else { 0 };
    let checking = Threads { name: "password", count, niceness };
    let asking = Threads { name: "asking", count, niceness: 0 };
    let start = |threads| Pool::start(threads, waiting, appserver_passwords::release_memory);
    let denied = Denied::new(memory, config.stale_after).keeping(accepted_for(&config.format));
    let engine = Engine {
        store: appserver_store::open(&config.store, &sqlite)?,
        asking: delegate.as_ref().map(|_| start(asking)).transpose()?,
        users,
        delegate,
        pool: start(checking)?,
        signer: RwLock::new(signer),
        examiner,
        denied: Arc::new(denied),
        published: watch::Sender::new(Arc::new(published)),
        clock: Clock::default(),
        config,
    };
    Ok((Arc::new(engine), keys))
}

/// Where the server looks users up itself; it checks their passwords then.
fn users(config: &Config, sqlite: &Lent) -> Result<Option<Arc<dyn Users>>, StartError> {
    let UserSource::Table(address, table) = &config.users else { return Ok(None) };
    let unusable =
        |error| StartError(format!("passwords cannot be hashed as they are to be: {error}"));
    config.hashers.validate().map_err(unusable)?;
    Ok(Some(appserver_store::open_users(address, table, sqlite)?))
}

fn signature(config: &Config) -> Result<Signature, StartError> {
    let algorithm = config.format.algorithm;
    let unusable = |error: &dyn std::fmt::Display| StartError(error.to_string());
    if let Some(directory) = config.key_directory() {
        // A project's tokens may live longer than the settings have counted with.
        let retire_after = directory.retire_after.max(config.format.longest_lifetime());
        let directory = KeyDirectory { retire_after, ..directory.clone() };
        let store = KeyStore::open(&directory).map_err(|error| unusable(&error))?;
        let Snapshot { signer, published } = store.snapshot();
        return Ok(Signature { signer, published, store: Some(store) });
    }
    let (signer, published) = match &config.signing {
        Signing::Secret(secret) => {
            let signer =
                Signer::from_secret(algorithm, secret).map_err(|error| unusable(&error))?;
            (signer, Published::none())
        }
        Signing::Pem(pem) => {
            let published = Published::of_pem(algorithm, pem).map_err(|error| unusable(&error))?;
            let kid = published.kid();
            let signer = Signer::from_pem(algorithm, pem, kid.as_deref());
            (signer.map_err(|error| unusable(&error))?, published)
        }
        Signing::Directory(_) | Signing::Django => {
            return Err(StartError("there is no key to sign with".to_owned()));
        }
    };
    Ok(Signature { signer: Arc::new(signer), published, store: None })
}

/// Operations on tables that are not there make them; this only tells early what is wrong.
async fn prepare(engine: &Engine) {
    if let Err(error) = engine.store.prepare().await {
        tracing::error!(%error, "no tokens can be given out until it is there");
    }
    let Some(users) = &engine.users else { return };
    if let Err(error) = users.prepare().await {
        tracing::error!(%error, "nobody can log in until users are there");
    }
}

/// Signs and publishes with the keys that there are, whoever changes them.
async fn follow(engine: Arc<Engine>, keys: KeyStore) {
    let mut ticks = tokio::time::interval(KEYS_TICK);
    loop {
        ticks.tick().await;
        match keys.refresh() {
            Ok(None) => {}
            Ok(Some(snapshot)) => adopt(&engine, snapshot),
            Err(error) => tracing::error!(%error, "the keys that sign cannot be read"),
        }
    }
}

fn adopt(engine: &Engine, Snapshot { signer, published }: Snapshot) {
    // What verifies comes first: nothing is signed that nobody can verify.
    if let Err(error) = engine.examiner.replace_keys(&published.jwks) {
        tracing::error!(%error, "the keys that sign cannot be used");
        return;
    }
    engine.published.send_replace(Arc::new(published));
    engine.replace_signer(signer);
    tracing::info!("the keys that sign tokens have changed");
}
