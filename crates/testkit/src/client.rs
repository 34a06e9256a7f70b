//! A small client that does exactly what it is told, right or wrong.

mod address;
mod error;
mod response;

use std::io::{self, Read, Write};
use std::net::Shutdown;

pub use address::{Address, Stream};
pub use error::ClientError;
pub use response::Response;

/// One connection.
pub struct Client {
    stream: Stream,
    /// Received, not read yet.
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody accepts.
    pub fn connect(address: &Address) -> Result<Self, ClientError> {
        Ok(Self { stream: address.connect()?, buffer: Vec::new() })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), ClientError> {
        Ok(self.stream.write_all(bytes.as_ref())?)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn finish_sending(&mut self) -> Result<(), ClientError> {
        Ok(self.stream.shutdown(Shutdown::Write)?)
    }

    /// Sends the head and the body of a request. `Host` is added, and `Content-Length` if there is
    /// a body, unless `headers` has them.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn send_request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(), ClientError> {
        let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut request = format!("{method} {target} HTTP/1.1\r\n");
        if !has("host") {
            request.push_str("Host: localhost\r\n");
        }
        if !body.is_empty() && !has("content-length") && !has("transfer-encoding") {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut bytes = (request + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.send(bytes)
    }

    /// Sends a request and reads its response. The connection may be used again.
    ///
    /// # Errors
    /// When no complete response comes.
    pub fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, ClientError> {
        self.send_request(method, target, headers, body)?;
        self.read_response_to(method)
    }

    /// GET.
    ///
    /// # Errors
    /// When no complete response comes.
    pub fn get(&mut self, target: &str) -> Result<Response, ClientError> {
        self.request("GET", target, &[], b"")
    }

    /// Reads the response to a request that was not HEAD.
    ///
    /// # Errors
    /// When no complete response comes.
    pub fn read_response(&mut self) -> Result<Response, ClientError> {
        self.read_response_to("GET")
    }

    /// Reads the response to a request with this method. Interim responses (1xx) are responses.
    ///
    /// # Errors
    /// When no complete response comes.
    pub fn read_response_to(&mut self, method: &str) -> Result<Response, ClientError> {
        response::read(self, method)
    }

    /// Reads until the server closes the connection.
    ///
    /// # Errors
    /// When the connection is reset instead of closed.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>, ClientError> {
        while self.receive()? > 0 {}
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Receives more into the buffer; returns how much, 0 at the end.
    fn receive(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let read = self.stream.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..read]);
        Ok(read)
    }

    /// Takes this many bytes, which are received first where they are missing.
    ///
    /// # Errors
    /// When the server closes before.
    pub fn take(&mut self, count: usize) -> Result<Vec<u8>, ClientError> {
        while self.buffer.len() < count {
            self.receive_more()?;
        }
        Ok(self.buffer.drain(..count).collect())
    }

    /// Takes everything up to this text, with it.
    fn take_until(&mut self, end: &[u8]) -> Result<Vec<u8>, ClientError> {
        loop {
            let found = self.buffer.windows(end.len()).position(|window| window == end);
            if let Some(at) = found {
                return self.take(at + end.len());
            }
            self.receive_more()?;
        }
    }

    fn receive_more(&mut self) -> Result<(), ClientError> {
        match self.receive()? {
            0 if self.buffer.is_empty() => Err(ClientError::Closed),
            0 => Err(ClientError::Cut(String::from_utf8_lossy(&self.buffer).into_owned())),
            _ => Ok(()),
        }
    }
}
