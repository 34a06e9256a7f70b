//! What a worker writes into its slot, read back.

use crate::{BUCKETS, Scoreboard, WorkerState, bucket_bound_ns};

fn board() -> Scoreboard {
    Scoreboard::create(2).unwrap()
}

#[test]
fn a_fresh_slot_is_empty() {
    let report = board().slot(1).read();
    assert_eq!((report.slot, report.pid, report.state), (1, 0, WorkerState::Empty));
    assert!(report.oldest.is_none());
}

#[test]
fn a_running_request_shows_its_line() {
    let slot = board().slot(0);
    slot.occupy(42, 3, 1_000);
    slot.request_started(7_000, "GET", "/slow/?seconds=1");
    let report = slot.read();
    assert_eq!(report.oldest, Some((7_000, "GET /slow/?seconds=1".to_owned())));
    assert_eq!(report.in_flight, 1);
    slot.request_finished(200, 5);
    assert!(slot.read().oldest.is_none());
    assert_eq!(slot.read().in_flight, 0);
}

#[test]
fn a_long_line_is_cut_and_a_short_one_after_it_is_whole() {
    let slot = board().slot(0);
    slot.request_started(1, "GET", &format!("/{}", "x".repeat(500)));
    assert_eq!(slot.read().oldest.unwrap().1.len(), 128);
    slot.request_started(1, "GET", "/");
    assert_eq!(slot.read().oldest.unwrap().1, "GET /");
}

#[test]
fn counters_survive_the_next_worker_and_gauges_do_not() {
    let slot = board().slot(0);
    slot.occupy(42, 1, 0);
    slot.connection_opened();
    slot.request_started(1, "GET", "/");
    slot.request_finished(503, 1);
    slot.request_started(2, "GET", "/");
    slot.vacate();
    slot.occupy(43, 2, 9);
    let report = slot.read();
    assert_eq!(
        (report.pid, report.generation, report.in_flight, report.connections),
        (43, 2, 0, 0)
    );
    assert_eq!((report.requests(), report.requests_of_class(5), report.accepted), (1, 1, 1));
}

#[test]
fn a_duration_lands_under_the_bound_of_its_bucket() {
    for nanos in [0, 1, 65_535, 65_536, 1_000_000, 90_000_000, u64::MAX] {
        let slot = board().slot(0);
        slot.request_finished(200, nanos);
        let row = slot.read().latency[1];
        let bucket = row.iter().position(|count| *count == 1).unwrap();
        assert!(bucket_bound_ns(bucket).is_none_or(|bound| nanos < bound), "{nanos}");
        assert!(bucket == 0 || bucket_bound_ns(bucket - 1).unwrap() <= nanos, "{nanos}");
    }
    assert_eq!(bucket_bound_ns(BUCKETS - 1), None);
}

#[test]
fn two_handles_see_the_same_memory() {
    use std::os::fd::AsFd;
    let board = board();
    let other = Scoreboard::open(board.as_fd().try_clone_to_owned().unwrap()).unwrap();
    board.slot(1).occupy(7, 1, 0);
    assert_eq!(other.slot(1).read().pid, 7);
    assert_eq!(other.slots(), 2);
}

#[test]
fn siblings_are_those_that_somebody_had() {
    let board = Scoreboard::create(3).unwrap();
    (0..2).for_each(|index| board.slot(index).occupy(7, 1, 0));
    board.slot(0).vacate();
    let siblings = (0..4).filter_map(|index| board.slot(1).sibling(index));
    assert_eq!(siblings.map(|slot| slot.index()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn whoever_accepts_has_a_load() {
    let board = board();
    let slot = board.slot(1);
    slot.occupy(7, 1, 0);
    assert_eq!(slot.load(), None);
    slot.set_state(WorkerState::Ready);
    slot.connection_opened();
    slot.request_started(1, "GET", "/");
    let load = slot.load().unwrap();
    assert_eq!((load.connections, load.in_flight, load.accepted), (1, 1, 1));
    slot.set_state(WorkerState::Draining);
    assert_eq!(slot.load(), None);
}
