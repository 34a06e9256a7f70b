//! The end of what the server under load has said.

use std::collections::VecDeque;

/// How much is kept: a traceback and what led to it.
const KEPT: usize = 16 * 1024;

/// Bounded, however much is said.
#[derive(Debug, Default)]
pub(super) struct Said {
    bytes: VecDeque<u8>,
    is_cut: bool,
}

impl Said {
    /// More of it.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let extra = self.bytes.len().saturating_sub(KEPT);
        self.is_cut |= extra > 0;
        self.bytes.drain(..extra);
    }

    /// Whole lines of its end.
    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        match text.split_once('\n') {
            Some((_, whole)) if self.is_cut => whole.to_owned(),
            _ => text.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_in_whole_lines() {
        let mut said = Said::default();
        said.add(b"first\n");
        assert_eq!(said.text(), "first\n");
        for number in 0..3000 {
            said.add(format!("line {number}\n").as_bytes());
        }
        let text = said.text();
        assert!(text.len() <= KEPT && text.starts_with("line ") && text.ends_with("line 2999\n"));
    }
}
