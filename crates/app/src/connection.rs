//! The connection that a request came on: who is at both ends.
//!
//! Addresses are formatted once per connection, because every request of it needs them as text.

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The scheme that the client used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS, here or at a trusted proxy.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An internet address; `text` is the address alone, without the port.
    Tcp {
        /// The address, IPv4-mapped IPv6 addresses already unmapped.
        ip: IpAddr,
        /// The port.
        port: u16,
        /// The address as text.
        text: Box<str>,
    },
    /// A Unix socket; clients usually have no path.
    Unix(Option<PathBuf>),
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let ip = address.ip().to_canonical();
        Self::Tcp { ip, port: address.port(), text: ip.to_string().into() }
    }
}

/// What all requests of one connection have in common.
#[derive(Debug)]
pub struct Connection {
    /// The client, or the proxy in front of us.
    pub peer: Endpoint,
    /// Our end.
    pub local: Endpoint,
    /// Whether this connection itself is encrypted.
    pub scheme: Scheme,
    cache: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Connection {
    /// A connection between these two ends.
    pub fn new(peer: Endpoint, local: Endpoint, scheme: Scheme) -> Self {
        Self { peer, local, scheme, cache: OnceLock::new() }
    }

    /// A place for what an application derives from the connection once; made by the first caller.
    /// `None` if another type is in it already.
    pub fn cached<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.cache.get_or_init(|| Box::new(make())).downcast_ref()
    }
}
