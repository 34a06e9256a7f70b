//! A client that makes its frames by hand.

use crate::client::{Answer, Client};
use crate::server::TestServer;

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The request of a handshake, with more fields.
pub(crate) fn request(path: &str, fields: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n"
    )
}

/// A masked frame with this first byte.
pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=65535 => {
            frame.push(0xfe);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0xff);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// A frame that closes.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, close_payload(code, reason))
}

pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

pub(crate) fn open(server: &TestServer, path: &str) -> Client {
    open_with(server, path, "").0
}

pub(crate) fn open_with(server: &TestServer, path: &str, fields: &str) -> (Client, Answer) {
    let mut client = server.client();
    let answer = client.send(request(path, fields)).read();
    assert_eq!(answer.status, 101, "{}", answer.head);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    (client, answer)
}

/// The first byte and the payload of the next frame.
pub(crate) fn read_frame(client: &mut Client) -> (u8, Vec<u8>) {
    let head = client.read_exactly(2);
    let length = match head[1] {
        126 => u64::from(u16::from_be_bytes(client.read_exactly(2).try_into().unwrap())),
        127 => u64::from_be_bytes(client.read_exactly(8).try_into().unwrap()),
        length => u64::from(length),
    };
    (head[0], client.read_exactly(length as usize))
}

/// Asserts that the server closes the WebSocket with this code, and then the connection.
pub(crate) fn expect_closed(client: &mut Client, code: u16, reason: &str) {
    assert_eq!(read_frame(client), (CLOSE, close_payload(code, reason)));
    client.expect_close();
}
