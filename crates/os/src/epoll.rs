//! Somebody else's epoll, as one descriptor of an async loop.
//!
//! The runtime watches edges. An epoll in it tells of each new event once, but not that an event
//! which nobody has dealt with is still there, so that is remembered here.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::task::{Context, Poll};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollEvent, EpollTimeout};
use tokio::io::unix::AsyncFd;

use crate::poll::is_readable;
use crate::readable::{OwnsFd, Watched, watch};

/// As many events are collected at once; the kernel tells of the others next time.
const MOST: usize = 128;

/// An epoll to which its owner adds descriptors, level-triggered and each as its own `data.fd`, while
/// the runtime waits for their events.
#[derive(Debug)]
pub struct WatchedEpoll {
    epoll: AsyncFd<Watched<Descriptor>>,
    /// Whether it had events when last asked.
    pending: bool,
    /// The first of these are what was collected last.
    events: Box<[EpollEvent]>,
}

/// What has happened to a descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The descriptor.
    pub fd: RawFd,
    /// The flags of epoll_ctl(2).
    pub flags: i32,
}

#[derive(Debug)]
struct Descriptor(Epoll);

impl OwnsFd for Descriptor {
    fn owned(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

impl WatchedEpoll {
    /// Watches this descriptor of it. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When this is no descriptor that can be watched.
    pub fn new(epoll: OwnedFd) -> io::Result<Self> {
        let epoll = watch(Descriptor(Epoll(epoll)))?;
        let events = vec![EpollEvent::empty(); MOST].into_boxed_slice();
        Ok(Self { epoll, pending: true, events })
    }

    /// Whether events are left from before, without waiting or collecting.
    ///
    /// # Errors
    /// As poll(2).
    pub fn has_pending(&mut self) -> io::Result<bool> {
        if self.pending {
            self.pending = is_readable(self.epoll.get_ref().as_fd())?;
        }
        Ok(self.pending)
    }

    /// Waits until there are events, and collects them.
    ///
    /// # Errors
    /// As epoll_wait(2), or when the runtime is gone.
    pub fn poll_events(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<impl ExactSizeIterator<Item = Event>>> {
        let mut count = if self.pending { self.collect()? } else { 0 };
        while count == 0 {
            match self.epoll.poll_read_ready(cx)? {
                // Cleared first: an event that comes after this is a new edge.
                Poll::Ready(mut guard) => guard.clear_ready(),
                Poll::Pending => return Poll::Pending,
            }
            count = self.collect()?;
        }
        let events = self.events.iter().take(count);
        Poll::Ready(Ok(events
            .map(|event| Event { fd: descriptor(event.data()), flags: event.events().bits() })))
    }

    fn collect(&mut self) -> io::Result<usize> {
        let count = match self.epoll.get_ref().0.0.wait(&mut self.events, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        self.pending = count > 0;
        Ok(count)
    }
}

/// The member `fd` of the kernel's `epoll_data_t`, a union; what is beside it is not defined.
fn descriptor(data: u64) -> RawFd {
    let [a, b, c, d, ..] = data.to_ne_bytes();
    RawFd::from_ne_bytes([a, b, c, d])
}
