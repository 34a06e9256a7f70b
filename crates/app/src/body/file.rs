//! A file, or a part of one, as a response body.
//!
//! Reads block by block, from the page cache as a rule, and never ahead of the connection. Holds no
//! position of the descriptor: other users of it are not disturbed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::BodyError;

/// Bytes read at once: large enough that a block costs more than its overhead, small enough that
/// a slow disk does not hold the loop up for long.
const BLOCK: u64 = 128 * 1024;

/// So many bytes of a file, from a given place on.
#[derive(Debug)]
pub struct FileBody {
    file: File,
    at: u64,
    left: u64,
}

impl FileBody {
    /// `length` bytes from `offset` on, both in bytes. The file must be a regular one.
    pub fn new(file: File, offset: u64, length: u64) -> Self {
        Self { file, at: offset, left: length }
    }

    /// The bytes from `offset` on, as many as the file has now.
    ///
    /// # Errors
    /// `InvalidInput` if it is not a regular file; else what the system says.
    pub fn from_offset(file: File, offset: u64) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self::new(file, offset, metadata.len().saturating_sub(offset)))
    }

    /// How many bytes are still to come.
    pub fn length(&self) -> u64 {
        self.left
    }

    /// Sends no more than this many bytes.
    pub fn truncate(&mut self, length: u64) {
        self.left = self.left.min(length);
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file has become shorter than it was; else what the disk says.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let length = usize::try_from(self.left.min(BLOCK)).unwrap_or(0);
        if length == 0 {
            return Ok(None);
        }
        let mut block = vec![0; length];
        let read = read_at(&self.file, &mut block, self.at)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has shrunk"));
        }
        block.truncate(read);
        self.at = self.at.saturating_add(read as u64);
        self.left = self.left.saturating_sub(read as u64);
        Ok(Some(block.into()))
    }
}

fn read_at(file: &File, block: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(block, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let block = self.next().map_err(BodyError::File);
        if block.is_err() {
            self.left = 0;
        }
        Poll::Ready(block.transpose().map(|block| block.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http_body::Body;

    use super::{BLOCK, File, FileBody};
    use crate::BodyError;

    fn file(length: u64) -> File {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        file
    }

    fn read(mut body: FileBody) -> Result<Vec<u8>, BodyError> {
        let mut bytes = Vec::new();
        while let Some(block) = body.next().map_err(BodyError::File)? {
            assert!(block.len() as u64 <= BLOCK);
            bytes.extend_from_slice(&block);
        }
        Ok(bytes)
    }

    #[test]
    fn a_part_of_a_file_is_that_part() {
        let length = 2 * BLOCK + 7;
        let whole = read(FileBody::from_offset(file(length), 0).unwrap()).unwrap();
        assert_eq!(whole.len() as u64, length);
        let body = FileBody::new(file(length), 5, BLOCK + 1);
        assert_eq!(body.size_hint().exact(), Some(BLOCK + 1));
        assert_eq!(read(body).unwrap(), whole[5..usize::try_from(BLOCK).unwrap() + 6]);
        let mut body = FileBody::from_offset(file(length), 10).unwrap();
        assert_eq!(body.length(), length - 10);
        body.truncate(3);
        assert_eq!(read(body).unwrap(), [10, 11, 12]);
    }

    #[test]
    fn nothing_is_left_behind_the_end() {
        let body = FileBody::from_offset(file(10), 20).unwrap();
        assert!(body.is_end_stream());
        assert!(read(body).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let source = file(BLOCK + 10);
        let mut body = FileBody::from_offset(source.try_clone().unwrap(), 0).unwrap();
        assert_eq!(body.next().unwrap().unwrap().len() as u64, BLOCK);
        source.set_len(BLOCK).unwrap();
        assert!(matches!(read(body), Err(BodyError::File(_))));
    }

    #[test]
    fn a_directory_is_refused() {
        assert!(FileBody::from_offset(File::open("/").unwrap(), 0).is_err());
    }
}
