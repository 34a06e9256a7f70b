//! A timer of nanoseconds that an async loop waits on; the runtime's own counts milliseconds.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::task::{Context, Poll, ready};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::unix::AsyncFd;

use crate::readable::{OwnsFd, Watched, watch};

const NANOS: u64 = 1_000_000_000;

/// A `timerfd_create(2)` of `CLOCK_MONOTONIC`, watched by the runtime it was made in.
#[derive(Debug)]
pub struct Timer(AsyncFd<Watched<Descriptor>>);

#[derive(Debug)]
struct Descriptor(TimerFd);

impl OwnsFd for Descriptor {
    fn owned(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Timer {
    /// A timer that is not armed. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the kernel gives no descriptor.
    pub fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        watch(Descriptor(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?)).map(Self)
    }

    /// Fires once at this time of [`crate::clock::monotonic_ns`], at once if it has passed. What was
    /// armed before is forgotten.
    ///
    /// # Errors
    /// When the time is beyond what the kernel counts.
    pub fn arm(&self, at_ns: u64) -> io::Result<()> {
        // Zero would disarm.
        let at_ns = at_ns.max(1);
        let seconds = i64::try_from(at_ns / NANOS).map_err(io::Error::other)?;
        let nanos = i64::try_from(at_ns % NANOS).map_err(io::Error::other)?;
        let at = Expiration::OneShot(TimeSpec::new(seconds, nanos));
        self.0.get_ref().0.0.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        Ok(())
    }

    /// Whether it has fired since the last time this was ready. It may say so late, about a time
    /// that was armed before; callers look at the clock.
    ///
    /// # Errors
    /// When the runtime is gone.
    pub fn poll_fired(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut guard = ready!(self.0.poll_read_ready(cx))?;
        // Not read: arming it anew resets the kernel's count.
        guard.clear_ready();
        Poll::Ready(Ok(()))
    }
}
