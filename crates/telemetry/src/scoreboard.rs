//! The scoreboard: one shared mapping with a slot for every worker.
//!
//! The master makes it, workers write into their own slot, and it outlives them, so counters never
//! go back. Nothing is ever sent.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use appserver_os::SharedMemory;

use crate::slot::{AUTH_WORDS, SLOT_WORDS, Slot};

/// Words of one worker. Those of authentication lie behind the slots of all workers: memory that
/// nobody writes or reads is not there.
const WORKER_WORDS: usize = SLOT_WORDS + AUTH_WORDS;
/// Behind every memory.
const NOWHERE: usize = usize::MAX;

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
        Ok(Self { memory: Arc::new(SharedMemory::create(slots.max(1) * WORKER_WORDS)?) })
    }

    /// The scoreboard behind a descriptor that the master handed down.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { memory: Arc::new(SharedMemory::open(fd)?) })
    }

    /// The one in this memory.
    pub(crate) fn of(memory: Arc<SharedMemory>) -> Self {
        Self { memory }
    }

    /// How many workers it has room for.
    pub fn slots(&self) -> usize {
        self.memory.words().len() / WORKER_WORDS
    }

    /// One worker's slot. A number past the end gives a slot that goes nowhere.
    pub fn slot(&self, index: usize) -> Slot {
        let slots = self.slots();
        let places = if index < slots {
            (index * SLOT_WORDS, slots * SLOT_WORDS + index * AUTH_WORDS)
        } else {
            (NOWHERE, NOWHERE)
        };
        Slot::new(Arc::clone(&self.memory), index, places)
    }
}

impl AsFd for Scoreboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}
