//! What was found out so far: figures of combinations, and which ones have none.
//!
//! Promises: of a combination that has failed once, no figure is left, so that it cannot be
//! recommended for the rounds that it got through.

use super::grid::Point;
use super::measure::Sample;

/// Why a combination has no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Which one.
    pub(super) point: Point,
    /// In words.
    pub(super) why: String,
}

/// It is whole whenever somebody looks.
#[derive(Debug, Default)]
pub(super) struct Findings {
    samples: Vec<(Point, Sample)>,
    left_out: Vec<LeftOut>,
}

impl Findings {
    /// Every measurement, in order.
    pub(super) fn samples(&self) -> &[(Point, Sample)] {
        &self.samples
    }

    /// Every combination that is not measured any more, in order.
    pub(super) fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Whether a combination is not to be measured any more.
    pub(super) fn has_left_out(&self, point: Point) -> bool {
        self.left_out.iter().any(|left| left.point == point)
    }

    /// A combination was measured.
    pub(super) fn measured(&mut self, point: Point, sample: Sample) {
        self.samples.push((point, sample));
    }

    /// A combination cannot be tried again. What is known of it still counts.
    pub(super) fn skipped(&mut self, point: Point, why: String) {
        let is_measured = self.samples.iter().any(|(of, _)| *of == point);
        let why = if is_measured { format!("not in every round: {why}") } else { why };
        self.left_out.push(LeftOut { point, why });
    }

    /// A combination does not work, or not always.
    pub(super) fn failed(&mut self, point: Point, why: String) {
        self.skipped(point, why);
        self.samples.retain(|(of, _)| *of != point);
    }
}
