//! Verdicts on byte streams: each is fed whole and byte by byte, and must come out the same.

mod bodies;
mod requests;
mod splits;

use super::Framing;
use crate::config::Limits;

fn limits() -> Limits {
    Limits { request_line: 200, header_count: 8, header_bytes: 300, head_bytes: 900, body: 5000 }
}

/// What a stream came to: bytes and heads passed, whether the next byte belongs to a body, and the
/// status of the fault.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Outcome {
    passed: usize,
    heads: u32,
    is_in_body: bool,
    status: Option<u16>,
}

/// Feeds a stream in pieces, as the guard does: what is held back is shown again.
fn feed(pieces: &[&[u8]]) -> Outcome {
    let mut framing = Framing::new(limits());
    let mut outcome = Outcome { passed: 0, heads: 0, is_in_body: false, status: None };
    let mut held = Vec::new();
    for piece in pieces {
        held.extend_from_slice(piece);
        let progress = framing.advance(&held);
        held.drain(..progress.passed);
        outcome.passed += progress.passed;
        outcome.heads += progress.heads;
        outcome.status = progress.fault.map(|fault| fault.status);
        if progress.fault.is_some() {
            break;
        }
    }
    outcome.is_in_body = framing.is_in_body();
    outcome
}

fn judge(stream: &[u8]) -> Outcome {
    let whole = feed(&[stream]);
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    let cut = feed(&bytes);
    let text = stream.escape_ascii();
    assert_eq!((whole.status, whole.heads), (cut.status, cut.heads), "whole and cut: {text}");
    if whole.status.is_none() {
        assert_eq!(whole, cut, "whole and cut: {text}");
    }
    whole
}

fn assert_good(stream: &[u8], heads: u32) {
    let outcome = judge(stream);
    let expected = Outcome { passed: stream.len(), heads, is_in_body: false, status: None };
    assert_eq!(outcome, expected, "{}", stream.escape_ascii());
}

fn assert_refused(stream: &[u8], status: u16) {
    let outcome = judge(stream);
    assert_eq!(outcome.status, Some(status), "{}", stream.escape_ascii());
}
