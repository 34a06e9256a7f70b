//! One turn after the other: what a turn waits for.

use std::any::Any;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use std::time::Duration;

use appserver_os::clock::monotonic_ns;
use appserver_os::epoll::WatchedEpoll;
use appserver_os::timer::Timer;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::bell::Turning;
use super::host::Host;
use super::keys::Keys;
use super::{gone, running};

/// What `select` returns.
pub(super) type Ready<'py> = PyResult<Bound<'py, PyList>>;

/// What a selector holds from its first turn on.
pub(super) struct State {
    sources: Option<Sources>,
    host: Option<Host>,
    /// The process that made it.
    owner: u32,
}

/// What can end a turn.
struct Sources {
    epoll: WatchedEpoll,
    timer: Timer,
    /// The time that the timer is armed for, of `CLOCK_MONOTONIC`.
    armed: Option<u64>,
}

/// When a turn ends at the latest.
#[derive(Clone, Copy)]
enum Limit {
    Never,
    Now,
    /// At this time of `CLOCK_MONOTONIC`, in nanoseconds.
    At(u64),
}

impl State {
    pub(super) fn new(epoll: OwnedFd) -> io::Result<Self> {
        let host = Host::take()?;
        let sources = host.within(|| {
            let epoll = WatchedEpoll::new(epoll)?;
            io::Result::Ok(Sources { epoll, timer: Timer::new()?, armed: None })
        });
        let sources = sources.unwrap_or_else(|| Err(gone()))?;
        Ok(Self { sources: Some(sources), host: Some(host), owner: std::process::id() })
    }

    /// One turn; returns what is ready at its end.
    pub(super) fn turn<'py>(
        &mut self,
        py: Python<'py>,
        keys: &Keys,
        timeout: Option<f64>,
    ) -> Ready<'py> {
        let (Some(host), Some(sources)) = (&self.host, &mut self.sources) else {
            return Err(gone().into());
        };
        let turning = Turning::start().ok_or_else(running)?;
        let mut waiting = Waiting { sources, turning, keys, timeout, limit: None };
        let run = || {
            host.run(|cx| {
                let ended = waiting.poll(py, cx);
                if ended.is_ready() {
                    // So that who wakes a task before the next turn need not write to the driver.
                    cx.waker().wake_by_ref();
                }
                ended
            })
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Some(ended)) => ended,
            Ok(None) => Err(gone().into()),
            Err(panic) => Err(panicked(&*panic)),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.owner != std::process::id() {
            // A forked process shares the runtime's epoll: what is taken out of it here would be
            // missing there.
            std::mem::forget((self.sources.take(), self.host.take()));
            return;
        }
        self.sources = None;
        if let Some(host) = self.host.take() {
            host.close();
        }
    }
}

/// A turn that has started.
struct Waiting<'a> {
    sources: &'a mut Sources,
    turning: Turning,
    keys: &'a Keys,
    timeout: Option<f64>,
    /// Known from the first poll on.
    limit: Option<Limit>,
}

impl Waiting<'_> {
    /// What the runtime asks, each time after the tasks have run.
    fn poll<'py>(&mut self, py: Python<'py>, cx: &mut Context<'_>) -> Poll<Ready<'py>> {
        if let Some(limit) = self.limit {
            return self.look(py, limit, cx);
        }
        self.turning.wake_with(cx.waker());
        let at_once = self.turning.is_interrupted() || self.sources.epoll.has_pending()?;
        let limit = if at_once { Limit::Now } else { Limit::new(self.timeout) };
        self.limit = Some(limit);
        match limit {
            Limit::Now => {
                // The driver is asked once, without sleeping, and then this again.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Limit::At(at) => self.sources.arm(at)?,
            Limit::Never => {}
        }
        self.look(py, limit, cx)
    }

    fn look<'py>(
        &mut self,
        py: Python<'py>,
        limit: Limit,
        cx: &mut Context<'_>,
    ) -> Poll<Ready<'py>> {
        py.check_signals()?;
        if let Poll::Ready(events) = self.sources.epoll.poll_events(cx)? {
            return Poll::Ready(self.keys.ready(py, events));
        }
        if self.turning.is_interrupted() || self.sources.poll_limit(limit, cx)?.is_ready() {
            return Poll::Ready(Ok(PyList::empty(py)));
        }
        Poll::Pending
    }
}

impl Sources {
    /// Arms the timer, unless it will fire before that anyway.
    fn arm(&mut self, at: u64) -> io::Result<()> {
        let soon_enough = self.armed.is_some_and(|armed| armed <= at && armed > monotonic_ns());
        if !soon_enough {
            self.timer.arm(at)?;
            self.armed = Some(at);
        }
        Ok(())
    }

    /// Waits until the limit.
    fn poll_limit(&mut self, limit: Limit, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match limit {
            Limit::Never => Poll::Pending,
            Limit::Now => Poll::Ready(Ok(())),
            Limit::At(at) => {
                while self.timer.poll_fired(cx)?.is_ready() {
                    if monotonic_ns() >= at {
                        return Poll::Ready(Ok(()));
                    }
                    self.arm(at)?;
                }
                Poll::Pending
            }
        }
    }
}

impl Limit {
    /// From seconds, as `selectors.BaseSelector.select` has them.
    fn new(timeout: Option<f64>) -> Self {
        match timeout {
            None => Self::Never,
            Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|wait| u64::try_from(wait.as_nanos()).ok())
                .and_then(|nanos| monotonic_ns().checked_add(nanos))
                .map_or(Self::Never, Self::At),
            Some(_) => Self::Now,
        }
    }
}

/// A panic must not end the interpreter; the runtime panics when it is run within another one.
fn panicked(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    PyRuntimeError::new_err(text.unwrap_or("the runtime panicked").to_owned())
}
