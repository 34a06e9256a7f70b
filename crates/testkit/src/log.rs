//! What a server says, as it says it.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::DEADLINE;

/// The lines of one process tree: standard output and standard error together.
#[derive(Clone, Default)]
pub struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    readers: usize,
}

impl Log {
    /// Reads a pipe to its end in a thread of its own.
    pub(crate) fn follow(&self, pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        self.0.state.lock().unwrap().readers += 1;
        let log = self.clone();
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                log.add(&line);
                line.clear();
            }
            log.0.state.lock().unwrap().readers -= 1;
            log.0.changed.notify_all();
        })
    }

    fn add(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        self.0.state.lock().unwrap().lines.push(line);
        self.0.changed.notify_all();
    }

    /// Waits until nobody can say anything any more.
    pub(crate) fn wait_end(&self) {
        let state = self.0.state.lock().unwrap();
        let said = self.0.changed.wait_timeout_while(state, DEADLINE, |state| state.readers > 0);
        let state = said.unwrap().0;
        assert_eq!(state.readers, 0, "somebody outside the group holds an output");
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.0.state.lock().unwrap().lines.join("\n")
    }

    /// How many lines there are: a place to search from, see [`Self::wait_after`].
    pub fn mark(&self) -> usize {
        self.0.state.lock().unwrap().lines.len()
    }

    /// How many lines contain this text so far.
    pub fn count(&self, text: &str) -> usize {
        let state = self.0.state.lock().unwrap();
        state.lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Whether any line contains this text so far.
    pub fn contains(&self, text: &str) -> bool {
        self.count(text) > 0
    }

    /// Waits for the first line that contains this text.
    ///
    /// # Panics
    /// When it does not come, with everything that came.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_after(0, text)
    }

    /// Waits for the first such line that is not among the first `mark` lines.
    ///
    /// # Panics
    /// When it does not come, with everything that came.
    #[track_caller]
    pub fn wait_after(&self, mark: usize, text: &str) -> String {
        self.wait_nth(mark, 1, text)
    }

    /// Waits until `count` lines after the first `mark` lines contain this text; returns the last of
    /// them.
    ///
    /// # Panics
    /// When they do not come, with everything that came.
    #[track_caller]
    pub fn wait_nth(&self, mark: usize, count: usize, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        let mut state = self.0.state.lock().unwrap();
        loop {
            let mut found = state.lines.iter().skip(mark).filter(|line| line.contains(text));
            if let Some(line) = found.nth(count - 1) {
                return line.clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || state.readers == 0 {
                let why = if left.is_zero() { "in time" } else { "before the server ended" };
                let said = state.lines.join("\n");
                drop(state);
                panic!("no line with {text:?} came {why}; the server said:\n{said}");
            }
            state = self.0.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
