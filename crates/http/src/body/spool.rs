//! A body in an unnamed temporary file.
//!
//! Writing happens on the loop, in the pieces that were read: it goes to the page cache, and a piece
//! is small. Nothing is ever visible in the directory, nor left there after a crash.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use appserver_app::{BodyError, SpooledBody};

/// A file that is being filled.
pub(super) struct Spool {
    file: File,
    length: u64,
}

impl Spool {
    pub(super) fn create(dir: &Path) -> Result<Self, BodyError> {
        Ok(Self { file: tempfile::tempfile_in(dir)?, length: 0 })
    }

    pub(super) fn append(mut self, piece: &[u8]) -> Result<Self, BodyError> {
        self.file.write_all(piece)?;
        self.length += piece.len() as u64;
        Ok(self)
    }

    pub(super) fn finish(mut self) -> Result<SpooledBody, BodyError> {
        self.file.rewind()?;
        Ok(SpooledBody { file: self.file, length: self.length })
    }
}
