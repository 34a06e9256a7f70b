//! One WebSocket of a client: the opening handshake, sending, checking what comes back.
//!
//! It promises to answer pings and to take nothing but the message that is expected.

use std::{io, net::Ipv4Addr};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::frame::{self, Opcode};

/// The longest answer to an opening handshake.
const MOST_HEAD: usize = 16 << 10;

/// An open WebSocket.
pub(crate) struct Socket {
    stream: TcpStream,
    read: BytesMut,
}

impl Socket {
    /// Connects to the port on loopback and asks for a WebSocket at `/`.
    ///
    /// # Errors
    /// There is no connection, or the answer is not 101.
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        let mut socket = Self { stream, read: BytesMut::new() };
        let request = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        );
        socket.stream.write_all(request.as_bytes()).await?;
        socket.opened().await?;
        Ok(socket)
    }

    async fn opened(&mut self) -> io::Result<()> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.read.len() > MOST_HEAD {
                return Err(io::Error::other("the answer to the handshake has no end"));
            }
            self.more().await?;
        };
        let head = self.read.split_to(end);
        if head.starts_with(b"HTTP/1.1 101 ") {
            return Ok(());
        }
        let line = head.as_ref().split(|&byte| byte == b'\r').next().unwrap_or_default();
        Err(io::Error::other(format!("no WebSocket: {}", String::from_utf8_lossy(line))))
    }

    /// Sends an encoded frame and waits until exactly its payload has come back.
    ///
    /// # Errors
    /// The connection ends, or something else comes.
    pub(crate) async fn echo(&mut self, frame: &[u8], payload: &[u8]) -> io::Result<()> {
        self.stream.write_all(frame).await?;
        self.expect(payload).await
    }

    /// Answers pings until the connection ends, which is an error, or something comes uncalled.
    pub(crate) async fn stay(&mut self) -> io::Error {
        match self.expect(b"").await {
            Ok(()) => io::Error::other("a message that nobody asked for"),
            Err(error) => error,
        }
    }

    async fn expect(&mut self, payload: &[u8]) -> io::Result<()> {
        loop {
            let Some(head) = frame::head(&self.read)? else {
                self.more().await?;
                continue;
            };
            let size = head.size + head.payload;
            if self.read.len() < size {
                self.read.reserve(size - self.read.len());
                self.more().await?;
                continue;
            }
            let came = self.read.get(head.size..size).unwrap_or_default();
            match head.opcode {
                Opcode::Text | Opcode::Binary if came == payload => {
                    self.read.advance(size);
                    return Ok(());
                }
                Opcode::Text | Opcode::Binary => return Err(io::Error::other("a wrong echo")),
                Opcode::Close => return Err(io::Error::other("the server closed a WebSocket")),
                Opcode::Ping => {
                    let pong = frame::encode(Opcode::Pong, came);
                    self.stream.write_all(&pong).await?;
                }
                Opcode::Pong => {}
            }
            self.read.advance(size);
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
