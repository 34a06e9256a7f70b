//! Listening sockets: made once by the master, shared by every worker.

mod exclusive;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

pub use exclusive::{Accepted, ExclusiveListener, Stream};

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// An internet address.
    Tcp(SocketAddr),
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A listening socket that was handed down under this number.
    Inherited(RawFd),
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Inherited(fd) => write!(f, "fd://{fd}"),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub struct Listening {
    socket: Socket,
    /// The socket file that we made, removed with the last use of it in this process.
    file: Option<PathBuf>,
}

impl Listening {
    /// Binds and listens. A Unix socket file that nobody answers on is replaced.
    ///
    /// # Errors
    /// `EADDRINUSE` when somebody listens there, `EACCES`, `ENOENT` for a missing directory.
    pub fn bind(address: &ListenAddress, backlog: i32) -> io::Result<Self> {
        let socket = match address {
            ListenAddress::Tcp(address) => tcp(*address)?,
            ListenAddress::Unix(path) => unix(path)?,
            ListenAddress::Inherited(fd) => {
                return Self::from_fd(crate::process::adopt(*fd)?);
            }
        };
        socket.listen(backlog)?;
        socket.set_nonblocking(true)?;
        let file = match address {
            ListenAddress::Unix(path) => Some(path.clone()),
            _ => None,
        };
        Ok(Self { socket, file })
    }

    /// A socket that is listening already.
    ///
    /// # Errors
    /// `EINVAL` when it is not a listening socket.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let socket = Socket::from(fd);
        if !socket.is_listener()? {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a listening socket"));
        }
        socket.set_nonblocking(true)?;
        Ok(Self { socket, file: None })
    }

    /// The address that it is really bound to (the port, where 0 was asked for).
    ///
    /// # Errors
    /// When the socket has been closed.
    pub fn local_address(&self) -> io::Result<ListenAddress> {
        let address = self.socket.local_addr()?;
        if let Some(address) = address.as_socket() {
            return Ok(ListenAddress::Tcp(address));
        }
        let path = address.as_pathname().unwrap_or(Path::new(""));
        Ok(ListenAddress::Unix(path.to_owned()))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = std::fs::remove_file(file);
        }
    }
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Listening {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

fn tcp(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // IPv6 only: with both families, `[::]` would clash with 0.0.0.0 at the same port.
        socket.set_only_v6(true)?;
    }
    // Accepted sockets inherit it: one system call less per connection.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn unix(path: &Path) -> io::Result<Socket> {
    let address = SockAddr::unix(path)?;
    remove_stale(path, &address)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&address)?;
    Ok(socket)
}

/// Removes a socket file whose server is gone; leaves everything else alone.
fn remove_stale(path: &Path, address: &SockAddr) -> io::Result<()> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    match probe.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        _ => Ok(()),
    }
}
