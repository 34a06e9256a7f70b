//! What is going on, on the standard error: a line that is written over on a terminal, else a line for
//! each measurement.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::grid::Point;
use super::measure::Sample;
use super::summary::rate;
use super::units::{self, bytes, latency};

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

/// Tells of measurements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    is_terminal: bool,
}

impl Progress {
    /// On the standard error of this process.
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    /// So many measurements will take so long, if none takes longer than usual.
    pub(super) fn expects(self, total: usize, time: Duration) {
        let measurements = if total == 1 { "measurement" } else { "measurements" };
        let _ = writeln!(io::stderr(), "{total} {measurements}, about {}", units::span(time));
    }

    /// A measurement begins: this one of so many.
    pub(super) fn begins(self, (number, total): (usize, usize), point: Point) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "{CLEAR}[{number}/{total}] {point} ...");
        }
    }

    /// It has ended.
    pub(super) fn ends(self, (number, total): (usize, usize), point: Point, sample: &Sample) {
        if self.is_terminal {
            self.clear();
            return;
        }
        let p99 = latency(sample.report.tally.percentile(99.0));
        let (rate, memory) = (units::rate(rate(sample)), bytes(sample.memory));
        let _ = writeln!(io::stderr(), "[{number}/{total}] {point}: {rate}, p99 {p99}, {memory}");
    }

    /// Leaves an empty line for whoever writes next.
    pub(super) fn clear(self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}
