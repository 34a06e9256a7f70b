//! Figures in columns, for people.

use super::grid::Point;
use super::recommend::Outcome;
use super::terminal::Look;
use super::units::{bytes, figure, latency};

/// What marks the line of the recommended combination.
const MARK: &str = " <- recommended";

/// One line for each combination, below a head. Columns are as wide as they need to be.
pub(super) fn table(outcomes: &[Outcome], chosen: Option<Point>, look: Look) -> String {
    let has_threads = outcomes.iter().any(|outcome| outcome.point.threads.is_some());
    let has_rounds = outcomes.iter().any(|outcome| outcome.rounds > 1);
    let mut rows = vec![head(has_threads, has_rounds)];
    rows.extend(outcomes.iter().map(|outcome| row(outcome, has_threads, has_rounds)));
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let lines = rows.iter().enumerate().map(|(index, row)| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let outcome = index.checked_sub(1).and_then(|index| outcomes.get(index));
        match outcome.is_some_and(|outcome| Some(outcome.point) == chosen) {
            true => emphasized(&format!("{line}{MARK}"), look),
            false => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn emphasized(line: &str, look: Look) -> String {
    if look.bold { format!("\x1b[1m{line}\x1b[0m") } else { line.to_owned() }
}

fn head(has_threads: bool, has_rounds: bool) -> Vec<String> {
    let threads = has_threads.then_some("threads");
    let spread = has_rounds.then_some("lowest-highest");
    let names = [Some("workers"), threads, Some("requests/s"), spread];
    let rest = ["p50", "p99", "memory", "CPU/request", "errors"].map(Some);
    names.into_iter().chain(rest).flatten().map(str::to_owned).collect()
}

fn row(outcome: &Outcome, has_threads: bool, has_rounds: bool) -> Vec<String> {
    let threads = outcome.point.threads.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let (low, high) = outcome.range;
    let cells = [
        Some(outcome.point.workers.to_string()),
        has_threads.then_some(threads),
        Some(figure(outcome.throughput)),
        has_rounds.then(|| format!("{}-{}", figure(low), figure(high))),
        Some(latency(outcome.p50)),
        Some(latency(outcome.p99)),
        Some(bytes(outcome.memory)),
        Some(latency(outcome.cpu)),
        Some(outcome.errors.to_string()),
    ];
    cells.into_iter().flatten().collect()
}
