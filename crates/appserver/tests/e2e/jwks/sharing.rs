//! Several workers of one machine, and their successors: what one has fetched, all have.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appserver::jwks::{FetchResult, Keeper, Shelf, Watched, counts};
use appserver_auth::config::{Config, ErrorBody, Forward, Keys, Presence, Provider, Remote};
use appserver_auth::{Algorithm, Gate, KeyRing, Refetch};
use appserver_os::SharedMemory;
use tokio::task::LocalSet;

use super::issuer::{Issuer, Key, answer, hang, set};
use super::{LONG, remote};

/// A machine with the memory that the master would make.
pub(super) struct Machine {
    config: Config,
    memories: Vec<Arc<SharedMemory>>,
}

/// One of its workers.
pub(super) struct Worker {
    ring: Rc<KeyRing>,
    _keeper: Keeper,
    _gate: Gate,
}

impl Machine {
    pub(super) fn new(remote: &Remote) -> Self {
        let config = config(remote);
        let memories = Shelf::default().serve(Some(&config)).unwrap();
        Self { config, memories }
    }

    /// Runs a test on the loop of all its workers.
    pub(super) fn run(&self, test: impl AsyncFnOnce(&Self)) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, test(self));
    }

    pub(super) fn worker(&self) -> Worker {
        let gate = Gate::new(self.config.clone()).unwrap();
        let remotes = gate.remotes();
        let watched = remotes.iter().map(|(name, remote, ring)| Watched {
            name: (*name).to_owned(),
            remote: (*remote).clone(),
            algorithms: vec![Algorithm::EdDSA],
            ring: Rc::clone(ring),
        });
        let keeper = Keeper::start(watched.collect(), &self.memories).unwrap();
        let ring = Rc::clone(&remotes[0].2);
        drop(remotes);
        Worker { ring, _keeper: keeper, _gate: gate }
    }

    /// How many fetches have come to this.
    pub(super) fn count(&self, result: FetchResult) -> u64 {
        let counts = counts(&self.memories[0]);
        counts.iter().find(|(which, _)| *which == result).unwrap().1
    }
}

impl Worker {
    /// The names of its keys.
    pub(super) fn kids(&self) -> Vec<String> {
        self.ring.set().iter().filter_map(|key| key.kid().map(str::to_owned)).collect()
    }

    pub(super) fn version(&self) -> u64 {
        self.ring.version()
    }

    pub(super) fn source(&self) -> Option<Rc<dyn Refetch>> {
        self.ring.source()
    }
}

/// Waits on the loop until it is so.
pub(super) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    let mut turn = tokio::time::interval(Duration::from_millis(2));
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        turn.tick().await;
    }
}

fn config(remote: &Remote) -> Config {
    Config {
        realm: "api".to_owned(),
        error_body: ErrorBody::Text,
        default: Presence::Required,
        max_token: 8192,
        bypass_preflight: false,
        root_path: String::new(),
        trusted_origins: Vec::new(),
        cors_origins: Vec::new(),
        providers: vec![provider(remote)],
        rules: Vec::new(),
        forward: Forward::default(),
        cache_entries: 100,
        cache_time: LONG,
        from_django: false,
    }
}

fn provider(remote: &Remote) -> Provider {
    Provider {
        name: "idp".to_owned(),
        issuer: None,
        audiences: Vec::new(),
        algorithms: vec![Algorithm::EdDSA],
        keys: Keys::Remote(remote.clone()),
        types: vec!["JWT".to_owned()],
        token_types: Vec::new(),
        token_type_claim: "token_type".to_owned(),
        user_claim: "sub".to_owned(),
        leeway: Duration::ZERO,
        required: Vec::new(),
        max_lifetime: None,
        subjects: None,
        sources: Vec::new(),
        scope_claims: Vec::new(),
        role_claims: Vec::new(),
        ..Provider::new("idp", Vec::new(), Keys::Django)
    }
}

#[test]
fn eight_workers_fetch_once() {
    let issuer = Issuer::saying(set(&[&Key::new("one")]));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let workers: Vec<_> = (0..8).map(|_| machine.worker()).collect();
        until("all have the key", || workers.iter().all(|worker| worker.kids() == ["one"])).await;
        assert_eq!(issuer.connections(), 1);
    });
}

#[test]
fn a_later_worker_has_the_keys_at_once_even_if_the_issuer_is_gone() {
    let issuer = Issuer::saying(set(&[&Key::new("one")]));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let first = machine.worker();
        until("the key is there", || first.kids() == ["one"]).await;
        drop(first);
        drop(issuer);
        // With nothing in between: the keys are there before the first request.
        assert_eq!(machine.worker().kids(), ["one"]);
    });
}

#[test]
fn a_worker_that_ends_while_it_fetches_holds_up_nobody() {
    let issuer = Issuer::new(hang);
    let mut remote = remote(&issuer);
    (remote.cooldown, remote.timeout) = (LONG, Duration::from_secs(300));
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let first = machine.worker();
        until("it is asked", || issuer.connections() == 1).await;
        issuer.behave(answer(set(&[&Key::new("one")])));
        let second = machine.worker();
        drop(first);
        until("the other has fetched", || second.kids() == ["one"]).await;
        assert_eq!(issuer.connections(), 2);
    });
}

/// As an application does that computes for a while.
#[test]
fn a_fetch_goes_on_while_something_holds_the_loop() {
    let issuer = Issuer::saying(set(&[&Key::new("one")]));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let worker = machine.worker();
        until("it is asked", || issuer.connections() == 1).await;
        // Nothing else runs on this thread meanwhile.
        appserver_testkit::wait_until("it is fetched", || machine.count(FetchResult::Fetched) == 1);
        until("the key is there", || worker.kids() == ["one"]).await;
    });
}

#[test]
fn without_memory_of_the_master_a_worker_fetches_for_itself() {
    let issuer = Issuer::saying(set(&[&Key::new("one")]));
    let mut machine = Machine::new(&remote(&issuer));
    machine.memories.clear();
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker()];
        until("both have it", || workers.iter().all(|worker| worker.kids() == ["one"])).await;
        assert_eq!(issuer.connections(), 2);
    });
}
