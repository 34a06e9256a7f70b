//! How a request fails, as its client sees it.

use std::io;

/// Why there is no complete response.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody listens.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed without one byte of a response.
    Closed,
    /// The connection was closed inside the response; what there was of the part that is cut.
    Cut(String),
    /// Nothing came for a long time.
    TimedOut,
    /// What came is no response.
    Malformed(String),
    /// Something else.
    Io(io::Error),
}

impl ClientError {
    /// The kind in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Cut(_) => "cut",
            Self::TimedOut => "timed out",
            Self::Malformed(_) => "malformed",
            Self::Io(_) => "other",
        }
    }
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A Unix socket whose file is gone refuses like a port without a listener.
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cut(text) | Self::Malformed(text) => {
                write!(formatter, "{}: {text:?}", self.kind())
            }
            Self::Io(error) => write!(formatter, "{error}"),
            _ => formatter.write_str(self.kind()),
        }
    }
}

impl std::error::Error for ClientError {}
