//! The kernel, behind safe functions: processes, signals, sockets, shared memory.
//!
//! All `unsafe` of the server lives here, each block with its reason. This crate must not know what
//! a worker, a request or a setting is.

pub mod clock;
pub mod epoll;
pub mod folder;
pub mod fork;
pub mod listener;
pub mod memfd;
pub mod packet;
pub mod pidfd;
pub mod poll;
pub mod privileges;
pub mod process;
mod readable;
pub mod shared;
pub mod signals;
pub mod spawn;
pub mod terminal;
pub mod thread;
pub mod timer;
pub mod wait;

pub use listener::{Accepted, ExclusiveListener, ListenAddress, Listening, Stream};
pub use nix::sys::signal::Signal;
pub use nix::unistd::Pid;
pub use pidfd::PidFd;
pub use shared::SharedMemory;
pub use wait::Exit;
