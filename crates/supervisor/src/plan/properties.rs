//! The plan against random worlds: whatever happens in whatever order, its promises hold.

mod world;

use proptest::prelude::*;

use world::{Step, World};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

/// What can happen while nobody's code is at fault.
fn peaceful() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(Step::MoldLoads),
        6 => any::<u8>().prop_map(Step::MoldForks),
        6 => any::<u8>().prop_map(Step::WorkerReady),
        6 => any::<u8>().prop_map(Step::WorkerGoes),
        2 => any::<u8>().prop_map(Step::Recycle),
        1 => Just(Step::Reload { good: true }),
        1 => Just(Step::Reload { good: false }),
        1 => Just(Step::IncomingMoldFails),
        1 => Just(Step::CandidateFails),
        2 => (1..50_u16).prop_map(Step::Wait),
    ]
}

fn anything() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => peaceful(),
        2 => any::<u8>().prop_map(Step::MoldFails),
        1 => any::<u8>().prop_map(Step::MoldDies),
        1 => any::<u8>().prop_map(Step::ForkFails),
        2 => any::<u8>().prop_map(Step::WorkerFails),
        3 => any::<u8>().prop_map(Step::WorkerCrashes),
        1 => any::<u8>().prop_map(Step::WorkerStuck),
        1 => any::<u8>().prop_map(Step::UnknownPid),
        1 => (0..9_usize).prop_map(Step::Scale),
        2 => (0..20_000_u16).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn without_crashes_the_capacity_never_drops_and_one_process_is_extra(
        workers in 1..6_usize,
        steps in prop::collection::vec(peaceful(), 0..120),
    ) {
        let mut world = World::serving(workers);
        for step in steps {
            world.step(step);
            prop_assert!(world.serving_now() >= workers, "{world:#?}");
            prop_assert!(world.processes() <= workers + 1, "{world:#?}");
        }
        world.settle();
        world.assert_settled();
    }

    #[test]
    fn whatever_happened_the_wanted_workers_serve_once_it_is_over(
        workers in 1..6_usize,
        steps in prop::collection::vec(anything(), 0..120),
    ) {
        let mut world = World::new(workers);
        for step in steps {
            world.step(step);
        }
        world.settle();
        world.assert_settled();
    }

    #[test]
    fn a_stop_ends_everything_once(
        workers in 1..6_usize,
        before in prop::collection::vec(anything(), 0..80),
        quick in any::<bool>(),
        after in prop::collection::vec(anything(), 0..40),
    ) {
        let mut world = World::new(workers);
        for step in before {
            world.step(step);
        }
        world.step(Step::Stop { quick });
        for step in after {
            world.step(step);
        }
        world.settle();
        prop_assert!(world.has_ended(), "{world:#?}");
        world.assert_settled();
    }

    #[test]
    fn a_stop_ends_although_nothing_answers(
        workers in 1..6_usize,
        before in prop::collection::vec(anything(), 0..80),
        quick in any::<bool>(),
    ) {
        let mut world = World::new(workers);
        for step in before {
            world.step(step);
        }
        world.step(Step::Stop { quick });
        world.wait_only();
        prop_assert!(world.has_ended(), "{world:#?}");
    }
}

/// A booting worker of the old generation is sent away while the mold still owes another.
#[test]
fn nothing_waits_for_an_event_that_means_nothing() {
    let mut world = World::new(2);
    for step in [
        Step::Reload { good: true },
        Step::MoldLoads(0),
        Step::MoldLoads(0),
        Step::MoldForks(158),
        Step::MoldForks(19),
        Step::WorkerReady(109),
        Step::UnknownPid(0),
    ] {
        world.step(step);
    }
}
