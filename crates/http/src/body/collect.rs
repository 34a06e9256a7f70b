//! Reading a whole body before the application is called.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use appserver_app::{BodyError, RequestBody};
use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper::body::Incoming;

use super::explain;
use super::spool::Spool;
use crate::worker::Worker;

/// Room taken at once for a body whose length is known; a client that only announces costs no more.
const FIRST_ROOM: u64 = 256 * 1024;

/// A future of the complete body.
pub(crate) struct Collect {
    incoming: Incoming,
    worker: Rc<Worker>,
    length: u64,
    store: Store,
    /// More bytes are not kept; where it is set, nothing is spooled.
    most: Option<u64>,
}

enum Store {
    Nothing,
    /// The only piece so far, as it was read: most small bodies are never copied.
    Piece(Bytes),
    Memory(BytesMut),
    File(Spool),
}

impl Collect {
    pub(crate) fn new(incoming: Incoming, worker: Rc<Worker>) -> Self {
        Self { incoming, worker, length: 0, store: Store::Nothing, most: None }
    }

    /// Of a body that is kept in memory, and no longer than so many bytes: if it is, the result is
    /// [`BodyError::TooLarge`] with that number.
    pub(crate) fn at_most(most: u64, incoming: Incoming, worker: Rc<Worker>) -> Self {
        Self { most: Some(most), ..Self::new(incoming, worker) }
    }

    fn push(&mut self, piece: Bytes) -> Result<(), BodyError> {
        self.length += piece.len() as u64;
        if let Some(most) = self.most.filter(|most| self.length > *most) {
            return Err(BodyError::TooLarge(most));
        }
        let config = &self.worker.config;
        let is_large = self.most.is_none() && self.length > config.body_memory as u64;
        self.store = match std::mem::replace(&mut self.store, Store::Nothing) {
            Store::File(spool) => Store::File(spool.append(&piece)?),
            store if is_large => Store::File(start_spool(&config.temp_dir, &store, &piece)?),
            Store::Nothing => Store::Piece(piece),
            Store::Piece(first) => Store::Memory(self.join(&first, &piece)),
            Store::Memory(mut memory) => {
                memory.extend_from_slice(&piece);
                Store::Memory(memory)
            }
        };
        Ok(())
    }

    fn join(&self, first: &Bytes, second: &Bytes) -> BytesMut {
        let left = self.incoming.size_hint().exact().unwrap_or(0).min(FIRST_ROOM);
        let left = usize::try_from(left).unwrap_or(0);
        let mut memory = BytesMut::with_capacity(first.len() + second.len() + left);
        memory.extend_from_slice(first);
        memory.extend_from_slice(second);
        memory
    }

    fn finish(&mut self) -> Result<RequestBody, BodyError> {
        Ok(match std::mem::replace(&mut self.store, Store::Nothing) {
            Store::Nothing => RequestBody::Empty,
            Store::Piece(piece) => RequestBody::Memory(piece),
            Store::Memory(memory) => RequestBody::Memory(memory.freeze()),
            Store::File(spool) => RequestBody::File(spool.finish()?),
        })
    }
}

fn start_spool(dir: &Path, store: &Store, piece: &Bytes) -> Result<Spool, BodyError> {
    let held: &[u8] = match store {
        Store::Piece(first) => first,
        Store::Memory(memory) => memory,
        Store::Nothing | Store::File(_) => &[],
    };
    Spool::create(dir)?.append(held)?.append(piece)
}

impl Future for Collect {
    type Output = Result<RequestBody, BodyError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let frame = match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                None => return Poll::Ready(self.finish()),
                Some(Err(error)) => {
                    return Poll::Ready(Err(explain(&error, self.worker.config.limits.body)));
                }
                Some(Ok(frame)) => frame,
            };
            // Trailers are checked by the guard and dropped: no application interface has them.
            let Ok(piece) = frame.into_data() else { continue };
            if let Err(error) = self.push(piece) {
                return Poll::Ready(Err(error));
            }
        }
    }
}
