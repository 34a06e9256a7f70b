//! What the requests are: by their number, so that every run is the same.
//!
//! The paths are those of the application `benches/growth/app.py`.

/// The share of requests that breaks off: one in this many.
const ABORTED: u32 = 10;

/// One kind of request. `reset` says how the client leaves: with a reset, or by closing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answered in full, with a body of this many bytes.
    Answered { request: Request, body: usize },
    /// Broken off in the middle of its head.
    Head { reset: bool },
    /// Broken off in the middle of its body.
    Upload { reset: bool },
    /// Broken off when the response has begun.
    Streaming { reset: bool },
    /// Broken off while the application waits.
    Waiting { reset: bool },
}

/// What is sent of a request that is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Hello,
    Echo,
    Stream,
}

const HELLO: usize = 13;
const ECHOED: usize = 1024;
const STREAMED: usize = 4096;

impl Kind {
    /// The kind of the request with this number.
    pub(crate) fn of(number: u32) -> Self {
        let reset = number / (4 * ABORTED) % 2 == 1;
        match (number % ABORTED, number / ABORTED % 4) {
            (0, 0) => Self::Head { reset },
            (0, 1) => Self::Upload { reset },
            (0, 2) => Self::Streaming { reset },
            (0, _) => Self::Waiting { reset },
            (1, _) => Self::Answered { request: Request::Stream, body: STREAMED },
            (2 | 3, _) => Self::Answered { request: Request::Echo, body: ECHOED },
            _ => Self::Answered { request: Request::Hello, body: HELLO },
        }
    }

    /// Whether the client breaks it off.
    pub(crate) fn aborted(&self) -> bool {
        !matches!(self, Self::Answered { .. })
    }

    /// Whether the client leaves with a reset.
    pub(crate) fn reset(&self) -> bool {
        match self {
            Self::Answered { .. } => false,
            Self::Head { reset }
            | Self::Upload { reset }
            | Self::Streaming { reset }
            | Self::Waiting { reset } => *reset,
        }
    }

    /// The bytes that are sent.
    pub(crate) fn request(&self) -> Vec<u8> {
        match self {
            Self::Answered { request: Request::Hello, .. } => get("/"),
            Self::Answered { request: Request::Echo, .. } => post(ECHOED, ECHOED),
            Self::Answered { request: Request::Stream, .. } => get("/stream"),
            Self::Head { .. } => b"GET / HTTP/1.1\r\nHost: loc".to_vec(),
            Self::Upload { .. } => post(1 << 20, 32 << 10),
            Self::Streaming { .. } => get("/long"),
            Self::Waiting { .. } => get("/wait"),
        }
    }
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// A request that promises a body of `size` bytes and holds `sent` of them.
fn post(size: usize, sent: usize) -> Vec<u8> {
    let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.resize(bytes.len() + sent, b'x');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_breaks_off_half_of_it_with_a_reset_and_in_every_way() {
        let kinds: Vec<Kind> = (0..800).map(Kind::of).collect();
        let aborted: Vec<&Kind> = kinds.iter().filter(|kind| kind.aborted()).collect();
        assert_eq!(aborted.len(), 80);
        assert_eq!(aborted.iter().filter(|kind| kind.reset()).count(), 40);
        for reset in [false, true] {
            for kind in [
                Kind::Head { reset },
                Kind::Upload { reset },
                Kind::Streaming { reset },
                Kind::Waiting { reset },
            ] {
                assert_eq!(aborted.iter().filter(|one| ***one == kind).count(), 10, "{kind:?}");
            }
        }
    }
}
