//! Addresses to listen on.

use std::{fmt, net::Ipv6Addr, path::PathBuf};

use super::{Setting, text::text_serde};

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bind {
    /// A TCP port of a host name or address. `:PORT` is every IPv4 address.
    Tcp {
        /// A name or an address; an IPv6 address without its brackets.
        host: String,
        /// The port; 0 lets the kernel choose.
        port: u16,
    },
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A listening socket that this process inherited as this descriptor.
    Fd(i32),
}

impl fmt::Display for Bind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(formatter, "{host}:{port}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Fd(descriptor) => write!(formatter, "fd://{descriptor}"),
        }
    }
}

impl Setting for Bind {
    const NAME: &'static str = "ADDRESS";

    fn expected() -> String {
        "an address like \"127.0.0.1:8000\", \":8000\", \"[::1]:8000\", \"unix:/run/app.sock\" \
         or \"fd://3\""
            .to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return PathBuf::parse(path).map(Self::Unix);
        }
        if let Some(descriptor) = text.strip_prefix("fd://") {
            return descriptor.parse().ok().filter(|number| *number >= 0).map(Self::Fd);
        }
        let (host, port) = text.rsplit_once(':')?;
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self::Tcp { host: parse_host(host)?, port: port.parse().ok()? })
    }
}

fn parse_host(host: &str) -> Option<String> {
    if host.is_empty() {
        return Some("0.0.0.0".to_owned());
    }
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']')?;
        return address.parse::<Ipv6Addr>().ok().map(|address| address.to_string());
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    host.chars().all(allowed).then(|| host.to_owned())
}

text_serde!(Bind);
