//! What all connections of a worker share.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;

use appserver_app::{Application, RequestId};
use appserver_os::clock::monotonic_ns;
use appserver_telemetry::Slot;
use tokio::sync::Notify;

use crate::authenticator::Authenticator;
use crate::company::Company;
use crate::config::Config;
use crate::registry::Registry;
use crate::turns::Turns;
use crate::websocket::Tools;

/// What the server tells its worker.
pub trait Events {
    /// The worker should be replaced; it serves on until it is drained.
    fn recycle(&self, reason: RecycleReason);

    /// A request ran over its time while the worker drains. The worker may end before the request
    /// does, and nobody could see then where it was.
    fn stuck(&self) {}
}

/// Why a worker should be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecycleReason {
    /// It has answered as many requests as it was to answer.
    MaxRequests,
    /// A request ran over its time; what it holds may be stuck.
    RequestTimeout,
}

/// The shared part.
pub(crate) struct Worker {
    pub(crate) config: Config,
    /// Decides whose requests reach the application.
    pub(crate) authenticator: Option<Authenticator>,
    pub(crate) app: Rc<dyn Application>,
    pub(crate) slot: Slot,
    pub(crate) events: Rc<dyn Events>,
    pub(crate) registry: Registry,
    /// The other workers.
    pub(crate) company: Company,
    /// Connections whose first request has not come yet.
    pub(crate) fresh: Cell<u64>,
    /// Requests and WebSockets that are with the application; counted where there is a limit.
    pub(crate) with_app: Cell<usize>,
    /// A recent reading of the clock: for deadlines, not for durations.
    pub(crate) now: Cell<u64>,
    pub(crate) is_draining: Cell<bool>,
    pub(crate) is_aborting: Cell<bool>,
    /// WebSockets are to end.
    pub(crate) is_last_call: Cell<bool>,
    /// Taken by the WebSocket that has its turn.
    pub(crate) tools: Cell<Option<Box<Tools>>>,
    /// Who waits for the application to be called.
    pub(crate) turns: Turns,
    /// Signalled when draining starts.
    pub(crate) draining: Notify,
    /// Signalled when a connection has ended or can be given up, and when draining starts.
    pub(crate) changed: Notify,
    id_prefix: u64,
    requests: Cell<u64>,
    has_done_its_share: Cell<bool>,
}

impl Worker {
    pub(crate) fn new(
        config: Config,
        app: Rc<dyn Application>,
        slot: Slot,
        events: Rc<dyn Events>,
    ) -> Self {
        if !app.is_timed() {
            slot.set_untimed();
        }
        let gate = config.gate.as_ref();
        let authenticator = gate.map(|gate| Authenticator::new(Rc::clone(gate), &slot));
        Self {
            config,
            authenticator,
            app,
            slot,
            events,
            registry: Registry::default(),
            company: Company::default(),
            fresh: Cell::new(0),
            with_app: Cell::new(0),
            now: Cell::new(monotonic_ns()),
            is_draining: Cell::new(false),
            is_aborting: Cell::new(false),
            is_last_call: Cell::new(false),
            tools: Cell::new(None),
            turns: Turns::default(),
            draining: Notify::new(),
            changed: Notify::new(),
            id_prefix: RandomState::new().build_hasher().finish(),
            requests: Cell::new(0),
            has_done_its_share: Cell::new(false),
        }
    }

    /// Reads the clock.
    pub(crate) fn read_clock(&self) -> u64 {
        let now = monotonic_ns();
        self.now.set(now);
        now
    }

    /// Counts a request and names it.
    pub(crate) fn next_id(&self) -> RequestId {
        let count = self.requests.get() + 1;
        self.requests.set(count);
        RequestId::Own { worker: self.id_prefix, count }
    }

    /// Asks to be replaced, once, when the worker has answered its share.
    pub(crate) fn check_share(&self) {
        let Some(share) = self.config.max_requests else { return };
        if self.requests.get() >= share && !self.has_done_its_share.replace(true) {
            self.events.recycle(RecycleReason::MaxRequests);
        }
    }
}
