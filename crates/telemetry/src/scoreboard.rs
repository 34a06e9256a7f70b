//! The scoreboard: one shared mapping with a slot for every worker.
//!
//! The master makes it, workers write into their own slot, and it outlives them, so counters never
//! go back. Nothing is ever sent.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use appserver_os::SharedMemory;

use crate::slot::{SLOT_WORDS, Slot};

/// The slots of one server.
#[derive(Clone, Debug)]
pub struct Scoreboard {
    memory: Arc<SharedMemory>,
}

impl Scoreboard {
    /// A new scoreboard with room for this many workers.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub fn create(slots: usize) -> io::Result<Self> {
        Ok(Self { memory: Arc::new(SharedMemory::create(slots.max(1) * SLOT_WORDS)?) })
    }

    /// The scoreboard behind a descriptor that the master handed down.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { memory: Arc::new(SharedMemory::open(fd)?) })
    }

    /// How many workers it has room for.
    pub fn slots(&self) -> usize {
        self.memory.words().len() / SLOT_WORDS
    }

    /// One worker's slot. A number past the end gives a slot that goes nowhere.
    pub fn slot(&self, index: usize) -> Slot {
        Slot::new(Arc::clone(&self.memory), index)
    }
}

impl AsFd for Scoreboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}
