//! Keys that are fetched when a test says so.

use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appserver_app::LocalFuture;
use appserver_auth::config::{Config, Keys, Provider, RemoteUrl};
use appserver_auth::key::KeySet;
use appserver_auth::{Algorithm, KeyRing, Refetch, Refetched};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use tokio::sync::Notify;

use super::token::{base64url, claims, signed};
use super::{bearer, config, local, request};
use crate::server::{Setup, TestServer};

/// Where keys are fetched from.
#[derive(Clone, Default)]
pub(crate) struct Remote {
    /// How often they were asked for.
    asked: Arc<AtomicUsize>,
    /// Fetches that nobody waited for to the end.
    dropped: Arc<AtomicUsize>,
    /// Lets one fetch end.
    release: Arc<Notify>,
    /// The set that is fetched next.
    set: Arc<Mutex<Option<String>>>,
    /// Asking again can bring something, whatever came before.
    is_endless: Arc<AtomicBool>,
}

impl Remote {
    pub(crate) fn source(&self, ring: &Rc<KeyRing>) -> Source {
        Source { remote: self.clone(), ring: Rc::downgrade(ring) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(crate) struct Source {
    remote: Remote,
    ring: Weak<KeyRing>,
}

impl Refetch for Source {
    fn is_possible(&self) -> bool {
        self.remote.is_endless.load(Ordering::SeqCst) || self.remote.asked() == 0
    }

    fn refetch(&self) -> LocalFuture<Refetched> {
        self.remote.asked.fetch_add(1, Ordering::SeqCst);
        let remote = self.remote.clone();
        let ring = self.ring.clone();
        let guard = crate::app::CountDrop(Arc::clone(&remote.dropped));
        Box::pin(async move {
            if !remote.is_endless.load(Ordering::SeqCst) {
                remote.release.notified().await;
            }
            std::mem::forget(guard);
            let Some(text) = remote.set.lock().unwrap().take() else { return Refetched::Failed };
            let (set, _) = KeySet::from_jwk_set(text.as_bytes(), &[Algorithm::EdDSA], 9).unwrap();
            ring.upgrade().unwrap().replace(set);
            Refetched::Renewed
        })
    }
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn set() -> String {
    let x = base64url(pair().public_key().as_ref());
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": x }] }).to_string()
}

fn token() -> String {
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" });
    signed(&header, &claims("7", &json!({})), |message| pair().sign(message).as_ref().to_vec())
}

fn remote() -> Config {
    let minute = Duration::from_secs(60);
    let remote = appserver_auth::config::Remote {
        url: RemoteUrl::Set("https://keys.example/set".into()),
        cache: minute,
        cache_bounds: (minute, minute),
        refresh_before: Duration::ZERO,
        stale_if_error: minute,
        cooldown: minute,
        timeout: minute,
        max_bytes: 10_000,
        max_keys: 9,
        ca: None,
        allow_http: false,
    };
    let provider = Provider {
        name: "corp".into(),
        algorithms: vec![Algorithm::EdDSA],
        keys: Keys::Remote(remote),
        ..local()
    };
    Config { providers: vec![provider], ..config() }
}

fn start() -> TestServer {
    Setup::new().with(|config| config.limit_concurrency = Some(1)).guarded(remote()).start()
}

#[test]
fn a_request_waits_for_its_key_and_takes_no_place_meanwhile() {
    let server = start();
    *server.probe.keys.set.lock().unwrap() = Some(set());
    let mut waiting = server.client();
    let body = "Content-Length: 5\r\n";
    waiting.send(request("POST /echo", &(bearer(&token()) + body))).send("hello");
    server.wait("the fetch", |server| server.probe.keys.asked() == 1);
    let mut other = server.client();
    assert_eq!(other.get("/open").status, 200);
    assert_eq!(server.probe.calls(), 1);
    server.probe.keys.release.notify_one();
    let answer = waiting.read();
    assert_eq!((answer.status, answer.text()), (200, "hello"));
    let answer = other.send(request("GET /seen", &bearer(&token()))).read();
    assert!(answer.text().contains("verified 7\n"), "{answer:?}");
    assert_eq!(server.probe.keys.asked(), 1);
}

#[test]
fn a_fetch_that_fails_is_not_repeated_for_the_same_request() {
    let server = start();
    server.probe.keys.release.notify_one();
    let mut client = server.client();
    assert_eq!(client.send(request("GET /", &bearer(&token()))).read().status, 503);
    assert_eq!(client.send(request("GET /", &bearer(&token()))).read().status, 503);
    assert_eq!((server.probe.keys.asked(), server.probe.calls()), (1, 0));
}

#[test]
fn waiting_ends_even_if_keys_are_fetched_without_an_end() {
    let server = start();
    server.probe.keys.is_endless.store(true, Ordering::SeqCst);
    let mut client = server.client();
    assert_eq!(client.send(request("GET /", &bearer(&token()))).read().status, 503);
    assert_eq!((server.probe.keys.asked(), server.probe.calls()), (1, 0));
}

#[test]
fn a_client_that_leaves_waits_no_more() {
    let server = Setup::new().streamed().guarded(remote()).start();
    let mut client = server.client();
    client.send(request("GET /", &bearer(&token())));
    server.wait("the fetch", |server| server.probe.keys.asked() == 1);
    drop(client);
    let dropped = |server: &TestServer| server.probe.keys.dropped.load(Ordering::SeqCst);
    server.wait("the drop", |server| dropped(server) == 1);
    server.wait("the end", |server| server.report().in_flight == 0);
    assert_eq!(server.probe.calls(), 0);
}
