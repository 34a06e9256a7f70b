//! Descriptors that an async loop waits on.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Something that owns its descriptor for as long as it lives, and never changes it.
pub(crate) trait OwnsFd {
    /// The descriptor.
    fn owned(&self) -> BorrowedFd<'_>;
}

impl OwnsFd for OwnedFd {
    fn owned(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

/// The owner of a descriptor, in the shape that tokio wants.
#[derive(Debug)]
pub(crate) struct Watched<T>(pub(crate) T);

impl<T: OwnsFd> AsRawFd for Watched<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.owned().as_raw_fd()
    }
}

impl<T: OwnsFd> AsFd for Watched<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.owned()
    }
}

/// Watches a descriptor for reading. Must be called within a tokio runtime.
///
/// # Errors
/// When the runtime has no I/O driver.
pub(crate) fn watch<T: OwnsFd>(owner: T) -> io::Result<AsyncFd<Watched<T>>> {
    // SAFETY: `owner` keeps the descriptor open and the same until it is dropped, which happens
    // inside `AsyncFd` after deregistration.
    unsafe { AsyncFd::register_with_interest(Watched(owner), Interest::READABLE) }
        .map_err(Into::into)
}
