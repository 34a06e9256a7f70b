//! What the parts of one connection share: its guard, its service, its driver and the reaper.
//!
//! All of them run on one thread, so plain cells do. Times are nanoseconds of the worker's clock.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use appserver_app::{Connection, EarlyHints, Ticket};
use http::{Method, Uri};

use crate::framing::{Fault, Names};
use crate::websocket::{Upgrade, Watch};
use crate::worker::Worker;

/// One connection.
pub(crate) struct State {
    /// The worker that serves it.
    pub(crate) worker: Rc<Worker>,
    /// Who is at both ends.
    pub(crate) connection: Arc<Connection>,
    /// Whether the peer may speak for somebody else.
    pub(crate) is_trusted: bool,
    /// What the client did wrong, once it did.
    pub(crate) fault: Cell<Option<Fault>>,
    /// Requests passed to hyper whose responses have not ended.
    pub(crate) outstanding: Cell<u32>,
    /// No request was seen yet.
    pub(crate) is_fresh: Cell<bool>,
    /// Since when there has been nothing to do.
    pub(crate) idle_since: Cell<u64>,
    /// Since when an incomplete head is held back.
    pub(crate) head_since: Cell<Option<u64>>,
    /// The body that is arriving.
    pub(crate) upload: Cell<Upload>,
    /// Since when a write makes no progress.
    pub(crate) write_since: Cell<Option<u64>>,
    /// What the header names so far had in them.
    pub(crate) names: Cell<Names>,
    /// The response in progress ends only with the connection.
    pub(crate) is_close_delimited: Cell<bool>,
    /// The request that an application answers later.
    pub(crate) running: RefCell<Option<Running>>,
    /// Its time is over.
    pub(crate) is_expired: Cell<bool>,
    /// Goes out before the response, while there is none.
    pub(crate) hints: RefCell<Option<EarlyHints>>,
    /// Those of the request before.
    spare_hints: Cell<Option<EarlyHints>>,
    /// Whether the socket's next bytes are waited for, and with them its end.
    pub(crate) is_listening: Cell<bool>,
    /// Whether the client is still there has to be asked.
    pub(crate) is_doubted: Cell<bool>,
    /// The WebSocket that the connection becomes once the answer that says so is sent.
    pub(crate) upgrade: RefCell<Option<Box<Upgrade>>>,
    /// The silence of the WebSocket that it has become.
    pub(crate) watch: Cell<Option<Watch>>,
    /// The connection is to be closed once it is idle.
    pub(crate) wants_close: Cell<bool>,
    /// The connection is to be cut.
    pub(crate) is_cut: Cell<bool>,
    /// Whether hyper is there.
    pub(crate) sleep: Cell<Sleep>,
    waker: OnceCell<Waker>,
}

/// Whether a connection has a hyper connection, which costs memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sleep {
    /// It has.
    Awake,
    /// It has, and need not have.
    Tired,
    /// It has not.
    Asleep,
}

/// How a request body arrives.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Upload {
    /// The next byte belongs to a body.
    pub(crate) is_open: bool,
    /// Since when the client has been waited for; `None` while it is not.
    pub(crate) waiting_since: Option<u64>,
    /// For how long it has been waited for in all, as the reaper saw it.
    pub(crate) waited: u64,
    /// Bytes that have arrived.
    pub(crate) bytes: u64,
}

/// A request that the application has not answered yet.
pub(crate) struct Running {
    /// When the application was called, or began; later by the time that it waited for the client.
    pub(crate) since: u64,
    /// Its place in the application's queue.
    pub(crate) ticket: Option<Arc<Ticket>>,
    /// The application was not seen to have begun.
    pub(crate) is_queued: bool,
    /// The method.
    pub(crate) method: Method,
    /// The target.
    pub(crate) target: Uri,
}

impl State {
    /// A connection that has just been accepted.
    pub(crate) fn new(worker: Rc<Worker>, connection: Connection) -> Self {
        let is_trusted = worker.config.trusted_proxies.trusts(&connection.peer);
        let now = worker.now.get();
        worker.fresh.update(|count| count + 1);
        Self {
            worker,
            connection: Arc::new(connection),
            is_trusted,
            fault: Cell::new(None),
            outstanding: Cell::new(0),
            is_fresh: Cell::new(true),
            idle_since: Cell::new(now),
            head_since: Cell::new(None),
            upload: Cell::default(),
            write_since: Cell::new(None),
            names: Cell::default(),
            is_close_delimited: Cell::new(false),
            running: RefCell::new(None),
            is_expired: Cell::new(false),
            hints: RefCell::new(None),
            spare_hints: Cell::new(None),
            is_listening: Cell::new(true),
            is_doubted: Cell::new(false),
            upgrade: RefCell::new(None),
            watch: Cell::new(None),
            wants_close: Cell::new(false),
            is_cut: Cell::new(false),
            sleep: Cell::new(Sleep::Asleep),
            waker: OnceCell::new(),
        }
    }

    /// Whether a field that only a trusted proxy may set can be there.
    pub(crate) fn is_told_by_proxy(&self) -> bool {
        self.is_trusted && self.names.get().x
    }

    /// A request has come, or none will.
    pub(crate) fn has_spoken(&self) {
        if self.is_fresh.replace(false) {
            self.worker.fresh.update(|count| count - 1);
        }
    }

    /// Nothing is being received, held back, answered or sent.
    pub(crate) fn is_idle(&self) -> bool {
        self.outstanding.get() == 0
            && self.head_since.get().is_none()
            && self.write_since.get().is_none()
            && !self.upload.get().is_open
    }

    /// Whether the connection can do without hyper now.
    pub(crate) fn falls_asleep(&self) -> bool {
        if self.sleep.get() != Sleep::Tired {
            return false;
        }
        self.sleep.set(Sleep::Awake);
        self.is_idle() && self.fault.get().is_none() && !self.worker.is_draining.get()
    }

    /// What the application may send before its response.
    pub(crate) fn start_hints(&self) -> EarlyHints {
        let spare = self.spare_hints.take().and_then(EarlyHints::renew);
        let hints = spare.unwrap_or_else(|| self.new_hints());
        *self.hints.borrow_mut() = Some(hints.clone());
        hints
    }

    fn new_hints(&self) -> EarlyHints {
        let hints = EarlyHints::default();
        if let Some(waker) = self.waker.get() {
            hints.watch(waker);
        }
        hints
    }

    /// The response begins, or there will be none.
    pub(crate) fn end_hints(&self) {
        let hints = self.hints.take();
        if let Some(hints) = hints {
            hints.end();
            self.spare_hints.set(Some(hints));
        }
    }

    /// A response has ended.
    pub(crate) fn response_ended(&self, now: u64) {
        self.outstanding.set(self.outstanding.get().saturating_sub(1));
        self.idle_since.set(now);
        // Nobody read the rest of the next head before.
        self.head_since.set(self.head_since.get().map(|_| now));
    }

    /// Records the violation that ends the connection; the first one counts.
    pub(crate) fn refuse(&self, fault: Fault) {
        if self.fault.get().is_none() {
            self.fault.set(Some(fault));
        }
    }

    /// Remembers the task of this connection; it stays the same for the connection's life.
    pub(crate) fn remember(&self, waker: &Waker) {
        if self.waker.get().is_none() {
            let _ = self.waker.set(waker.clone());
        }
    }

    /// Makes the driver look at the flags.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }
}
