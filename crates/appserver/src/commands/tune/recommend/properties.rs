//! What holds of every recommendation, whatever was measured.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const LIMIT: u64 = 500 << 20;

prop_compose! {
    fn outcome()(
        (workers, threads) in (1..6_u32, 1..5_u32),
        throughput in prop_oneof![Just(0.0), 1.0..2000.0_f64],
        (p99, memory) in (1..500_u64, 1..1000_u64),
        errors in prop_oneof![4 => Just(0_u64), 1 => 1..9_u64],
    ) -> Outcome {
        let time = Duration::from_millis(p99);
        Outcome {
            point: Point { workers, threads: Some(threads) },
            throughput,
            range: (throughput, throughput),
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

proptest! {
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
