//! Strict HTTP/1 request framing: where each message of a byte stream starts and ends.
//!
//! A pure automaton over bytes. It says how many of them may be handed on, and names the first
//! violation of RFC 9112 or of a limit. Heads and trailers are handed on complete or not at all.
//! The verdict does not depend on how the stream is cut into pieces. Knows nothing of sockets.

mod bytes;
mod chunks;
mod fault;
mod field;
mod host;
mod request_line;
mod section;
#[cfg(test)]
mod tests;

use chunks::Chunks;
pub(crate) use fault::Fault;
pub(crate) use field::Names;
use section::{Rules, Section};

use crate::config::Limits;

/// The framing of one connection's inbound stream.
#[derive(Debug)]
pub(crate) struct Framing {
    rules: Rules,
    at: At,
    names: Names,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Head(Section),
    Length(u64),
    Chunks(Chunks),
    Trailers(Section),
    /// Behind a request that may have changed the protocol: nothing is judged.
    Held,
}

/// What came of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// So many bytes may be handed on. The others must be shown again, followed by more.
    pub(crate) passed: usize,
    /// So many heads were completed by them.
    pub(crate) heads: u32,
    /// What is wrong with the bytes after them.
    pub(crate) fault: Option<Fault>,
}

impl Framing {
    /// The start of a connection.
    pub(crate) fn new(limits: Limits) -> Self {
        let rules = Rules { limits, last_host: Vec::new() };
        Self { rules, at: At::Head(Section::head()), names: Names::default() }
    }

    /// Whether the next byte belongs to a body.
    pub(crate) fn is_in_body(&self) -> bool {
        !matches!(self.at, At::Head(_) | At::Held)
    }

    /// Whether all that comes is held back, because it need not be HTTP.
    pub(crate) fn is_holding(&self) -> bool {
        matches!(self.at, At::Held)
    }

    /// The protocol has not changed: what was held back is a request.
    pub(crate) fn release(&mut self) {
        if self.is_holding() {
            self.at = At::Head(Section::head());
        }
    }

    /// What the header names so far had in them.
    pub(crate) fn names(&self) -> Names {
        self.names
    }

    /// Judges `input`: the bytes held back by the last call, followed by new ones. Must not be
    /// called again after a fault.
    pub(crate) fn advance(&mut self, input: &[u8]) -> Progress {
        let mut progress = Progress::default();
        while let Some(rest) = input.get(progress.passed..).filter(|rest| !rest.is_empty()) {
            match self.step(rest) {
                Ok(Some((bytes, heads))) => {
                    progress.passed += bytes;
                    progress.heads += heads;
                }
                Ok(None) => break,
                Err(fault) => {
                    progress.fault = Some(fault);
                    break;
                }
            }
        }
        progress
    }

    /// Judges one part of a message. Returns the bytes and heads that were passed; `None` if the
    /// part is incomplete and held back.
    fn step(&mut self, rest: &[u8]) -> Result<Option<(usize, u32)>, Fault> {
        match &mut self.at {
            At::Head(section) => {
                let Some(length) = section.scan(rest, &mut self.rules)? else { return Ok(None) };
                self.names.add(section.facts.names);
                self.at = match section.facts {
                    field::Facts { chunked: true, .. } => {
                        At::Chunks(Chunks::new(self.rules.limits.body))
                    }
                    field::Facts { length: Some(length @ 1..), .. } => At::Length(length),
                    facts if facts.names.upgrade && !facts.is_old => At::Held,
                    _ => At::Head(Section::head()),
                };
                Ok(Some((length, 1)))
            }
            At::Held => Ok(None),
            At::Length(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= taken as u64;
                if *left == 0 {
                    self.at = At::Head(Section::head());
                }
                Ok(Some((taken, 0)))
            }
            At::Chunks(chunks) => {
                let taken = chunks.take(rest)?;
                if taken.is_last {
                    self.at = At::Trailers(Section::trailers());
                }
                Ok(Some((taken.bytes, 0)))
            }
            At::Trailers(section) => {
                let Some(length) = section.scan(rest, &mut self.rules)? else { return Ok(None) };
                self.at = At::Head(Section::head());
                Ok(Some((length, 0)))
            }
        }
    }
}
