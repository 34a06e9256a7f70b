//! The server of one worker, as its worker sees it.

use std::rc::Rc;

use appserver_app::Application;
use appserver_os::ExclusiveListener;
use appserver_telemetry::Slot;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::worker::{Events, Worker};
use crate::{accept, connection, pipeline, reaper, turns};

/// Serves an application over HTTP/1.1.
pub struct Server {
    worker: Rc<Worker>,
}

impl Server {
    /// A server that does not serve yet.
    pub fn new(
        config: Config,
        app: Rc<dyn Application>,
        slot: Slot,
        events: Rc<dyn Events>,
    ) -> Self {
        Self { worker: Rc::new(Worker::new(config, app, slot, events)) }
    }

    /// Accepts and serves until it has been drained or aborted. Must run within a `LocalSet`.
    ///
    /// # Cancel safety
    /// Dropping the future stops accepting; open connections go on without deadlines.
    pub async fn serve(self: Rc<Self>, listeners: Vec<ExclusiveListener>) {
        let worker = &self.worker;
        let builder = connection::builder(&worker.config, worker.app.body_mode());
        let builder = Rc::new(builder);
        let mut accepting = JoinSet::new();
        for listener in listeners {
            let run = accept::run(Rc::clone(worker), listener, Rc::clone(&builder));
            accepting.spawn_local(run);
        }
        let mut reaping = JoinSet::new();
        reaping.spawn_local(reaper::run(Rc::clone(worker)));
        let mut calling = JoinSet::new();
        if worker.app.is_called_in_turns() {
            calling.spawn_local(turns::run(Rc::clone(worker), pipeline::call));
        }
        while accepting.join_next().await.is_some() {}
        while worker.registry.len() > 0 {
            worker.changed.notified().await;
        }
    }

    /// Stops gently: takes what the kernel has queued, closes the listeners, closes what is idle,
    /// finishes what runs, and tells each client that its connection closes.
    pub fn drain(&self) {
        self.worker.read_clock();
        self.worker.is_draining.set(true);
        self.wake_all();
    }

    /// The drain time is nearly over: tells the application so, and ends all WebSockets with code
    /// 1012. They stay open while the server only drains.
    pub fn last_call(&self) {
        self.worker.is_last_call.set(true);
        self.worker.app.last_call();
        self.wake_all();
    }

    /// Stops at once: every connection is cut.
    pub fn abort(&self) {
        self.worker.is_aborting.set(true);
        self.drain();
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.worker.registry.len()
    }

    fn wake_all(&self) {
        self.worker.registry.visit(|state| state.wake());
        self.worker.draining.notify_waiters();
        self.worker.changed.notify_waiters();
    }
}
