//! WebSockets (RFC 6455) behind an application's interface.
//!
//! The handshake is a step of the pipeline. After it the stream is taken from HTTP and driven by
//! the same task. An idle connection keeps no buffer: those for reading, writing and (de)compressing
//! are the worker's.

mod close;
mod decoder;
mod deflate;
mod drive;
pub(crate) mod extension;
mod frame;
pub(crate) mod handshake;
mod inbox;
mod message;
mod outbox;
mod talk;
mod watch;

pub(crate) use drive::{Upgrade, abandon, drive};
pub(crate) use watch::Watch;

/// Read at once.
const INPUT: usize = 64 * 1024;

/// What one turn of any connection of a worker works with.
pub(crate) struct Tools {
    input: Box<[u8]>,
    output: Vec<u8>,
    inflater: deflate::Inflater,
    deflater: deflate::Deflater,
}

impl Default for Tools {
    fn default() -> Self {
        Self {
            input: vec![0; INPUT].into_boxed_slice(),
            output: Vec::new(),
            inflater: deflate::Inflater::default(),
            deflater: deflate::Deflater::default(),
        }
    }
}
