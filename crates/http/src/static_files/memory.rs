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
        let content = Entry::weight_of_content(length);
        if weight(path, &entry).saturating_add(content) > self.capacity {
            return false;
        }
        self.grow(content);
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

/// What a table needs for a file, in bytes, where it is as empty as it gets: it doubles when seven
/// of eight places are taken.
const PLACE: usize = (size_of::<(Box<[u8]>, Rc<Entry>)>() + 1) * 16 / 7;

fn weight(path: &[u8], entry: &Entry) -> usize {
    PLACE + path.len() + entry.weight()
}

#[cfg(test)]
mod tests {
    use super::{Entry, Memory, Rc, weight};

    const CONTENT: usize = 1000;

    /// Of a file whose name has one letter.
    fn one() -> usize {
        weight(b"a", &Entry::sample(1)) + Entry::weight_of_content(CONTENT)
    }

    fn keep(memory: &mut Memory, name: u8) {
        let entry = Rc::new(Entry::sample(1));
        memory.keep(&[name], Rc::clone(&entry));
        assert!(memory.admit(&[name], CONTENT));
        entry.set_content(0, vec![0; CONTENT].into());
    }

    fn total(memory: &Memory) -> usize {
        let all = memory.recent.iter().chain(&memory.older);
        all.map(|(path, entry)| weight(path, entry)).sum()
    }

    #[test]
    fn what_was_not_used_goes() {
        let mut memory = Memory::new(10 * one());
        for name in 0..100 {
            keep(&mut memory, name);
            assert!(memory.find(&[0]).is_some(), "used all the time");
            assert!(total(&memory) <= 11 * one(), "{name}");
        }
        assert!(memory.find(&[99]).is_some());
        assert!(memory.find(&[50]).is_none());
    }

    #[test]
    fn a_file_is_kept_once() {
        let mut memory = Memory::new(10 * one());
        for _ in 0..100 {
            keep(&mut memory, 1);
        }
        assert_eq!(memory.bytes, one());
        memory.forget(&[1]);
        assert!(memory.find(&[1]).is_none());
        assert_eq!(memory.bytes, 0);
    }

    /// A little is a file of one encoding, much one of four with all their bytes.
    #[test]
    fn memory_is_counted_as_it_is_taken() {
        for (encodings, content) in [(1, None), (1, Some(CONTENT)), (4, Some(60_000))] {
            for files in [1_u32, 30, 200] {
                let mut memory = Memory::new(usize::MAX);
                let taken = allocation_counter::measure(|| {
                    for name in (0..files).map(u32::to_be_bytes) {
                        let entry = Rc::new(Entry::sample(encodings));
                        memory.keep(&name, Rc::clone(&entry));
                        for place in 0..content.map_or(0, |_| encodings) {
                            let bytes = vec![0; content.unwrap_or(0)].into();
                            assert!(memory.admit(&name, content.unwrap_or(0)));
                            entry.set_content(place, bytes);
                        }
                    }
                });
                let taken = usize::try_from(taken.bytes_current).unwrap();
                let case = format!("{files} of {encodings} and {content:?}: {taken} bytes");
                assert_eq!(memory.bytes, total(&memory), "{case}");
                assert!(taken <= memory.bytes, "{case}, counted {}", memory.bytes);
                assert!(memory.bytes <= taken * 3 / 2, "{case}, counted {}", memory.bytes);
            }
        }
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let mut memory = Memory::new(2 * one());
        keep(&mut memory, 1);
        assert!(!memory.admit(&[1], 1));
        assert!(!memory.admit(&[2], 1), "not kept at all");
        let mut memory = Memory::new(0);
        memory.keep(&[1], Rc::new(Entry::sample(1)));
        assert!(memory.find(&[1]).is_none());
    }
}
