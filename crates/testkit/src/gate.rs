//! A gate that applications wait at: requests are in flight for exactly as long as a test wants.
//!
//! It is a lock on a file, so everything on the machine can wait at it without asking again and
//! again, and a test that dies opens it.

use std::fs::File;
use std::path::Path;

/// How an application in Python waits at the gate called `gate` in its folder.
pub const WAIT_IN_PYTHON: &str = "\
import fcntl

def wait_at_gate():
    with open('gate') as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
";

/// A gate that is shut until it is dropped.
#[derive(Debug)]
pub struct Gate(File);

impl Gate {
    /// Makes a gate called `gate` in this folder, and shuts it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn shut(folder: &Path) -> Self {
        let file = File::create(folder.join("gate")).expect("the gate can be made");
        file.lock().expect("nobody waits for long");
        Self(file)
    }

    /// Lets everybody through, from now on.
    pub fn open(self) {
        drop(self);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
