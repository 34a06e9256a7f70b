//! Load: threads that ask again and again until told to stop. No request is tried twice, so each
//! failure is one that a user would have seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::DEADLINE;
use crate::client::{Address, Client, ClientError, Response};

/// How a thread uses connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One connection for as long as the server keeps it, each request as soon as the last one is
    /// answered.
    KeepAlive,
    /// A new connection for each request.
    NewConnections,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Answered with 2xx.
    pub succeeded: u64,
    /// How often each body came.
    pub bodies: BTreeMap<String, u64>,
    /// Everything else, by kind.
    pub failed: BTreeMap<String, u64>,
}

impl Tally {
    /// Asserts that every request was answered, and that there were some.
    ///
    /// # Panics
    /// When any failed.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.succeeded > 0, "nothing was asked");
        assert!(self.failed.is_empty(), "{} succeeded, but {:?}", self.succeeded, self.failed);
    }

    /// All failures.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    fn count(&mut self, outcome: Result<Response, ClientError>) {
        match outcome {
            Ok(response) if (200..300).contains(&response.status) => {
                self.succeeded += 1;
                *self.bodies.entry(response.text()).or_default() += 1;
            }
            Ok(response) => *self.failed.entry(response.status.to_string()).or_default() += 1,
            Err(error) => *self.failed.entry(error.kind().to_owned()).or_default() += 1,
        }
    }
}

/// Load that runs.
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    address: Address,
    target: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tally: Tally,
    is_over: bool,
}

impl Load {
    /// Starts a thread for each pace.
    pub fn start(address: &Address, target: &str, paces: &[Pace]) -> Self {
        let shared = Arc::new(Shared {
            address: address.clone(),
            target: target.to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let start = |pace: &Pace| {
            let (shared, pace) = (Arc::clone(&shared), *pace);
            std::thread::spawn(move || shared.ask_on(pace))
        };
        let threads = paces.iter().map(start).collect();
        Self { shared, threads }
    }

    /// Two threads with connections that are kept, two with new ones.
    pub fn mixed(address: &Address, target: &str) -> Self {
        use Pace::{KeepAlive, NewConnections};
        Self::start(address, target, &[KeepAlive, NewConnections, KeepAlive, NewConnections])
    }

    /// What came of it so far.
    pub fn tally(&self) -> Tally {
        self.shared.state.lock().unwrap().tally.clone()
    }

    /// Waits until so many more requests have succeeded.
    ///
    /// # Panics
    /// When they do not.
    #[track_caller]
    pub fn wait_for(&self, more: u64) {
        let wanted = self.tally().succeeded + more;
        self.wait_until(|tally| tally.succeeded >= wanted);
    }

    /// Waits until what came of it so far is as wanted.
    ///
    /// # Panics
    /// When it does not become so.
    #[track_caller]
    pub fn wait_until(&self, is_enough: impl Fn(&Tally) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shared.state.lock().unwrap();
        while !is_enough(&state.tally) {
            let left = end.saturating_duration_since(Instant::now());
            let tally = state.tally.clone();
            assert!(!left.is_zero(), "the load does not get further than {tally:?}");
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Stops after the requests that run; returns what came of all.
    pub fn finish(mut self) -> Tally {
        self.end();
        self.tally()
    }

    fn end(&mut self) {
        self.shared.state.lock().unwrap().is_over = true;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn ask_on(&self, pace: Pace) {
        let mut kept: Option<Client> = None;
        while !self.state.lock().unwrap().is_over {
            let outcome = self.ask(&mut kept);
            let closes = outcome.as_ref().map_or(true, Response::closes);
            if closes || pace == Pace::NewConnections {
                kept = None;
            }
            self.state.lock().unwrap().tally.count(outcome);
            self.changed.notify_all();
        }
    }

    fn ask(&self, kept: &mut Option<Client>) -> Result<Response, ClientError> {
        let client = match kept {
            Some(client) => client,
            None => kept.insert(Client::connect(&self.address)?),
        };
        client.get(&self.target)
    }
}
