//! A response that the application is still producing.

use std::sync::Arc;

use appserver_app::BodyError;
use bytes::Bytes;
use pyo3::prelude::*;

use super::exchange::Exchange;
use super::file::FileSource;
use super::iteration::{Chunks, Closing};
use crate::origin::Origin;

/// Where the bytes of a stream come from.
pub(crate) enum Source {
    /// The iterable of the application.
    Chunks(Chunks),
    /// A file that the application named.
    File(FileSource),
    /// Nothing more.
    End,
}

/// A response body, chunk by chunk, held to its declared length.
pub(crate) struct Stream {
    /// Chunks that were taken already, last first.
    pub(crate) ready: Vec<Bytes>,
    pub(crate) source: Source,
    /// How many bytes the declared length leaves.
    pub(crate) left: Option<u64>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) closing: Closing,
    pub(crate) origin: Origin,
}

impl Stream {
    /// The next chunk, or the end. An error means that the connection must be cut; it is logged.
    pub(crate) fn next(&mut self, py: Python<'_>) -> Option<Result<Bytes, BodyError>> {
        if self.left == Some(0) {
            self.finish(py);
            return None;
        }
        match self.advance(py) {
            Ok(Some(chunk)) => Some(Ok(self.within_length(chunk))),
            Ok(None) => {
                self.finish(py);
                let missing = self.left.take()?;
                let what = "the response ended {missing} bytes before its Content-Length";
                self.origin.complain(&what.replace("{missing}", &missing.to_string()));
                Some(Err(BodyError::Application))
            }
            Err(error) => {
                self.origin.log(py, &error);
                self.source = Source::End;
                self.finish(py);
                Some(Err(BodyError::Application))
            }
        }
    }

    /// Ends the stream, wherever it is: nothing more is produced, and the application is told.
    pub(crate) fn finish(&mut self, py: Python<'_>) {
        if self.left == Some(0) {
            self.settle(py);
        }
        self.ready.clear();
        self.source = Source::End;
        self.closing.close(py, &self.origin);
    }

    /// Lets an application whose response is complete run to its own end: code after the last
    /// `yield` is code too.
    fn settle(&mut self, py: Python<'_>) {
        self.left = None;
        match self.advance(py) {
            Ok(None) => {}
            Ok(Some(_)) => self.origin.complain(TOO_LONG),
            Err(error) => self.origin.log(py, &error),
        }
    }

    fn advance(&mut self, py: Python<'_>) -> PyResult<Option<Bytes>> {
        if let Some(chunk) = self.ready.pop() {
            return Ok(Some(chunk));
        }
        let next = match &mut self.source {
            Source::Chunks(chunks) => chunks.next(py)?,
            Source::File(file) => file.next(py)?,
            Source::End => None,
        };
        // What went to `write` meanwhile comes before the chunk that was yielded after it.
        self.ready.extend(next);
        self.ready.extend(self.exchange.state().written.drain(..).rev());
        Ok(self.ready.pop())
    }

    fn within_length(&mut self, mut chunk: Bytes) -> Bytes {
        if let Some(left) = self.left {
            if chunk.len() as u64 > left {
                self.origin.complain(TOO_LONG);
                chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                self.source = Source::End;
                self.ready.clear();
            }
            self.left = Some(left.saturating_sub(chunk.len() as u64));
        }
        chunk
    }
}

/// What the log says about a response that is longer than it declared.
pub(crate) const TOO_LONG: &str = "the response is longer than its Content-Length; it was cut";
