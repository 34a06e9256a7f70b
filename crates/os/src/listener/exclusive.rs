//! Accepting in one of several processes that share a socket.
//!
//! Each process watches the socket through an epoll of its own, which the async runtime then watches
//! as one descriptor. A new connection wakes every idle process, and one of them gets it: the
//! kernel heeds `EPOLLEXCLUSIVE` only for threads that sleep in the epoll itself
//! (docs/decisions/0003-a-connection-wakes-idle-workers.md).

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use socket2::SockAddr;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpStream, UnixStream};

use super::{ListenAddress, Listening};
use crate::readable::{OwnsFd, Watched, watch};

/// A listening socket whose connections are awaited.
#[derive(Debug)]
pub struct ExclusiveListener {
    listening: Listening,
    local: ListenAddress,
    epoll: AsyncFd<Watched<EpollFd>>,
}

/// A connection that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The connection.
    pub stream: Stream,
    /// The client.
    pub peer: ListenAddress,
    /// Our end.
    pub local: ListenAddress,
}

/// A connected socket of either family.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
}

#[derive(Debug)]
struct EpollFd(Epoll);

impl OwnsFd for EpollFd {
    fn owned(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

impl ExclusiveListener {
    /// Starts to watch a socket. Must be called within a tokio runtime, after the last fork: an
    /// epoll is shared with children and would report to both.
    ///
    /// # Errors
    /// When the kernel gives no descriptor.
    pub fn new(listening: Listening) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE;
        epoll.add(listening.as_fd(), EpollEvent::new(flags, 0))?;
        let local = listening.local_address()?;
        let epoll = watch(EpollFd(epoll))?;
        Ok(Self { listening, local, epoll })
    }

    /// Where it listens.
    pub fn local(&self) -> &ListenAddress {
        &self.local
    }

    /// Waits for a connection. Another process may take it first; then this waits on.
    ///
    /// # Cancel safety
    /// Dropping the future loses no connection.
    ///
    /// # Errors
    /// As accept(2): `EMFILE`, `ENFILE`, `ECONNABORTED` and the like; the listener stays usable.
    pub async fn accept(&self) -> io::Result<Accepted> {
        self.accept_after(|| std::future::ready(())).await
    }

    /// As [`Self::accept`], but when a connection has come, waits for `wait` before it takes it, or finds
    /// that another process has.
    ///
    /// # Cancel safety
    /// Dropping the future loses no connection.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn accept_after<W: Future<Output = ()>>(
        &self,
        wait: impl Fn() -> W,
    ) -> io::Result<Accepted> {
        loop {
            let mut guard = self.epoll.readable().await?;
            wait().await;
            match self.try_accept()? {
                Some(accepted) => return Ok(accepted),
                None => guard.clear_ready(),
            }
        }
    }

    /// A connection that the kernel has already, without waiting.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub fn try_accept(&self) -> io::Result<Option<Accepted>> {
        match accept(self.listening.as_raw_fd()) {
            Ok((fd, peer)) => self.adopt(fd, &peer).map(Some),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn adopt(&self, fd: OwnedFd, peer: &SockAddr) -> io::Result<Accepted> {
        match &self.local {
            ListenAddress::Unix(_) => {
                let stream = UnixStream::from_std(fd.into())?;
                let peer =
                    ListenAddress::Unix(peer.as_pathname().map_or(PathBuf::new(), Into::into));
                Ok(Accepted { stream: Stream::Unix(stream), peer, local: self.local.clone() })
            }
            ListenAddress::Tcp(bound) => {
                let stream = TcpStream::from_std(fd.into())?;
                let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
                let peer = ListenAddress::Tcp(peer.as_socket().unwrap_or(unspecified));
                let wildcard = bound.ip().is_unspecified();
                let local = if wildcard { stream.local_addr()? } else { *bound };
                let local = ListenAddress::Tcp(local);
                Ok(Accepted { stream: Stream::Tcp(stream), peer, local })
            }
            ListenAddress::Inherited(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// accept4(2) with the flags that the runtime needs, in one system call.
fn accept(listener: RawFd) -> io::Result<(OwnedFd, SockAddr)> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: `try_init` gives room for the largest address and reads back the length that the
    // kernel wrote; on error the address is not used.
    let (fd, peer) = unsafe {
        SockAddr::try_init(|storage, length| {
            match libc::accept4(listener, storage.cast(), length, flags) {
                -1 => Err(io::Error::last_os_error()),
                fd => Ok(fd),
            }
        })
    }?;
    // SAFETY: the kernel has just given this descriptor to us alone.
    Ok((unsafe { OwnedFd::from_raw_fd(fd) }, peer))
}
