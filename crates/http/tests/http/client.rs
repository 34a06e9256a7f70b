//! A rude client: it sends bytes and reads bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Nothing that is expected takes so long; what takes longer is a failure.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    stream: TcpStream,
    held: Vec<u8>,
}

/// One response as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

impl Client {
    pub(crate) fn new(address: std::net::SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, held: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self
    }

    /// Sends what may meet a closed connection.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    pub(crate) fn set_blocking(&mut self, is_blocking: bool) {
        self.stream.set_nonblocking(!is_blocking).unwrap();
    }

    /// Sends what there is room for, without waiting; `None` if there was none for a while.
    pub(crate) fn try_send_some(&mut self, bytes: &[u8]) -> Option<usize> {
        let end = std::time::Instant::now() + Duration::from_millis(500);
        loop {
            match self.stream.write(bytes) {
                Ok(count) => return Some(count),
                Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
                Err(_) if std::time::Instant::now() > end => return None,
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n")).read()
    }

    pub(crate) fn finish_sending(&mut self) -> &mut Self {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// Reads one response with its framing.
    pub(crate) fn read(&mut self) -> Answer {
        self.read_answer(false)
    }

    /// Reads the response to a HEAD request.
    pub(crate) fn read_head(&mut self) -> Answer {
        self.read_answer(true)
    }

    fn read_answer(&mut self, is_head: bool) -> Answer {
        let head = String::from_utf8(self.read_to(b"\r\n\r\n")).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        let has_none = is_head || status < 200 || status == 204 || status == 304;
        answer.body = if has_none {
            Vec::new()
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            self.read_exactly(length)
        } else if answer.header("transfer-encoding") == Some("chunked") {
            self.read_chunks()
        } else {
            self.read_to_end()
        };
        answer
    }

    fn read_chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = String::from_utf8(self.read_to(b"\r\n")).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let chunk = self.read_exactly(size + 2);
            if size == 0 {
                return body;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    pub(crate) fn read_to(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.held.windows(end.len()).position(|window| window == end) {
                return self.held.drain(..at + end.len()).collect();
            }
            assert!(self.fill(), "closed after {:?}", String::from_utf8_lossy(&self.held));
        }
    }

    pub(crate) fn read_exactly(&mut self, length: usize) -> Vec<u8> {
        while self.held.len() < length {
            assert!(self.fill(), "closed after {} of {length} bytes", self.held.len());
        }
        self.held.drain(..length).collect()
    }

    /// Everything up to the end of the connection, however it ends.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.held)
    }

    /// Asserts that the server closes without another byte.
    pub(crate) fn expect_close(&mut self) {
        let rest = self.read_to_end();
        assert!(rest.is_empty(), "unexpected {:?}", String::from_utf8_lossy(&rest));
    }

    fn fill(&mut self) -> bool {
        let mut piece = [0; 65536];
        match self.stream.read(&mut piece) {
            Ok(0) => false,
            Ok(read) => {
                self.held.extend_from_slice(&piece[..read]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
    }
}
