//! One HTTP/1.1 connection of a client that checks how long answers are and can leave rudely.
//!
//! It reads only what the application of the benchmark sends: a `Content-Length`, or chunks whose
//! bytes are all `x`.

use std::{io, net::Ipv4Addr};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head of an answer.
const MOST_HEAD: usize = 16 << 10;

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    read: BytesMut,
}

impl Connection {
    /// Connects to the port on loopback.
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: BytesMut::new() })
    }

    /// Sends all the bytes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Waits until some of the answer has come.
    pub(crate) async fn some(&mut self) -> io::Result<()> {
        self.more().await
    }

    /// Reads an answer whose body has to have this many bytes. Says whether the connection stays.
    ///
    /// # Errors
    /// The answer is another one, or not complete.
    pub(crate) async fn answer(&mut self, size: usize) -> io::Result<bool> {
        let head = self.head().await?;
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200 ") {
            let line = head.lines().next().unwrap_or_default();
            return Err(io::Error::other(format!("the answer is {line}")));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        match length.and_then(|text| text.trim().parse().ok()) {
            Some(length) => self.sized(length).await?,
            None => self.chunked().await?,
        }
        let body = self.read.iter().filter(|&&byte| byte == b'x').count();
        let whole = length.is_some() && self.read.len() == size || length.is_none() && body == size;
        self.read.clear();
        if !whole {
            return Err(io::Error::other("the body has another length"));
        }
        Ok(!head.contains("connection: close"))
    }

    /// Leaves with a reset, as a process does that dies with unread bytes.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }

    async fn head(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.read.split_to(at + 2);
                self.read.advance(2);
                return Ok(head);
            }
            if self.read.len() > MOST_HEAD {
                return Err(io::Error::other("the head of an answer has no end"));
            }
            self.more().await?;
        }
    }

    async fn sized(&mut self, length: usize) -> io::Result<()> {
        while self.read.len() < length {
            self.more().await?;
        }
        Ok(())
    }

    async fn chunked(&mut self) -> io::Result<()> {
        while !self.read.ends_with(LAST_CHUNK) {
            self.more().await?;
        }
        Ok(())
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
