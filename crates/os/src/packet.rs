//! Whole messages between processes of one server, with descriptors attached.
//!
//! A `SOCK_SEQPACKET` pair keeps message boundaries and tells when the other side has gone.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, setsockopt, socketpair, sockopt,
};
use tokio::io::unix::AsyncFd;

use crate::readable::{OwnsFd, Watched, watch};

/// The longest message, in bytes. Its sender sees to it that it fits.
pub const MAX_MESSAGE: usize = 128 * 1024;

/// One end of a pair.
#[derive(Debug)]
pub struct PacketSocket(OwnedFd);

/// A message and the descriptor that came with it.
#[derive(Debug)]
pub struct Packet {
    /// The message.
    pub bytes: Vec<u8>,
    /// A descriptor, if one was attached.
    pub fd: Option<OwnedFd>,
}

impl PacketSocket {
    /// Two connected ends, both closed on exec.
    ///
    /// # Errors
    /// When the kernel gives no descriptors.
    pub fn pair() -> io::Result<(Self, Self)> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (one, two) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        for end in [&one, &two] {
            // A message must fit whole; the kernel doubles the number for its own use.
            setsockopt(end, sockopt::SndBuf, &(4 * MAX_MESSAGE))?;
        }
        Ok((Self(one), Self(two)))
    }

    /// Sends one message, waiting while the other side's queue is full.
    ///
    /// # Errors
    /// `EPIPE` when the other side has gone, `EMSGSIZE` above [`MAX_MESSAGE`].
    pub fn send(&self, bytes: &[u8], fd: Option<BorrowedFd<'_>>) -> io::Result<()> {
        if bytes.len() > MAX_MESSAGE {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
        let raw = fd.map(|fd| [fd.as_raw_fd()]);
        let control: Vec<ControlMessage<'_>> =
            raw.iter().map(|raw| ControlMessage::ScmRights(raw)).collect();
        let (parts, flags) = ([IoSlice::new(bytes)], MsgFlags::MSG_NOSIGNAL);
        loop {
            match sendmsg::<()>(self.0.as_raw_fd(), &parts, &control, flags, None) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => self.wait_writable()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn wait_writable(&self) -> io::Result<()> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Receives one message; `None` when the other side has gone.
    ///
    /// # Errors
    /// `EAGAIN` when non-blocking and nothing is there.
    pub fn receive(&self) -> io::Result<Option<Packet>> {
        let mut buffer = vec![0; MAX_MESSAGE];
        let mut space = nix::cmsg_space!([RawFd; 1]);
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = loop {
            match recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut space), flags) {
                Err(Errno::EINTR) => {}
                // A peer that died with unread messages resets the connection.
                Err(Errno::ECONNRESET) => return Ok(None),
                other => break other?,
            }
        };
        let mut fds = message.cmsgs()?.flat_map(|control| match control {
            ControlMessageOwned::ScmRights(fds) => fds,
            _ => Vec::new(),
        });
        // SAFETY: the kernel has just made this descriptor for us alone.
        let fd = fds.next().map(|raw| unsafe { OwnedFd::from_raw_fd(raw) });
        let length = message.bytes;
        if length == 0 && fd.is_none() {
            return Ok(None);
        }
        buffer.truncate(length);
        Ok(Some(Packet { bytes: buffer, fd }))
    }
}

impl From<OwnedFd> for PacketSocket {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl OwnsFd for PacketSocket {
    fn owned(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for PacketSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// An end whose messages are awaited.
#[derive(Debug)]
pub struct AsyncPacketSocket(AsyncFd<Watched<PacketSocket>>);

impl AsyncPacketSocket {
    /// Makes an end non-blocking and awaitable. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the runtime has no I/O driver.
    pub fn new(socket: PacketSocket) -> io::Result<Self> {
        crate::process::set_nonblocking(socket.as_fd(), true)?;
        Ok(Self(watch(socket)?))
    }

    /// The next message; `None` when the other side has gone.
    ///
    /// # Cancel safety
    /// Dropping the future loses no message.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn receive(&self) -> io::Result<Option<Packet>> {
        loop {
            let mut guard = self.0.readable().await?;
            if let Ok(result) = guard.try_io(|socket| socket.get_ref().0.receive()) {
                return result;
            }
        }
    }

    /// Sends one message. The queue is short and the other side always reads, so this waits in
    /// place.
    ///
    /// # Errors
    /// As [`PacketSocket::send`].
    pub fn send(&self, bytes: &[u8], fd: Option<BorrowedFd<'_>>) -> io::Result<()> {
        self.0.get_ref().0.send(bytes, fd)
    }
}
