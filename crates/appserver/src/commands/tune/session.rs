//! All combinations, one after the other, within the time and the memory that there are.

use std::time::{Duration, Instant};

use super::findings::Findings;
use super::grid::Point;
use super::measure::{Questions, Sample, Unmeasured, measure};
use super::progress::Progress;
use super::recipe::Recipe;
use super::server::Server;
use super::units::{bytes, span};
use crate::failure::Failure;

/// How long a start and a stop are thought to take, before any was seen.
const AROUND: Duration = Duration::from_secs(2);

/// How many letters of the server's words are repeated.
const MOST_SAID: usize = 200;

/// Bounds of the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of time.
    pub(super) max_time: Duration,
    /// Of memory, in bytes.
    pub(super) memory: u64,
    /// How often everything is measured.
    pub(super) rounds: u32,
}

/// What was measured so far. It is whole whenever somebody looks.
pub(super) struct Session {
    recipe: Recipe,
    questions: Questions,
    bounds: Bounds,
    began: Instant,
    /// The longest that one combination has taken.
    longest: Duration,
    /// The server that runs, if one does.
    pub(super) server: Option<Server>,
    /// What came of it.
    pub(super) findings: Findings,
}

impl Session {
    /// Nothing is measured yet.
    pub(super) fn new(recipe: Recipe, questions: Questions, bounds: Bounds) -> Self {
        let longest = questions.warm_up + questions.duration + AROUND;
        let (began, server, findings) = (Instant::now(), None, Findings::default());
        Self { recipe, questions, bounds, began, longest, server, findings }
    }

    /// Measures all of these.
    ///
    /// # Errors
    /// The first one fails, or a page is not what it should be.
    ///
    /// # Cancel safety
    /// The server that runs stays in the session; all that was measured stays too.
    pub(super) async fn run(
        &mut self,
        points: &[Point],
        progress: Progress,
    ) -> Result<(), Failure> {
        let total = points.len() * self.bounds.rounds as usize;
        progress.expects(total, self.expected_time(total));
        let rounds = (0..self.bounds.rounds).flat_map(|_| points);
        for (number, point) in rounds.enumerate() {
            if self.findings.has_left_out(*point) {
                continue;
            }
            if let Some(why) = self.obstacle(*point) {
                self.findings.skipped(*point, why);
                continue;
            }
            progress.begins((number + 1, total), *point);
            let outcome = self.attempt(*point).await;
            match outcome {
                Ok(sample) => {
                    progress.ends((number + 1, total), *point, &sample);
                    self.findings.measured(*point, sample);
                }
                Err(Unmeasured::Late) => self.findings.skipped(*point, self.no_time()),
                // What works for none is no fact about a combination.
                Err(Unmeasured::Here(failure)) if self.findings.samples().is_empty() => {
                    return Err(failure);
                }
                Err(Unmeasured::Anywhere(failure)) => return Err(failure),
                Err(Unmeasured::Here(failure)) => {
                    self.findings.failed(*point, in_a_line(&failure));
                }
            }
        }
        Ok(())
    }

    /// One combination, within the time that is left. No server runs afterwards.
    async fn attempt(&mut self, point: Point) -> Result<Sample, Unmeasured> {
        let began = Instant::now();
        let left = self.bounds.max_time.saturating_sub(self.began.elapsed());
        let outcome = tokio::time::timeout(left, self.one(point)).await;
        self.stop().await;
        self.longest = self.longest.max(began.elapsed());
        outcome.unwrap_or(Err(Unmeasured::Late))
    }

    /// Starts a server and measures it. The server still runs afterwards.
    async fn one(&mut self, point: Point) -> Result<Sample, Unmeasured> {
        let (server, ready) = Server::start(&self.recipe, point)?;
        let server = self.server.insert(server);
        let address = server.wait_ready(ready).await?;
        measure(server, address, &self.questions).await
    }

    /// The bound of memory, in bytes.
    pub(super) fn memory_limit(&self) -> u64 {
        self.bounds.memory
    }

    /// Stops the server that runs, if one does.
    pub(super) async fn stop(&mut self) {
        if let Some(server) = self.server.as_mut() {
            server.stop().await;
        }
        self.server = None;
    }

    /// How long so many measurements will take.
    fn expected_time(&self, total: usize) -> Duration {
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        self.longest.saturating_mul(total).min(self.bounds.max_time)
    }

    fn no_time(&self) -> String {
        format!("no time is left of {} (--max-time)", span(self.bounds.max_time))
    }

    /// Why a combination should not even be tried.
    fn obstacle(&self, point: Point) -> Option<String> {
        if self.began.elapsed() + self.longest > self.bounds.max_time {
            return Some(self.no_time());
        }
        let measured = self.findings.samples().iter().filter(|(of, _)| of.threads == point.threads);
        let known = measured.map(|(of, sample)| (*of, sample.memory));
        let needed = expected_memory(known, point)?;
        (needed > self.bounds.memory).then(|| {
            format!(
                "it may need {}, which is more than {}",
                bytes(needed),
                bytes(self.bounds.memory)
            )
        })
    }
}

/// A failure with the last that the server said of it.
fn in_a_line(failure: &Failure) -> String {
    let said = failure.detail.as_deref().unwrap_or_default();
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| line.trim().chars().take(MOST_SAID).collect::<String>());
    last.map_or_else(|| failure.message.clone(), |last| format!("{}: {last}", failure.message))
}

/// What a combination may need at most, from the nearest smaller one: what workers share is counted
/// once more for each.
fn expected_memory(known: impl Iterator<Item = (Point, u64)>, point: Point) -> Option<u64> {
    let smaller = known.filter(|(of, _)| of.workers < point.workers);
    let (nearest, memory) = smaller.max_by_key(|(of, _)| of.workers)?;
    Some(memory / u64::from(nearest.workers.max(1)) * u64::from(point.workers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_becomes_one_line() {
        let failure = Failure::new(crate::failure::FailureKind::WorkerBoot, "it does not start");
        assert_eq!(in_a_line(&failure), "it does not start");
        let failure = failure.detail("first\n  too many connections\n\n");
        assert_eq!(in_a_line(&failure), "it does not start: too many connections");
    }

    #[test]
    fn memory_is_expected_to_grow_with_the_workers() {
        let point = |workers| Point { workers, threads: None };
        let known = [(point(1), 50), (point(4), 120)];
        assert_eq!(expected_memory(known.into_iter(), point(8)), Some(240));
        assert_eq!(expected_memory(known.into_iter(), point(2)), Some(100));
        assert_eq!(expected_memory(known.into_iter(), point(1)), None);
    }
}
