//! What holds of every recommendation, whatever was measured.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::commands::tune::findings::Findings;
use crate::commands::tune::load::{Report, Tally};
use crate::commands::tune::measure::Sample;
use crate::commands::tune::summary::outcomes;

const LIMIT: u64 = 500 << 20;

prop_compose! {
    /// Of few values, so that outcomes are near each other.
    fn outcome()(
        (workers, threads) in (1..6_u32, 1..5_u32),
        throughput in prop_oneof![1 => Just(0_u32), 9 => 1..6_u32, 9 => 97..101_u32],
        p99 in 1..6_u64,
        memory in (1..7_u64, 0..3_u64).prop_map(|(hundreds, more)| hundreds * 100 + more),
        errors in prop_oneof![4 => Just(0_u64), 1 => 1..9_u64],
    ) -> Outcome {
        let time = Duration::from_millis(p99);
        Outcome {
            point: Point { workers, threads: Some(threads) },
            throughput: throughput.into(),
            range: (throughput.into(), throughput.into()),
            p50: time,
            p99: time,
            memory: memory << 20,
            cpu: time,
            errors,
            rounds: 1,
        }
    }
}

/// Any measurement: each combination once, in the order of the combinations.
fn measured() -> impl Strategy<Value = Vec<Outcome>> {
    vec(outcome(), 0..20).prop_map(|mut all| {
        all.sort_by_key(|outcome| outcome.point);
        all.dedup_by_key(|outcome| outcome.point);
        all
    })
}

/// What one round has come to.
#[derive(Clone, Debug)]
enum Round {
    /// Answers, errors, and MiB.
    Measured(u64, u64, u64),
    /// It did not work.
    Failed,
    /// There was no time or memory for it.
    Skipped,
}

fn round() -> impl Strategy<Value = Round> {
    prop_oneof![
        8 => (1..2000_u64, prop_oneof![6 => Just(0_u64), 1 => 1..9_u64], 1..600_u64)
            .prop_map(|(answers, errors, memory)| Round::Measured(answers, errors, memory)),
        1 => Just(Round::Failed),
        1 => Just(Round::Skipped),
    ]
}

fn sample(answers: u64, errors: u64, memory: u64) -> Sample {
    let statuses = [(200, answers), (500, errors)].into();
    let tally = Tally { statuses, ..Tally::default() };
    let (span, cpu) = (Duration::from_secs(1), Duration::ZERO);
    let report = Report { tally, span, busy: 0.0, held_up: 0.0, cpu };
    Sample { report, cpu, memory: memory << 20, shares: Vec::new(), redirects: Vec::new() }
}

/// What a session makes of this: each combination with its rounds, one round after the other.
fn findings(plan: &[Vec<Round>]) -> Findings {
    let mut findings = Findings::default();
    for number in 0..plan.iter().map(Vec::len).max().unwrap_or(0) {
        for (workers, rounds) in (1..).zip(plan) {
            let point = Point { workers, threads: None };
            match rounds.get(number) {
                None => {}
                Some(_) if findings.has_left_out(point) => {}
                Some(Round::Measured(answers, errors, memory)) => {
                    findings.measured(point, sample(*answers, *errors, *memory));
                }
                Some(Round::Failed) => findings.failed(point, "it fails".to_owned()),
                Some(Round::Skipped) => findings.skipped(point, "no time".to_owned()),
            }
        }
    }
    findings
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// One bad round is enough.
    #[test]
    fn what_failed_in_any_round_is_never_recommended(plan in vec(vec(round(), 1..4), 0..6)) {
        let findings = findings(&plan);
        if let Some(choice) = recommend(&outcomes(findings.samples()), LIMIT) {
            let rounds = &plan[choice.point.workers as usize - 1];
            let tried = rounds.iter().take_while(|round| !matches!(round, Round::Skipped));
            let mut count = 0;
            for round in tried {
                let is_good = match round {
                    Round::Measured(_, errors, memory) => *errors == 0 && memory << 20 <= LIMIT,
                    _ => false,
                };
                prop_assert!(is_good, "{rounds:?}");
                count += 1;
            }
            prop_assert!(count > 0, "{rounds:?}");
        }
    }

    #[test]
    fn nothing_is_better_in_every_respect(all in measured()) {
        if let Some(choice) = recommend(&all, LIMIT) {
            let chosen = all.iter().find(|outcome| outcome.point == choice.point).unwrap();
            for other in all.iter().filter(|other| other.errors == 0 && other.point != chosen.point) {
                let is_better = other.throughput >= chosen.throughput
                    && other.p99 <= chosen.p99
                    && other.memory <= chosen.memory
                    && other.point.workers <= chosen.point.workers
                    && other.point.threads <= chosen.point.threads;
                prop_assert!(!is_better, "{other:?} rather than {chosen:?}");
            }
        }
    }

    #[test]
    fn only_what_works_and_fits_is_recommended(all in measured()) {
        let fit = |outcome: &&Outcome| {
            outcome.errors == 0 && outcome.memory <= LIMIT && outcome.throughput > 0.0
        };
        let best = all.iter().filter(fit).map(|outcome| outcome.throughput).fold(0.0, f64::max);
        match recommend(&all, LIMIT) {
            None => prop_assert!(all.iter().filter(fit).count() == 0),
            Some(choice) => {
                let chosen = all.iter().find(|outcome| outcome.point == choice.point).unwrap();
                prop_assert!(fit(&chosen));
                prop_assert!(chosen.throughput >= best * ENOUGH);
                let rivals = all.iter().filter(fit).filter(|outcome| {
                    outcome.throughput >= best * ENOUGH && outcome.p99 <= chosen.p99
                });
                for rival in rivals {
                    prop_assert!(chosen.memory as f64 <= rival.memory as f64 * SAME_MEMORY);
                }
            }
        }
    }

    #[test]
    fn the_order_does_not_matter(all in measured(), turn in 0..20_usize) {
        let mut other = all.clone();
        if !other.is_empty() {
            let turn = turn % other.len();
            other.rotate_left(turn);
        }
        prop_assert_eq!(recommend(&all, LIMIT), recommend(&other, LIMIT));
        other.reverse();
        prop_assert_eq!(recommend(&all, LIMIT), recommend(&other, LIMIT));
    }
}
