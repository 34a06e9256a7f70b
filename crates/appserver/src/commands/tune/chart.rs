//! Throughput, p99 and memory as bars, each column of bars with a scale of its own from zero.

use super::grid::Point;
use super::recommend::Outcome;
use super::terminal::Look;
use super::units::{bytes, latency, rate};

/// Between columns.
const GAP: usize = 2;
/// Parts of a full block, from an eighth to the whole.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// What is drawn, with what makes a figure a text.
struct Column {
    name: &'static str,
    values: Vec<f64>,
    longest: String,
}

/// A line for each combination, below a head that says what the longest bars stand for.
pub(super) fn chart(outcomes: &[Outcome], chosen: Option<Point>, look: Look) -> String {
    let columns = columns(outcomes);
    let label = outcomes.iter().map(|outcome| label(outcome.point).len()).max().unwrap_or(0) + 2;
    let room = look.width.saturating_sub(label + GAP * columns.len());
    let width = (room / columns.len().max(1)).max(1);
    let gap = " ".repeat(GAP);
    let heads = columns.iter().map(|column| {
        let text = format!("{} (max {})", column.name, column.longest);
        format!("{gap}{:<width$}", text.chars().take(width).collect::<String>())
    });
    let mut lines = vec![format!("{:label$}{}", "", heads.collect::<String>())];
    for (index, outcome) in outcomes.iter().enumerate() {
        let mark = if Some(outcome.point) == chosen { "> " } else { "  " };
        let name = format!("{mark}{}", self::label(outcome.point));
        let bars = columns.iter().map(|column| {
            let value = column.values.get(index).copied().unwrap_or_default();
            let most = column.values.iter().copied().fold(0.0, f64::max);
            format!("{gap}{:<width$}", bar(value, most, (width, look.unicode)))
        });
        lines.push(format!("{name:<label$}{}", bars.collect::<String>()));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn columns(outcomes: &[Outcome]) -> [Column; 3] {
    let most = |value: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(value).fold(0.0, f64::max);
    let p99 = outcomes.iter().map(|outcome| outcome.p99).max().unwrap_or_default();
    let memory = outcomes.iter().map(|outcome| outcome.memory).max().unwrap_or_default();
    let values = |value: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(value).collect();
    [
        Column {
            name: "throughput",
            values: values(&|outcome| outcome.throughput),
            longest: rate(most(&|outcome| outcome.throughput)),
        },
        Column {
            name: "p99",
            values: values(&|outcome| outcome.p99.as_secs_f64()),
            longest: latency(p99),
        },
        Column {
            name: "memory",
            values: values(&|outcome| outcome.memory as f64),
            longest: bytes(memory),
        },
    ]
}

fn label(point: Point) -> String {
    match point.threads {
        Some(threads) => format!("{}x{threads}", point.workers),
        None => point.workers.to_string(),
    }
}

/// A bar of this share of the width. What is not zero is seen.
fn bar(value: f64, most: f64, (width, unicode): (usize, bool)) -> String {
    if most <= 0.0 || value <= 0.0 {
        return String::new();
    }
    let steps = if unicode { width * EIGHTHS.len() } else { width };
    // Neither is negative, and a width is small.
    let length = ((value / most * steps as f64).round() as usize).clamp(1, steps);
    if !unicode {
        return "#".repeat(length);
    }
    let (whole, part) = (length / EIGHTHS.len(), length % EIGHTHS.len());
    let part = part.checked_sub(1).and_then(|index| EIGHTHS.get(index));
    "█".repeat(whole).chars().chain(part.copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(workers: u32, throughput: f64) -> Outcome {
        Outcome {
            point: Point { workers, threads: Some(1) },
            throughput,
            range: (throughput, throughput),
            p50: Duration::from_millis(1),
            p99: Duration::from_millis(u64::from(workers)),
            memory: 1 << 20,
            cpu: Duration::from_micros(1),
            errors: 0,
            rounds: 1,
        }
    }

    fn look(width: usize, unicode: bool) -> Look {
        Look { width, unicode, bold: false }
    }

    #[test]
    fn bars_are_shares_of_the_longest() {
        assert_eq!(bar(50.0, 100.0, (10, false)), "#####");
        assert_eq!(bar(100.0, 100.0, (3, true)), "███");
        assert_eq!(bar(50.0, 100.0, (3, true)), "█▌");
        assert_eq!(bar(0.001, 100.0, (10, false)), "#");
        assert_eq!(bar(0.0, 100.0, (10, false)), "");
        assert_eq!(bar(0.0, 0.0, (10, true)), "");
    }

    #[test]
    fn a_chart_is_never_wider_than_the_terminal() {
        let outcomes = [outcome(1, 100.0), outcome(16, 1600.0)];
        for width in [40, 61, 80, 140] {
            for unicode in [true, false] {
                let chart = chart(&outcomes, Some(outcomes[0].point), look(width, unicode));
                assert_eq!(chart.lines().count(), 3);
                for line in chart.lines() {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn the_head_names_the_scales() {
        let chart = chart(&[outcome(2, 100.0)], None, look(100, false));
        let head = chart.lines().next().unwrap();
        for text in ["throughput (max 100/s)", "p99 (max 2.00 ms)", "memory (max 1.00 MiB)"] {
            assert!(head.contains(text), "{head}");
        }
        assert!(chart.is_ascii());
    }
}
