//! What is recommended for figures of known kinds of apps.

use super::*;

const MIB: u64 = 1 << 20;

/// Workers, threads, answers per second, p99 in milliseconds, MiB.
fn outcomes(rows: &[(u32, u32, f64, u64, u64)]) -> Vec<Outcome> {
    let outcome =
        |&(workers, threads, throughput, p99, memory): &(u32, u32, f64, u64, u64)| Outcome {
            point: Point { workers, threads: Some(threads) },
            throughput,
            range: (throughput, throughput),
            p50: Duration::from_millis(p99 / 2),
            p99: Duration::from_millis(p99),
            memory: memory * MIB,
            cpu: Duration::from_micros(500),
            errors: 0,
            rounds: 1,
        };
    rows.iter().map(outcome).collect()
}

fn chosen(outcomes: &[Outcome], limit: u64) -> Option<(u32, u32)> {
    let choice = recommend(outcomes, limit * MIB)?;
    Some((choice.point.workers, choice.point.threads.unwrap_or(0)))
}

#[test]
fn each_kind_of_app_gets_what_it_needs() {
    for (kind, rows, expected) in [
        (
            "computes: one thread per CPU is as fast as many",
            &[
                (1, 1, 500.0, 60, 50),
                (2, 1, 980.0, 33, 80),
                (2, 4, 990.0, 35, 84),
                (4, 1, 1000.0, 32, 140),
            ][..],
            (2, 1),
        ),
        (
            "waits: threads are cheaper than workers",
            &[
                (1, 1, 20.0, 1600, 50),
                (1, 8, 160.0, 205, 55),
                (4, 1, 80.0, 410, 140),
                (8, 1, 160.0, 204, 250),
            ],
            (1, 8),
        ),
        (
            "nearly the same throughput, but some requests wait long",
            &[(1, 8, 970.0, 90, 60), (2, 4, 1000.0, 40, 90), (4, 2, 990.0, 41, 150)],
            (2, 4),
        ),
        ("more of everything is slower", &[(1, 1, 900.0, 40, 50), (2, 1, 700.0, 50, 80)], (1, 1)),
        (
            "the same memory, but for noise: the fewest processes and threads",
            &[(1, 8, 1000.0, 40, 100), (1, 4, 990.0, 40, 101), (2, 4, 1000.0, 40, 102)],
            (1, 4),
        ),
    ] {
        assert_eq!(chosen(&outcomes(rows), 10_000), Some(expected), "{kind}");
    }
}

#[test]
fn what_failed_or_does_not_fit_is_never_recommended() {
    let mut all =
        outcomes(&[(1, 1, 500.0, 60, 50), (2, 1, 1000.0, 30, 80), (4, 1, 2000.0, 20, 140)]);
    assert_eq!(chosen(&all, 200), Some((4, 1)));
    assert_eq!(chosen(&all, 100), Some((2, 1)));
    all[1].errors = 1;
    assert_eq!(chosen(&all, 100), Some((1, 1)));
    all[0].throughput = 0.0;
    assert_eq!(chosen(&all, 100), None);
    assert_eq!(chosen(&[], 100), None);
}

#[test]
fn the_reason_has_the_figures() {
    let reason = |outcomes: &[Outcome]| recommend(outcomes, u64::MAX).unwrap().reason;
    let mut all = outcomes(&[(2, 4, 970.0, 40, 60), (4, 8, 1000.0, 41, 120)]);
    assert_eq!(
        reason(&all),
        "2 workers x 4 threads: 97 % of the throughput of 4 workers x 8 threads, which is the fastest \
         (970/s of 1000/s), with a p99 of 40.0 ms against 41.0 ms and 60.0 MiB against 120 MiB. One \
         round does not tell such a difference from noise; --rounds 3 may."
    );
    all[0].rounds = 3;
    all[1].rounds = 3;
    assert!(reason(&all).ends_with("120 MiB."));
    all[0].range = (900.0, 1010.0);
    assert!(reason(&all).ends_with("within the noise of the rounds."));
    assert_eq!(
        reason(&all[1..]),
        "4 workers x 8 threads: the highest throughput, 1000/s, with a p99 of 41.0 ms and 120 MiB."
    );
}

#[test]
fn a_smaller_one_that_may_be_as_fast_is_named() {
    let mut all =
        outcomes(&[(1, 2, 900.0, 40, 60), (2, 2, 1000.0, 40, 120), (4, 1, 990.0, 90, 100)]);
    let reason = |all: &[Outcome]| recommend(all, u64::MAX).unwrap().reason;
    all.iter_mut().for_each(|outcome| outcome.rounds = 3);
    assert!(reason(&all).ends_with("with a p99 of 40.0 ms and 120 MiB."), "{}", reason(&all));
    all[0].range = (600.0, 1005.0);
    assert!(
        reason(&all).ends_with(
            "Within the noise of the rounds, 1 worker x 2 threads with 60.0 MiB may be as fast."
        ),
        "{}",
        reason(&all)
    );
}
