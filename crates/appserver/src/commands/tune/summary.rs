//! From measurements to figures of each combination, and what should be known of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::grid::Point;
use super::load::Tally;
use super::measure::Sample;
use super::recommend::Outcome;

/// From this share of a CPU on, a thread of the load is too slow for the server.
const BUSY: f64 = 0.9;
/// From this share of the time on, waiting for a CPU makes the load slower than it should be.
const HELD_UP: f64 = 0.2;
/// From here on work is shared out badly: how often its fair share the busiest worker had.
const UNFAIR: f64 = 1.5;
/// From here on rounds tell little: how often the lowest throughput is in the highest.
const UNSTEADY: f64 = 1.3;

/// The figures of each combination, in the order of the combinations.
pub(super) fn outcomes(samples: &[(Point, Sample)]) -> Vec<Outcome> {
    let mut by_point: BTreeMap<Point, Vec<&Sample>> = BTreeMap::new();
    for (point, sample) in samples {
        by_point.entry(*point).or_default().push(sample);
    }
    by_point.into_iter().map(|(point, samples)| outcome(point, &samples)).collect()
}

fn outcome(point: Point, samples: &[&Sample]) -> Outcome {
    let mut rates: Vec<f64> = samples.iter().map(|sample| rate(sample)).collect();
    rates.sort_by(f64::total_cmp);
    let mut tally = Tally::default();
    samples.iter().for_each(|sample| tally.add(&sample.report.tally));
    let cpu: Duration = samples.iter().map(|sample| sample.cpu).sum();
    Outcome {
        point,
        throughput: median(&rates),
        range: (
            rates.first().copied().unwrap_or_default(),
            rates.last().copied().unwrap_or_default(),
        ),
        p50: tally.percentile(50.0),
        p99: tally.percentile(99.0),
        memory: samples.iter().map(|sample| sample.memory).max().unwrap_or_default(),
        cpu: Duration::from_secs_f64(cpu.as_secs_f64() / tally.answers().max(1) as f64),
        errors: tally.errors(),
        rounds: samples.len(),
    }
}

/// Answers per second.
pub(super) fn rate(sample: &Sample) -> f64 {
    let seconds = sample.report.span.as_secs_f64();
    if seconds > 0.0 { sample.report.tally.answers() as f64 / seconds } else { 0.0 }
}

/// The middle of sorted numbers, or between the two in the middle.
fn median(sorted: &[f64]) -> f64 {
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => 0.0,
        (half, 0) => f64::midpoint(at(half - 1), at(half)),
        (half, _) => at(half),
    }
}

/// What should be known before the figures are believed, for a machine with so many CPUs.
pub(super) fn notes(samples: &[(Point, Sample)], cpus: u32) -> Vec<String> {
    let mut notes = Vec::new();
    let busiest = samples.iter().map(|(_, sample)| sample.report.busy).fold(0.0, f64::max);
    if busiest >= BUSY {
        notes.push(format!(
            "the load itself was the bottleneck (it used {:.0} % of its CPU): the server can do more \
             than these figures",
            busiest * 100.0
        ));
    }
    let held_up = samples.iter().map(|(_, sample)| sample.report.held_up).fold(0.0, f64::max);
    if held_up >= HELD_UP {
        let share = samples.iter().map(|(_, sample)| load_share(sample)).fold(0.0, f64::max);
        let among = if cpus == 1 { "the only CPU".to_owned() } else { format!("the {cpus} CPUs") };
        notes.push(format!(
            "the load had to wait for {among} up to {:.0} % of the time, because the server or other \
             programs had them, and took up to {:.0} % of the CPU time of both: with clients elsewhere \
             the server can do more",
            held_up * 100.0,
            share * 100.0
        ));
    }
    notes.extend(unfairness(samples));
    notes.extend(spread(&outcomes(samples)));
    let redirects: BTreeSet<String> = samples
        .iter()
        .flat_map(|(_, sample)| sample.redirects.iter().map(super::probe::Redirect::note))
        .collect();
    notes.extend(redirects);
    notes.extend(troubles(samples));
    notes
}

/// Whether the workers had about the same to do. The worst measurement is told.
fn unfairness(samples: &[(Point, Sample)]) -> Option<String> {
    let shares = samples.iter().filter_map(|(point, sample)| {
        let most = *sample.shares.iter().max()?;
        let share = most as f64 / (sample.shares.iter().sum::<u64>().max(1)) as f64;
        Some((point, share, share * sample.shares.len() as f64))
    });
    let (point, share, _) = shares
        .max_by(|(.., one), (.., other)| one.total_cmp(other))
        .filter(|(.., times)| *times >= UNFAIR)?;
    Some(format!(
        "one worker of {point} answered {:.0} % of the requests: a connection that is kept stays with the \
         worker that has accepted it, and figures like this one are too low; --rounds 3 tells how much \
         is chance",
        share * 100.0
    ))
}

/// Whether rounds agree on what a combination can do.
fn spread(outcomes: &[Outcome]) -> Option<String> {
    let times = |outcome: &Outcome| outcome.range.1 / outcome.range.0.max(f64::MIN_POSITIVE);
    let measured = outcomes.iter().filter(|outcome| outcome.range.0 > 0.0);
    let worst = measured.max_by(|one, other| times(one).total_cmp(&times(other)))?;
    (times(worst) >= UNSTEADY).then(|| {
        format!(
            "the rounds of {} differ {:.1} times: something else uses this machine, or the app is \
             unsteady; the recommendation may be chance",
            worst.point,
            times(worst)
        )
    })
}

/// The share of what both have used that was the load's.
fn load_share(sample: &Sample) -> f64 {
    share(sample.report.cpu, sample.cpu + sample.report.cpu)
}

fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}

/// What went wrong, each kind once with the combination that it happened to first.
fn troubles(samples: &[(Point, Sample)]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut notes = Vec::new();
    for (point, sample) in samples {
        let tally = &sample.report.tally;
        let statuses = tally.statuses.iter().filter(|(status, _)| **status >= 400);
        let statuses = statuses.map(|(status, count)| (format!("status {status}"), count));
        let broken = tally.troubles.iter().map(|(why, count)| (why.clone(), count));
        for (what, count) in statuses.chain(broken) {
            if seen.insert(what.clone()) {
                notes.push(format!("{point}: {count} times {what}"));
            }
        }
        if tally.answers() == 0 {
            notes.push(format!(
                "{point}: no request was answered in time; a longer --duration or fewer --connections may help"
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tune::load::Report;

    const SECOND: Duration = Duration::from_secs(1);

    /// So many answers, and milliseconds of CPU time for the server and the load.
    fn sample(answers: u64, (server, load): (u64, u64)) -> Sample {
        let tally = Tally { statuses: [(200, answers)].into(), ..Tally::default() };
        let load = Duration::from_millis(load);
        Sample {
            report: Report {
                tally,
                span: SECOND,
                busy: load.as_secs_f64(),
                held_up: 0.0,
                cpu: load,
            },
            cpu: Duration::from_millis(server),
            memory: answers,
            shares: Vec::new(),
            redirects: Vec::new(),
        }
    }

    const ONE: Point = Point { workers: 1, threads: None };
    const TWO: Point = Point { workers: 2, threads: None };

    #[test]
    fn rounds_become_one_figure() {
        let samples = [
            (TWO, sample(200, (100, 0))),
            (ONE, sample(100, (100, 0))),
            (TWO, sample(260, (100, 0))),
            (TWO, sample(210, (130, 0))),
        ];
        let outcomes = outcomes(&samples);
        assert_eq!(outcomes.iter().map(|outcome| outcome.point).collect::<Vec<_>>(), [ONE, TWO]);
        let two = &outcomes[1];
        assert_eq!((two.throughput, two.range, two.rounds), (210.0, (200.0, 260.0), 3));
        assert_eq!(two.memory, 260);
        assert_eq!(two.cpu, Duration::from_millis(330) / 670);
    }

    #[test]
    fn medians() {
        for (numbers, expected) in
            [(&[][..], 0.0), (&[3.0], 3.0), (&[1.0, 2.0], 1.5), (&[1.0, 2.0, 9.0], 2.0)]
        {
            assert_eq!(median(numbers), expected);
        }
    }

    #[test]
    fn a_load_that_disturbs_is_told() {
        let told = |load, held_up| {
            let mut sample = sample(10, (1500, load));
            sample.report.held_up = held_up;
            notes(&[(ONE, sample)], 2).join("\n")
        };
        assert_eq!(told(100, 0.1), "");
        assert!(told(500, 0.3).contains("wait for the 2 CPUs up to 30 % of the time"));
        assert!(told(500, 0.3).contains("took up to 25 % of the CPU time"));
        assert!(told(950, 0.0).contains("the load itself was the bottleneck"));
    }

    #[test]
    fn rounds_that_disagree_are_told() {
        let told =
            |one, other| notes(&[(ONE, sample(one, (1, 1))), (ONE, sample(other, (1, 1)))], 2);
        assert!(told(100, 110).is_empty());
        assert!(told(200, 100)[0].starts_with("the rounds of 1 worker differ 2.0 times"));
    }

    #[test]
    fn work_that_is_shared_out_badly_is_told() {
        let told = |shares: &[u64]| {
            let sample = |shares: &[u64]| Sample { shares: shares.to_vec(), ..sample(9, (9, 0)) };
            notes(&[(ONE, sample(&[9])), (TWO, sample(shares))], 2).join("\n")
        };
        assert_eq!(told(&[]), "");
        assert_eq!(told(&[0, 0]), "");
        assert_eq!(told(&[6, 4]), "");
        assert!(told(&[9, 1]).starts_with("one worker of 2 workers answered 90 % of the requests"));
    }

    #[test]
    fn each_trouble_is_told_once() {
        let mut samples = [(ONE, sample(0, (0, 0))), (TWO, sample(1, (0, 0)))];
        for (_, sample) in &mut samples {
            sample.report.tally.troubles.insert("the connection broke".to_owned(), 3);
        }
        let notes = notes(&samples, 2);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert_eq!(notes[0], "1 worker: 3 times the connection broke");
        assert!(notes[1].contains("--duration"));
    }
}
