//! Sending a file without calling the application for each block.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::{Bytes, BytesMut};
use pyo3::intern;
use pyo3::prelude::*;

use super::file_wrapper::FileWrapper;
use crate::ffi;

/// The rest of a regular file, from where the application had read to.
pub(crate) struct FileSource {
    file: File,
    at: u64,
    left: u64,
    /// The block before. Once it has been sent, its memory serves again: it need not be cleared, and the
    /// processor has it at hand.
    before: Bytes,
}

impl FileSource {
    /// The file behind a wrapper, if reading the descriptor gives the same bytes as reading the
    /// object. That is known only of Python's own files: a `gzip.GzipFile`, for one, has a
    /// descriptor too.
    pub(crate) fn find(wrapper: &FileWrapper, py: Python<'_>) -> Option<Self> {
        let filelike = plain_file(wrapper.filelike(py)).ok()??;
        let at: u64 = filelike.call_method0(intern!(py, "tell")).ok()?.extract().ok()?;
        let fd = filelike.call_method0(intern!(py, "fileno")).ok()?.extract().ok()?;
        let file = ffi::duplicate(fd).ok()?;
        let metadata = file.metadata().ok()?;
        let left = metadata.len().saturating_sub(at);
        metadata.is_file().then(|| Self { file, at, left, before: Bytes::new() })
    }

    /// How many bytes are left.
    pub(crate) fn length(&self) -> u64 {
        self.left
    }

    /// The next block; other Python threads run meanwhile. A file that shrank ends early.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) fn next(&mut self, py: Python<'_>) -> io::Result<Option<Bytes>> {
        // Large enough that a block costs more than its overhead, small enough for slow disks.
        const BLOCK: u64 = 128 * 1024;
        let length = usize::try_from(self.left.min(BLOCK)).unwrap_or(0);
        if length == 0 {
            return Ok(None);
        }
        let memory = std::mem::take(&mut self.before).try_into_mut().unwrap_or_default();
        let (file, at) = (&self.file, self.at);
        let block = py.detach(|| read_at(file, memory, (length, at)))?;
        self.before = block.clone();
        self.at = self.at.saturating_add(block.len() as u64);
        self.left = self.left.saturating_sub(block.len() as u64);
        Ok(Some(block).filter(|block| !block.is_empty()))
    }
}

/// The bytes from this place on, in this memory if it suffices.
fn read_at(file: &File, mut block: BytesMut, (length, at): (usize, u64)) -> io::Result<Bytes> {
    if block.capacity() < length {
        block = BytesMut::zeroed(length);
    }
    block.resize(length, 0);
    loop {
        match file.read_at(&mut block, at) {
            Ok(read) => {
                block.truncate(read);
                return Ok(block.freeze());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The file of `io` itself that the object is, or that `tempfile` has wrapped.
fn plain_file<'py>(filelike: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = filelike.py();
    let (io, tempfile) = (py.import(intern!(py, "io"))?, py.import(intern!(py, "tempfile"))?);
    let wrapper = tempfile.getattr(intern!(py, "_TemporaryFileWrapper"))?;
    let own = |object: &Bound<'py, PyAny>, name| -> PyResult<bool> {
        Ok(object.get_type().is(&io.getattr(name)?))
    };
    let file = if filelike.get_type().is(&wrapper) {
        filelike.getattr(intern!(py, "file"))?
    } else {
        filelike.clone()
    };
    let buffered = own(&file, "BufferedReader")? || own(&file, "BufferedRandom")?;
    let raw = if buffered { file.getattr(intern!(py, "raw"))? } else { file.clone() };
    Ok(own(&raw, "FileIO")?.then_some(file))
}
