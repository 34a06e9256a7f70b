//! A block of lines that ends with an empty one: the head of a request, or its trailers.
//!
//! The block is judged line by line as it arrives, but counts only once it is complete. Feeding it
//! in pieces costs no more than feeding it whole.

use super::fault::Fault;
use super::field::{Facts, check_trailer};
use super::{bytes, request_line};
use crate::config::Limits;

/// Trailers are rare and small; they get less room than a head.
const TRAILER_BYTES: usize = 8 * 1024;
const TRAILER_FIELDS: usize = 32;

/// What blocks of one connection are judged by.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) limits: Limits,
    /// The `Host` that was found good last.
    pub(super) last_host: Vec<u8>,
}

/// Where the judging of a block stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    part: Part,
    /// Where the current line starts.
    line: usize,
    /// Up to where no line feed was found.
    searched: usize,
    fields: usize,
    /// What the fields said so far.
    pub(super) facts: Facts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// One empty line before the request line is ignored (RFC 9112 section 2.2).
    Start,
    RequestLine,
    Fields,
    Trailers,
}

impl Section {
    pub(super) fn head() -> Self {
        Self::new(Part::Start)
    }

    pub(super) fn trailers() -> Self {
        Self::new(Part::Trailers)
    }

    fn new(part: Part) -> Self {
        Self { part, line: 0, searched: 0, fields: 0, facts: Facts::default() }
    }

    /// Judges `block`, which begins where the section begins and grows from call to call. Returns
    /// the length of the section once it is complete.
    pub(super) fn scan(&mut self, block: &[u8], rules: &mut Rules) -> Result<Option<usize>, Fault> {
        self.check_first_byte(block)?;
        while let Some(end) = find_line_feed(block, self.searched) {
            let line = block.get(self.line..end).unwrap_or_default();
            self.searched = end + 1;
            if self.take(line, end + 1, rules)? {
                self.facts.check_if(self.part == Part::Fields)?;
                return Ok(Some(end + 1));
            }
            self.line = end + 1;
            self.check_first_byte(block)?;
        }
        self.searched = block.len();
        self.check_size((block.len() - self.line).saturating_sub(1), block.len(), &rules.limits)?;
        Ok(None)
    }

    /// What is no HTTP at all (TLS, for one) is told from its first byte.
    fn check_first_byte(&self, block: &[u8]) -> Result<(), Fault> {
        let is_request = matches!(self.part, Part::Start | Part::RequestLine);
        match block.get(self.line) {
            Some(b'\r') if self.part == Part::Start => Ok(()),
            Some(&byte) if is_request && !bytes::is_token(byte) => {
                Err(Fault::malformed("malformed method"))
            }
            _ => Ok(()),
        }
    }

    /// Takes one line, without its line feed. True if it was the last.
    fn take(&mut self, line: &[u8], end: usize, rules: &mut Rules) -> Result<bool, Fault> {
        let (text, is_whole) = match line {
            [text @ .., b'\r'] => (text, true),
            text => (text, false),
        };
        self.check_size(text.len(), end, &rules.limits)?;
        if !is_whole {
            return Err(Fault::malformed("line feed without carriage return"));
        }
        match self.part {
            Part::Start if text.is_empty() => self.part = Part::RequestLine,
            Part::Start | Part::RequestLine => {
                self.facts.is_old = request_line::check(text)?;
                self.part = Part::Fields;
            }
            Part::Fields | Part::Trailers if text.is_empty() => return Ok(true),
            Part::Fields => {
                self.count(rules.limits.header_count)?;
                self.facts.note(text, &mut rules.last_host)?;
            }
            Part::Trailers => {
                self.count(TRAILER_FIELDS)?;
                check_trailer(text)?;
            }
        }
        Ok(false)
    }

    fn count(&mut self, limit: usize) -> Result<(), Fault> {
        self.fields += 1;
        if self.fields > limit { Err(Fault::MANY_FIELDS) } else { Ok(()) }
    }

    fn check_size(&self, line: usize, block: usize, limits: &Limits) -> Result<(), Fault> {
        let (line_limit, line_fault) = match self.part {
            Part::Start | Part::RequestLine => (limits.request_line, Fault::LONG_REQUEST_LINE),
            Part::Fields | Part::Trailers => (limits.header_bytes, Fault::LARGE_FIELD),
        };
        let is_trailers = self.part == Part::Trailers;
        let block_limit = if is_trailers { TRAILER_BYTES } else { limits.head_bytes };
        match (line > line_limit, block > block_limit) {
            (true, _) => Err(line_fault),
            (_, true) => Err(Fault::LARGE_HEAD),
            _ => Ok(()),
        }
    }
}

impl Facts {
    fn check_if(&self, is_head: bool) -> Result<(), Fault> {
        if is_head { self.check() } else { Ok(()) }
    }
}

fn find_line_feed(block: &[u8], from: usize) -> Option<usize> {
    memchr::memchr(b'\n', block.get(from..)?).map(|at| from + at)
}
