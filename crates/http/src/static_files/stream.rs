//! A file on its way to a client: block by block, as the client takes them.
//!
//! What the kernel has in memory is read on the loop; what it has not, in a thread that may wait
//! for the disk.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use appserver_app::{BodyError, LocalFuture};
use appserver_os::folder::{Wait, read_at};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::waiters::Waiters;

/// Bytes read at once: copying so many takes the loop a few microseconds, and a slow client keeps
/// no more of them.
const BLOCK: u64 = 128 * 1024;

/// So many blocks in a row, and others get their turn.
const MOST_BLOCKS: u32 = 8;

/// Where a file is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// On the loop.
    Here,
    /// By a thread that may wait: whose disk it is wants to be told, and to answer (FUSE, SMB).
    Elsewhere,
}

/// So many bytes of a file, from a given place on.
pub(super) struct FileStream {
    /// There until the end.
    file: Option<Arc<File>>,
    closing: Closing,
    at: u64,
    left: u64,
    reading: Option<LocalFuture<io::Result<Vec<u8>>>>,
    blocks: u32,
    waiters: Waiters,
}

impl FileStream {
    /// So many bytes, the second number, from the first one on. The file must be a regular one.
    pub(super) fn new(
        file: File,
        (at, left): (u64, u64),
        closing: Closing,
        waiters: &Waiters,
    ) -> Self {
        let (file, waiters) = (Some(Arc::new(file)), waiters.clone());
        Self { file, closing, at, left, reading: None, blocks: 0, waiters }
    }

    fn poll_block(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        let (length, at) = (usize::try_from(self.left.min(BLOCK)).unwrap_or(0), self.at);
        let Some(file) = &self.file else { return Poll::Ready(Ok(Vec::new())) };
        if self.reading.is_none() {
            match read_at(file, length, at, Wait::Never) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
        let reading = self.reading.get_or_insert_with(|| {
            // An announced body can only be cut: it waits for its turn as long as its client does.
            let (file, waiters) = (Arc::clone(file), self.waiters.clone());
            Box::pin(waiters.run_in_the_end(move || read_at(&file, length, at, Wait::ForDisk)))
        });
        let read = ready!(reading.as_mut().poll(cx));
        self.reading = None;
        Poll::Ready(read)
    }

    /// Whether it is the turn of others. The task that polls is woken at once.
    fn gives_way(&mut self, cx: &Context<'_>) -> bool {
        self.blocks += 1;
        if self.blocks <= MOST_BLOCKS {
            return false;
        }
        self.blocks = 0;
        cx.waker().wake_by_ref();
        true
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        if self.closing == Closing::Elsewhere {
            // A read that waits in line has the file too, and must not be the last who lets go of it.
            self.reading = None;
            self.waiters.give_up(self.file.take());
        }
    }
}

impl http_body::Body for FileStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.reading.is_none() && self.gives_way(cx) {
            return Poll::Pending;
        }
        let block = ready!(self.poll_block(cx)).and_then(|block| match block.is_empty() {
            // The length has been announced, so that nothing but a cut is right.
            true => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has shrunk")),
            false => Ok(block),
        });
        let read = block.as_ref().map_or(0, |block| block.len() as u64);
        self.at = self.at.saturating_add(read);
        self.left = if read == 0 { 0 } else { self.left.saturating_sub(read) };
        Poll::Ready(Some(block.map(|block| Frame::data(block.into())).map_err(BodyError::File)))
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
    use std::future::poll_fn;
    use std::io::Write;

    use appserver_app::BodyError;
    use http_body::Body;

    use super::super::waiters::Threads;
    use super::{Arc, BLOCK, Closing, File, FileStream, MOST_BLOCKS, Pin, Poll, Waiters};

    fn file(length: u64) -> File {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        file
    }

    fn open(file: File, at: u64, length: u64) -> FileStream {
        FileStream::new(file, (at, length), Closing::Here, &Waiters::new(&Threads::new()))
    }

    /// What it gives, and whether it has let others go before.
    fn read(mut stream: FileStream) -> (Result<Vec<u8>, BodyError>, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut bytes, mut gave_way) = (Vec::new(), false);
        let read = runtime.block_on(async {
            loop {
                let next = poll_fn(|cx| {
                    let polled = Pin::new(&mut stream).poll_frame(cx);
                    gave_way |= polled.is_pending() && stream.reading.is_none();
                    polled
                });
                match next.await {
                    None => return Ok(()),
                    Some(Err(error)) => return Err(error),
                    Some(Ok(frame)) => bytes.extend_from_slice(&frame.into_data().unwrap()),
                }
            }
        });
        (read.map(|()| bytes), gave_way)
    }

    #[test]
    fn a_part_of_a_file_is_that_part() {
        let length = 3 * BLOCK + 7;
        let (whole, gave_way) = read(open(file(length), 0, length));
        let whole = whole.unwrap();
        assert_eq!(whole.len() as u64, length);
        assert!(!gave_way);
        let stream = open(file(length), 5, BLOCK + 1);
        assert_eq!(stream.size_hint().exact(), Some(BLOCK + 1));
        assert_eq!(read(stream).0.unwrap(), whole[5..usize::try_from(BLOCK).unwrap() + 6]);
        assert!(open(file(1), 0, 0).is_end_stream());
    }

    #[test]
    fn a_long_file_lets_others_go_first() {
        let length = (u64::from(MOST_BLOCKS) + 2) * BLOCK;
        let (bytes, gave_way) = read(open(file(length), 0, length));
        assert_eq!(bytes.unwrap().len() as u64, length);
        assert!(gave_way);
    }

    #[test]
    fn the_file_of_somebody_else_is_closed_by_a_thread_that_may_wait() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(1).build().unwrap();
        let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
        runtime.block_on(async {
            let busy = tokio::task::spawn_blocking(move || may_go_on.recv());
            let waiters = Waiters::new(&Threads::new());
            for (closing, is_open) in [(Closing::Here, false), (Closing::Elsewhere, true)] {
                let stream = FileStream::new(file(1), (0, 1), closing, &waiters);
                let seen = Arc::downgrade(stream.file.as_ref().unwrap());
                drop(stream);
                assert_eq!(seen.upgrade().is_some(), is_open, "{closing:?}");
                if is_open {
                    go_on.send(()).unwrap();
                    // The one thread does its work in the order of coming.
                    tokio::task::spawn_blocking(|| ()).await.unwrap();
                    assert!(seen.upgrade().is_none());
                }
            }
            busy.await.unwrap().unwrap();
        });
    }

    /// Tells how many files are given up when a read is let go of.
    struct Told(Waiters, std::sync::mpsc::Sender<usize>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.1.send(self.0.given_up()).unwrap();
        }
    }

    /// Outside of a runtime, so that no thread closes anything meanwhile.
    #[test]
    fn a_read_that_waits_in_line_lets_go_first() {
        let waiters = Waiters::none();
        let mut stream = FileStream::new(file(1), (0, 1), Closing::Elsewhere, &waiters);
        let (tell, told) = std::sync::mpsc::channel();
        let (read, line) = (Told(waiters.clone(), tell), waiters.clone());
        stream.reading = Some(Box::pin(line.run_in_the_end(move || {
            drop(read);
            Ok(Vec::new())
        })));
        drop(stream);
        assert_eq!(told.recv(), Ok(0), "the file is still the stream's");
        assert_eq!(waiters.given_up(), 1);
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let (read, _) = read(open(file(BLOCK), 0, BLOCK + 1));
        assert!(matches!(read, Err(BodyError::File(_))));
        let mut stream = open(file(0), 0, 1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut next = || {
            runtime.block_on(poll_fn(|cx| match Pin::new(&mut stream).poll_frame(cx) {
                Poll::Ready(polled) => Poll::Ready(polled.map(|frame| frame.is_ok())),
                Poll::Pending => Poll::Pending,
            }))
        };
        assert_eq!(next(), Some(false));
        assert_eq!(next(), None, "an error is the end");
    }
}
