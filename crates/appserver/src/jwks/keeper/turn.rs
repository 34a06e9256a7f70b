//! A worker's turn to fetch, in a thread of its own: an application that holds the loop does not
//! make it late.

use appserver_auth::Algorithm;
use appserver_auth::config::Remote;
use appserver_auth::key::{KeyError, KeySet};
use appserver_os::clock::monotonic_ns;
use tokio::sync::oneshot;

use super::Watched;
use crate::jwks::fetch::{FetchError, Fetched, fetch};
use crate::jwks::pace::{Pace, nanos};
use crate::jwks::store::{Lease, Store};

/// How much longer than a fetch its lease lasts: what is around it, on a busy machine.
const MARGIN: u64 = 2_000_000_000;
/// The longest text of the other side's that one line of the log repeats, in characters.
const MOST_TOLD: usize = 500;

/// What a turn needs.
#[derive(Clone)]
pub(super) struct Turn {
    name: String,
    remote: Remote,
    algorithms: Vec<Algorithm>,
    store: Store,
}

impl Turn {
    pub(super) fn new(watched: &Watched, store: Store) -> Self {
        let Watched { name, remote, algorithms, .. } = watched;
        let (name, remote) = (name.clone(), remote.clone());
        Self { name, remote, algorithms: algorithms.clone(), store }
    }

    /// The longest that a turn may last, in nanoseconds.
    pub(super) fn longest(&self) -> u64 {
        nanos(self.remote.timeout).saturating_add(MARGIN)
    }

    /// Begins to fetch. The receiver resolves when it is over, however it has ended.
    pub(super) fn begin(&self, lease: Lease, pace: Pace) -> oneshot::Receiver<()> {
        let (done, receiver) = oneshot::channel();
        let turn = self.clone();
        let work = move || {
            turn.take(lease, pace);
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("appserver-keys".to_owned());
        if let Err(error) = thread.spawn(work) {
            self.failed(lease, pace, &FetchError::Loop(error));
        }
        receiver
    }

    fn take(&self, lease: Lease, pace: Pace) {
        let outcome = fetch(&self.remote).and_then(|fetched| self.admit(lease, &fetched));
        if let Err(error) = outcome {
            self.failed(lease, pace, &error);
        }
    }

    /// Puts a set in that has at least one usable key.
    fn admit(&self, lease: Lease, fetched: &Fetched) -> Result<(), FetchError> {
        let content = |text: String| FetchError::Content(text);
        let body = &fetched.body;
        let (set, left_out) = KeySet::from_jwk_set(body, &self.algorithms, self.remote.max_keys)
            .map_err(|error| content(format!("the answer is no usable JWK set: {error}")))?;
        if set.is_empty() {
            let why = left_out.first().map(|error| format!(": {error}")).unwrap_or_default();
            return Err(content(format!("the answer has no usable key{why}")));
        }
        let is_news = self.store.read().is_none_or(|copy| copy.body != *body);
        let was_failing = self.store.history().failures > 0;
        let now = monotonic_ns();
        let fresh_until = now.saturating_add(nanos(fetched.fresh));
        if self.store.publish(lease, body, now, fresh_until) && (is_news || was_failing) {
            self.tell(set.len(), &left_out);
        }
        Ok(())
    }

    fn tell(&self, usable: usize, left_out: &[KeyError]) {
        let (name, out) = (&self.name, left_out.len());
        if left_out.is_empty() {
            tracing::info!("provider {name}: fetched its keys; usable: {usable}");
        } else {
            let why: Vec<String> = left_out.iter().map(ToString::to_string).collect();
            let why = one_line(&why.join("; "));
            tracing::warn!(
                "provider {name}: fetched its keys; usable: {usable}, left out: {out}: {why}"
            );
        }
    }

    fn failed(&self, lease: Lease, pace: Pace, error: &FetchError) {
        let (name, result) = (&self.name, error.result());
        if !self.store.fail(lease, monotonic_ns(), result) {
            return;
        }
        let history = self.store.history();
        let next = pace.backoff(history.failures) / 1_000_000_000;
        let kept = if history.fetched > 0 { "; the keys of before stay" } else { "" };
        tracing::warn!(
            "provider {name}: its keys cannot be fetched: {}{kept}; tried again in {next} s, or \
             earlier if a key is missing",
            error.chain()
        );
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|each| if each.is_control() { ' ' } else { each }).take(MOST_TOLD).collect()
}
