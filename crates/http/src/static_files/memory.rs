//! What a worker keeps of files in memory: bounded, and the half that was used longest ago goes
//! first.

use std::collections::HashMap;
use std::rc::Rc;

use super::entry::Entry;

/// Files by their decoded path.
pub(super) struct Memory {
    recent: HashMap<Box<[u8]>, Rc<Entry>>,
    older: HashMap<Box<[u8]>, Rc<Entry>>,
    /// Of each half, in bytes.
    capacity: usize,
    /// What the recent half takes, in bytes, about.
    bytes: usize,
}

impl Memory {
    /// Room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { recent: HashMap::new(), older: HashMap::new(), capacity: bytes / 2, bytes: 0 }
    }

    /// What is kept of this path.
    pub(super) fn find(&mut self, path: &[u8]) -> Option<Rc<Entry>> {
        if let Some(entry) = self.recent.get(path) {
            return Some(Rc::clone(entry));
        }
        let entry = self.older.remove(path)?;
        self.keep(path, Rc::clone(&entry));
        Some(entry)
    }

    /// Keeps a file in the place of what was kept of its path.
    pub(super) fn keep(&mut self, path: &[u8], entry: Rc<Entry>) {
        self.forget(path);
        let weight = weight(path, &entry);
        if weight > self.capacity {
            return;
        }
        self.recent.insert(path.into(), entry);
        self.grow(weight);
    }

    /// Makes room for contents that a kept file has got; false if there is none, and the file is to
    /// do without.
    pub(super) fn admit(&mut self, path: &[u8], length: usize) -> bool {
        let Some(entry) = self.find(path) else { return false };
        if weight(path, &entry).saturating_add(length) > self.capacity {
            return false;
        }
        self.grow(length);
        true
    }

    /// Keeps nothing of this path.
    pub(super) fn forget(&mut self, path: &[u8]) {
        self.older.remove(path);
        if let Some(entry) = self.recent.remove(path) {
            self.bytes = self.bytes.saturating_sub(weight(path, &entry));
        }
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.capacity {
            self.older = std::mem::take(&mut self.recent);
            self.bytes = 0;
        }
    }
}

/// A file's fields and what the tables need for it, in bytes, about.
const OVERHEAD: usize = 2048;

fn weight(path: &[u8], entry: &Entry) -> usize {
    OVERHEAD + path.len() + entry.content_length()
}

#[cfg(test)]
mod tests {
    use super::{Entry, Memory, OVERHEAD, Rc};

    const CONTENT: usize = 1000;
    const WEIGHT: usize = OVERHEAD + CONTENT + 1;

    fn keep(memory: &mut Memory, name: u8) {
        let entry = Rc::new(Entry::sample());
        memory.keep(&[name], Rc::clone(&entry));
        assert!(memory.admit(&[name], CONTENT));
        entry.set_content(0, vec![0; CONTENT].into());
    }

    fn total(memory: &Memory) -> usize {
        let all = memory.recent.iter().chain(&memory.older);
        all.map(|(path, entry)| super::weight(path, entry)).sum()
    }

    #[test]
    fn what_was_not_used_goes() {
        let mut memory = Memory::new(10 * WEIGHT);
        for name in 0..100 {
            keep(&mut memory, name);
            assert!(memory.find(&[0]).is_some(), "used all the time");
            assert!(total(&memory) <= 11 * WEIGHT, "{name}");
        }
        assert!(memory.find(&[99]).is_some());
        assert!(memory.find(&[50]).is_none());
    }

    #[test]
    fn a_file_is_kept_once() {
        let mut memory = Memory::new(10 * WEIGHT);
        for _ in 0..100 {
            keep(&mut memory, 1);
        }
        assert_eq!(memory.bytes, WEIGHT);
        memory.forget(&[1]);
        assert!(memory.find(&[1]).is_none());
        assert_eq!(memory.bytes, 0);
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let mut memory = Memory::new(2 * WEIGHT);
        keep(&mut memory, 1);
        assert!(!memory.admit(&[1], 1));
        assert!(!memory.admit(&[2], 1), "not kept at all");
        let mut memory = Memory::new(0);
        memory.keep(&[1], Rc::new(Entry::sample()));
        assert!(memory.find(&[1]).is_none());
    }
}
