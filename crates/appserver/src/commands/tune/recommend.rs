//! Which combination to take, from what was measured. Pure: figures in, a choice out.
//!
//! The highest throughput is not enough, because the last percents are noise and may cost half of
//! the memory. Promises: never a combination that failed, never one above the limit of memory, and
//! the same answer for the same figures in whatever order they come.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::grid::Point;
use super::units::{bytes, latency, rate};

/// The share of the best throughput that is as good as the best.
const ENOUGH: f64 = 0.95;
/// How much longer than the best the slowest requests may take.
const SLOWER: f64 = 1.25;
/// How much more memory than the least counts as the same: less than what two runs differ by.
const SAME_MEMORY: f64 = 1.03;

/// What a combination came to, over all rounds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// Which one.
    pub(super) point: Point,
    /// Answers per second: the median of the rounds.
    pub(super) throughput: f64,
    /// The lowest and the highest of the rounds.
    pub(super) range: (f64, f64),
    /// The median and the time that one request in a hundred exceeds, over all rounds.
    pub(super) p50: Duration,
    /// See `p50`.
    pub(super) p99: Duration,
    /// Of all processes together, in bytes: the highest of the rounds.
    pub(super) memory: u64,
    /// CPU time of the server for one request.
    pub(super) cpu: Duration,
    /// Requests that got no answer, or an error.
    pub(super) errors: u64,
    /// How often it was measured.
    pub(super) rounds: usize,
}

/// What is recommended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    /// This one.
    pub(super) point: Point,
    /// Why, with figures.
    pub(super) reason: String,
}

/// The smallest combination that is nearly the fastest, and answers about as soon as any of those.
/// `limit` is in bytes. `None` where nothing is fit to be recommended.
pub(super) fn recommend(outcomes: &[Outcome], limit: u64) -> Option<Choice> {
    let fit: Vec<&Outcome> = outcomes.iter().filter(|outcome| is_fit(outcome, limit)).collect();
    let fastest = best(&fit)?;
    let near: Vec<&Outcome> =
        keep(&fit, |outcome| outcome.throughput >= fastest.throughput * ENOUGH);
    let soonest = near.iter().map(|outcome| outcome.p99).min()?;
    let prompt = keep(&near, |outcome| outcome.p99 <= soonest.mul_f64(SLOWER));
    let least = prompt.iter().map(|outcome| outcome.memory).min()?;
    let small = keep(&prompt, |outcome| outcome.memory as f64 <= least as f64 * SAME_MEMORY);
    // Of those that take the same memory, fewer processes and threads are easier to live with.
    let chosen = small.into_iter().min_by_key(|outcome| outcome.point)?;
    let mut reason = reason(chosen, fastest);
    reason.push_str(&doubt(chosen, &fit).unwrap_or_default());
    Some(Choice { point: chosen.point, reason })
}

fn is_fit(outcome: &Outcome, limit: u64) -> bool {
    outcome.errors == 0 && outcome.memory <= limit && outcome.throughput > 0.0
}

/// The fastest; of several the smallest.
fn best<'o>(fit: &[&'o Outcome]) -> Option<&'o Outcome> {
    let order = |one: &&&Outcome, other: &&&Outcome| {
        one.throughput.total_cmp(&other.throughput).then_with(|| other.point.cmp(&one.point))
    };
    fit.iter().max_by(order).copied()
}

fn keep<'o>(outcomes: &[&'o Outcome], is_kept: impl Fn(&Outcome) -> bool) -> Vec<&'o Outcome> {
    outcomes.iter().copied().filter(|outcome| is_kept(outcome)).collect()
}

fn reason(chosen: &Outcome, fastest: &Outcome) -> String {
    let (point, p99) = (chosen.point, latency(chosen.p99));
    if chosen.point == fastest.point {
        return format!(
            "{point}: the highest throughput, {}, with a p99 of {p99} and {}.",
            rate(chosen.throughput),
            bytes(chosen.memory)
        );
    }
    let share = percent(chosen.throughput, fastest.throughput);
    let mut text = format!(
        "{point}: {share} % of the throughput of {}, which is the fastest ({} of {}), with a p99 of \
         {p99} against {} and {} against {}.",
        fastest.point,
        rate(chosen.throughput),
        rate(fastest.throughput),
        latency(fastest.p99),
        bytes(chosen.memory),
        bytes(fastest.memory),
    );
    text.push_str(noise(chosen, fastest));
    text
}

/// Whether rounds tell the two apart.
fn noise(chosen: &Outcome, fastest: &Outcome) -> &'static str {
    let overlaps = chosen.range.1 >= fastest.range.0;
    match (chosen.rounds.min(fastest.rounds), overlaps) {
        (0 | 1, _) => " One round does not tell such a difference from noise; --rounds 3 may.",
        (_, true) => " The difference in throughput is within the noise of the rounds.",
        (_, false) => "",
    }
}

/// A combination that takes less memory, and that the rounds do not show to be slower.
fn doubt(chosen: &Outcome, fit: &[&Outcome]) -> Option<String> {
    let is_smaller = |outcome: &Outcome| outcome.memory as f64 * SAME_MEMORY < chosen.memory as f64;
    let may_be = |outcome: &Outcome| outcome.rounds > 1 && outcome.range.1 >= chosen.range.0;
    let rivals = keep(fit, |outcome| is_smaller(outcome) && may_be(outcome));
    let rival = best(&rivals)?;
    let (point, memory) = (rival.point, bytes(rival.memory));
    Some(format!(" Within the noise of the rounds, {point} with {memory} may be as fast."))
}

fn percent(part: f64, whole: f64) -> u32 {
    // Both are positive and the first is not the larger one.
    (part / whole * 100.0).floor() as u32
}
