//! A WebSocket client that does nothing by itself: it answers no ping and no close.

use appserver_testkit::{Client, ClientError, Response, Server};

/// Any key will do (RFC 6455 section 4.1).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// One connection.
pub(super) struct Raw {
    client: Client,
    /// The answer to the handshake.
    pub(super) response: Response,
}

/// A frame from the server; messages are never cut into several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    /// Code 1005 says that there was none.
    Close(u16, String),
}

impl Frame {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Raw {
    /// Sends a handshake and reads the answer.
    #[track_caller]
    pub(super) fn ask(server: &Server, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut client = server.client();
        let mut all = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
        ];
        all.extend_from_slice(headers);
        client.send_request("GET", target, &all, b"").unwrap();
        match client.read_response() {
            Ok(response) => Self { client, response },
            Err(error) => panic!("{error}; the server said:\n{}", server.log().text()),
        }
    }

    /// Opens a WebSocket.
    #[track_caller]
    pub(super) fn open(server: &Server, target: &str) -> Self {
        let raw = Self::ask(server, target, &[]);
        assert_eq!(raw.response.status, 101, "{:?}", raw.response);
        raw
    }

    /// Sends one frame. The mask is zero, so that the payload can be read in the bytes.
    pub(super) fn send_frame(&mut self, is_final: bool, opcode: u8, payload: &[u8]) {
        self.client.send(frame(is_final, opcode, payload)).unwrap();
    }

    /// Sends a text message.
    pub(super) fn send_text(&mut self, text: &str) {
        self.send_frame(true, 1, text.as_bytes());
    }

    /// Sends a close frame.
    pub(super) fn send_close(&mut self, code: u16, reason: &str) {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        self.send_frame(true, 8, &payload);
    }

    /// Sends bytes.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.client.send(bytes)
    }

    /// Answers a close frame, after which the server closes the connection.
    #[track_caller]
    pub(super) fn finish(mut self, code: u16) {
        self.send_close(code, "");
        self.assert_over();
    }

    /// The server has closed the connection, in order.
    #[track_caller]
    pub(super) fn assert_over(&mut self) {
        assert_eq!(self.client.read_to_end().unwrap(), b"");
    }

    /// The next frame.
    #[track_caller]
    pub(super) fn next(&mut self) -> Frame {
        self.try_next().unwrap_or_else(|error| panic!("no frame: {error}"))
    }

    pub(super) fn try_next(&mut self) -> Result<Frame, ClientError> {
        let head = self.client.take(2)?;
        assert_eq!(head[0] & 0xf0, 0x80, "a frame of ours is a whole message");
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        let length = match head[1] {
            126 => self.client.take(2)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            127 => self.client.take(8)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            length => usize::from(length),
        };
        let payload = self.client.take(length)?;
        Ok(match head[0] & 0x0f {
            1 => Frame::Text(String::from_utf8(payload).expect("it is UTF-8")),
            2 => Frame::Binary(payload),
            8 => close(&payload),
            9 => Frame::Ping,
            10 => Frame::Pong(payload),
            opcode => panic!("unexpected opcode {opcode}"),
        })
    }
}

fn close(payload: &[u8]) -> Frame {
    match payload.split_first_chunk() {
        Some((code, reason)) => {
            Frame::Close(u16::from_be_bytes(*code), String::from_utf8(reason.to_vec()).unwrap())
        }
        None => Frame::Close(1005, String::new()),
    }
}

/// The bytes of a client's frame.
pub(super) fn frame(is_final: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(is_final) << 7 | opcode];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..=125) => bytes.push(0x80 | length.to_be_bytes()[1]),
        Ok(length) => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}
