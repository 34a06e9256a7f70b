//! What a mold is born with: descriptors by number, and the settings, in a memory file.
//!
//! The number of that file is the only thing on the command line, so no secret is ever visible there.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use appserver_os::packet::PacketSocket;
use appserver_os::{Listening, SharedMemory, memfd, process};
use appserver_telemetry::Scoreboard;

/// Counts incompatible changes of the handover and of the messages.
pub const PROTOCOL: u32 = 1;

/// The contents of the memory file.
#[derive(Serialize, Deserialize)]
struct Handover {
    protocol: u32,
    generation: u64,
    control: RawFd,
    reports: RawFd,
    lifeline: RawFd,
    scoreboard: RawFd,
    listeners: Vec<RawFd>,
    #[serde(default)]
    shared: Vec<RawFd>,
    settings: Value,
}

/// What the master gives to a new mold.
pub struct Gifts<'a> {
    /// Number of the generation.
    pub generation: u64,
    /// The mold's end of the control socket.
    pub control: BorrowedFd<'a>,
    /// Where workers report.
    pub reports: BorrowedFd<'a>,
    /// Ends when the master ends.
    pub lifeline: BorrowedFd<'a>,
    /// The scoreboard.
    pub scoreboard: BorrowedFd<'a>,
    /// The listening sockets.
    pub listeners: Vec<BorrowedFd<'a>>,
    /// Memory that workers share among each other; the master knows nothing of what is in it.
    pub shared: Vec<BorrowedFd<'a>>,
    /// The resolved settings.
    pub settings: &'a Value,
}

impl Gifts<'_> {
    /// Every descriptor that the child must inherit besides the memory file.
    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let own = [self.control, self.reports, self.lifeline, self.scoreboard];
        let many = self.listeners.iter().chain(&self.shared);
        own.into_iter().chain(many.copied()).collect()
    }

    /// The memory file.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub fn wrap(&self) -> io::Result<OwnedFd> {
        let handover = Handover {
            protocol: PROTOCOL,
            generation: self.generation,
            control: self.control.as_raw_fd(),
            reports: self.reports.as_raw_fd(),
            lifeline: self.lifeline.as_raw_fd(),
            scoreboard: self.scoreboard.as_raw_fd(),
            listeners: self.listeners.iter().map(AsRawFd::as_raw_fd).collect(),
            shared: self.shared.iter().map(AsRawFd::as_raw_fd).collect(),
            settings: self.settings.clone(),
        };
        memfd::with_contents(c"appserver-handover", &serde_json::to_vec(&handover)?)
    }
}

/// What a mold has unwrapped; its workers have it too, by fork.
pub struct Inheritance {
    /// Number of the generation.
    pub generation: u64,
    /// Orders from the master.
    pub control: PacketSocket,
    /// Where workers report.
    pub reports: PacketSocket,
    /// Readable, at its end, when the master has gone.
    pub lifeline: OwnedFd,
    /// The scoreboard.
    pub scoreboard: Scoreboard,
    /// The listening sockets.
    pub listeners: Vec<Listening>,
    /// Memory that workers share among each other.
    pub shared: Vec<Arc<SharedMemory>>,
    /// The resolved settings.
    pub settings: Value,
    /// The memory file itself.
    file: OwnedFd,
}

/// Without the settings, which hold secrets.
impl std::fmt::Debug for Inheritance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inheritance").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// Why a handover cannot be unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The descriptor is no handover.
    #[error("descriptor {0} holds no handover; this command is only for the server itself")]
    NotOne(RawFd),
    /// The master speaks another version.
    #[error(
        "the master speaks protocol {0}, this build speaks {PROTOCOL}; restart the server instead of reloading it"
    )]
    Protocol(u32),
    /// A descriptor is missing.
    #[error("inherited descriptor")]
    Descriptor(#[from] io::Error),
}

impl Inheritance {
    /// Unwraps what the master has handed down under this number.
    ///
    /// # Errors
    /// When it is no handover, or one of another version.
    pub fn unwrap(number: RawFd) -> Result<Self, HandoverError> {
        let file = process::adopt(number).map_err(|_| HandoverError::NotOne(number))?;
        let text = memfd::read_all(&file).map_err(|_| HandoverError::NotOne(number))?;
        let handover: Handover =
            serde_json::from_slice(&text).map_err(|_| HandoverError::NotOne(number))?;
        if handover.protocol != PROTOCOL {
            return Err(HandoverError::Protocol(handover.protocol));
        }
        let listeners = handover.listeners.iter();
        let listeners: io::Result<Vec<Listening>> =
            listeners.map(|fd| Listening::from_fd(process::adopt(*fd)?)).collect();
        let shared = handover.shared.iter();
        let shared: io::Result<Vec<Arc<SharedMemory>>> =
            shared.map(|fd| SharedMemory::open(process::adopt(*fd)?).map(Arc::new)).collect();
        Ok(Self {
            generation: handover.generation,
            control: process::adopt(handover.control)?.into(),
            reports: process::adopt(handover.reports)?.into(),
            lifeline: process::adopt(handover.lifeline)?,
            scoreboard: Scoreboard::open(process::adopt(handover.scoreboard)?)?,
            listeners: listeners?,
            shared: shared?,
            settings: handover.settings,
            file,
        })
    }

    /// Every descriptor in it, by number.
    pub fn numbers(&self) -> Vec<RawFd> {
        self.descriptors().map(|fd| fd.as_raw_fd()).collect()
    }

    /// Leaves everything open, under the same numbers, for the next program that this process
    /// executes.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn pass_on(self) -> io::Result<()> {
        self.descriptors().try_for_each(process::keep_on_exec)?;
        // What owns the descriptors must not close them: they are the next program's.
        std::mem::forget(self);
        Ok(())
    }

    fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let own = [
            self.file.as_fd(),
            self.control.as_fd(),
            self.reports.as_fd(),
            self.lifeline.as_fd(),
            self.scoreboard.as_fd(),
        ];
        let listeners = self.listeners.iter().map(AsFd::as_fd);
        own.into_iter().chain(listeners).chain(self.shared.iter().map(|memory| memory.as_fd()))
    }
}
