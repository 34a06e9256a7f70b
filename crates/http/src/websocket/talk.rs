//! The conversation of one WebSocket: what an item means, and what is to be said next.
//!
//! Knows neither bytes of the wire on its way in, nor the stream.

use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::websocket::{Close, Message, Outgoing, Socket};
use bytes::Bytes;

use super::close::{self, Violation};
use super::decoder::Item;
use super::deflate::Deflater;
use super::extension::Deflate;
use super::frame::{Opcode, put_header};

/// So much is gathered for one write.
const ENOUGH: usize = 64 * 1024;
/// A payload of this length is worth a slice of its own; shorter ones are copied behind each other.
const LARGE: usize = 16 * 1024;

/// Answers to pings, in bytes: more are not gathered before they are sent.
const MOST_PONGS: usize = 4 * 1024;

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Both sides talk.
    Open,
    /// We have said that we close, and wait for the client's word.
    Closing,
    /// Nothing more is read; what is gathered is still sent.
    Closed,
    /// There is nobody to talk to.
    Lost,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) socket: Arc<Socket>,
    pub(super) phase: Phase,
    /// How messages are compressed, if they are.
    deflate: Option<Deflate>,
    is_ping_due: bool,
    /// Answers to pings, as frames.
    pongs: Vec<u8>,
    /// Our last word, where it is not the application's.
    farewell: Option<Close>,
}

impl Talk {
    pub(super) fn new(socket: Arc<Socket>, deflate: Option<Deflate>) -> Self {
        let phase = Phase::Open;
        Self { socket, phase, deflate, is_ping_due: false, pongs: Vec::new(), farewell: None }
    }

    /// Takes what the client has sent.
    pub(super) fn take(&mut self, item: Item) {
        let is_open = self.phase == Phase::Open;
        match item {
            Item::Message(message) if is_open => self.socket.deliver(message),
            Item::Ping(payload) if is_open => put(&mut self.pongs, Opcode::Pong, &payload),
            Item::Message(_) | Item::Ping(_) | Item::Pong => {}
            Item::Close(close) => {
                self.farewell = is_open.then(|| close.clone());
                self.end(close);
            }
        }
    }

    /// Whether the next item may be read.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.phase {
            // A client that pings without reading waits until the stream takes the answers.
            Phase::Open if self.pongs.len() > MOST_PONGS => Poll::Pending,
            Phase::Open => self.socket.poll_taken(cx),
            Phase::Closing => Poll::Ready(()),
            Phase::Closed | Phase::Lost => Poll::Pending,
        }
    }

    /// The client has broken the rules, or does not answer: it is told why, the application that the
    /// connection is lost.
    pub(super) fn fail(&mut self, violation: Violation) {
        tracing::debug!(code = violation.code, reason = violation.reason, "WebSocket failed");
        self.farewell = (self.phase == Phase::Open).then(|| violation.close());
        self.end(Close { code: Close::ABNORMAL, reason: violation.reason.into() });
    }

    /// The connection has gone.
    pub(super) fn lose(&mut self) {
        self.end(Close::code(Close::ABNORMAL));
        self.phase = Phase::Lost;
    }

    /// A ping is to be sent.
    pub(super) fn ping(&mut self) {
        self.is_ping_due = true;
    }

    fn end(&mut self, close: Close) {
        self.phase = Phase::Closed;
        self.pongs = Vec::new();
        self.socket.end(close);
    }

    /// Appends what is to be sent next. Returns the payload of the last frame if it is a large one.
    pub(super) fn fill(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
        deflater: &mut Deflater,
    ) -> Bytes {
        while out.len() < ENOUGH {
            if !self.pongs.is_empty() {
                out.append(&mut std::mem::take(&mut self.pongs));
            } else if std::mem::take(&mut self.is_ping_due) {
                put(out, Opcode::Ping, &[]);
            } else if let Some(close) = self.farewell.take() {
                put(out, Opcode::Close, &close::payload(&close));
            } else if self.phase != Phase::Open {
                break;
            } else {
                match self.socket.poll_outgoing(cx) {
                    Poll::Ready(Outgoing::Message(message)) => {
                        let large = self.put_message(out, message, deflater);
                        if !large.is_empty() {
                            return large;
                        }
                    }
                    Poll::Ready(Outgoing::Close(close)) => {
                        put(out, Opcode::Close, &close::payload(&close));
                        self.phase = Phase::Closing;
                    }
                    Poll::Pending => break,
                }
            }
        }
        Bytes::new()
    }

    /// Appends a message, or only its header if it is large: then the payload is returned.
    fn put_message(&self, out: &mut Vec<u8>, message: Message, deflater: &mut Deflater) -> Bytes {
        let (opcode, payload) = match message {
            Message::Text(bytes) => (Opcode::Text, bytes),
            Message::Binary(bytes) => (Opcode::Binary, bytes),
        };
        let packed = self.deflate.and_then(|agreed| deflater.deflate(&payload, agreed));
        let is_packed = packed.is_some();
        let payload = packed.unwrap_or(payload);
        put_header(out, opcode, is_packed, payload.len());
        if payload.len() >= LARGE {
            return payload;
        }
        out.extend_from_slice(&payload);
        Bytes::new()
    }
}

fn put(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    put_header(out, opcode, false, payload.len());
    out.extend_from_slice(payload);
}
