//! A body in an unnamed temporary file.
//!
//! Writing happens on the loop, in the pieces that were read: it goes to the page cache, and a piece
//! is small. Nothing is ever visible in the directory, nor left there after a crash. Where the
//! directory takes no file, as on a read-only system, the body goes to a file in memory.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;
use std::sync::Once;

use appserver_app::{BodyError, SpooledBody};
use appserver_os::memfd;

/// A file that is being filled.
pub(super) struct Spool {
    file: File,
    length: u64,
}

impl Spool {
    pub(super) fn create(dir: &Path) -> Result<Self, BodyError> {
        let file = tempfile::tempfile_in(dir).or_else(|error| in_memory(dir, error))?;
        Ok(Self { file, length: 0 })
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

/// A file in memory instead; the first one of a worker is worth a warning.
fn in_memory(dir: &Path, error: io::Error) -> io::Result<File> {
    static WARNING: Once = Once::new();
    let Ok(file) = memfd::with_contents(c"appserver:body", b"") else { return Err(error) };
    WARNING.call_once(|| {
        let dir = dir.display();
        tracing::warn!(%dir, %error, "no temporary files: large request bodies stay in memory");
    });
    Ok(file.into())
}
