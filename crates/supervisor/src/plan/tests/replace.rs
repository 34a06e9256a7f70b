//! Workers that are replaced while the server serves: recycled, stuck, scaled.

use super::*;
use crate::report::RecycleReason;

fn recycle(rig: &mut Rig, pid: Pid, reason: RecycleReason) -> Vec<Action> {
    rig.on(Event::Recycle { pid, reason })
}

#[test]
fn a_recycled_worker_goes_only_when_its_replacement_serves() {
    let mut rig = Rig::serving(2);
    assert_eq!(recycle(&mut rig, 100, RecycleReason::MaxRequests), [fork(1, 2)]);
    let (new, _) = rig.fork_one();
    assert_eq!(rig.ready(new), [signal(100, Kill::Drain)]);
    assert_eq!(rig.exit(100), [vacate(100, 0)]);
    assert!(rig.plan.is_ready() && !rig.plan.is_reloading());
}

#[test]
fn several_recycled_workers_go_one_after_the_other() {
    let mut rig = Rig::serving(3);
    for pid in 100..103 {
        recycle(&mut rig, pid, RecycleReason::Age);
    }
    for old in 100..103 {
        assert_eq!(rig.orders.len(), 1);
        let (new, _) = rig.fork_one();
        assert_eq!(rig.ready(new), [signal(old, Kill::Drain)]);
        rig.exit(old);
    }
    assert_eq!(rig.orders, []);
}

#[test]
fn a_worker_is_recycled_once() {
    let mut rig = Rig::serving(1);
    recycle(&mut rig, 100, RecycleReason::Memory);
    assert_eq!(recycle(&mut rig, 100, RecycleReason::Age), []);
}

#[test]
fn a_worker_with_a_request_that_runs_too_long_says_where_it_is() {
    let mut rig = Rig::serving(1);
    let actions = recycle(&mut rig, 100, RecycleReason::RequestTimeout);
    assert_eq!(actions, [signal(100, Kill::Dump), fork(1, 1)]);
    // Said once is enough.
    assert_eq!(recycle(&mut rig, 100, RecycleReason::RequestTimeout), []);
}

#[test]
fn a_recycled_worker_that_dies_first_is_replaced_by_the_one_on_its_way() {
    let mut rig = Rig::serving(1);
    recycle(&mut rig, 100, RecycleReason::MaxRequests);
    assert_eq!(rig.crash(100), [vacate(100, 0)]);
    let (new, _) = rig.fork_one();
    assert_eq!(rig.ready(new), []);
    assert!(rig.plan.is_ready());
}

#[test]
fn a_stuck_worker_is_replaced_at_once_and_killed_if_it_does_not_die() {
    let mut rig = Rig::serving(2);
    let actions = rig.on(Event::Stuck { pid: 101, detail: "GET /slow".to_owned() });
    assert_eq!(actions, [signal(101, Kill::Abort), fork(1, 2)]);
    assert!(rig.logged(Level::Error, "stuck: GET /slow"));
    rig.fork_all();
    assert_eq!(rig.wait(2 * SECOND), [signal(101, Kill::Kill)]);
    assert_eq!(rig.crash(101), [vacate(101, 1)]);
    assert_eq!(rig.orders, []);
}

#[test]
fn scaling_up_forks_what_is_missing() {
    let mut rig = Rig::serving(1);
    assert_eq!(rig.on(Event::Scale { workers: 3 }), [fork(1, 1), fork(1, 2)]);
    assert_eq!(rig.plan.wanted(), 3);
}

#[test]
fn scaling_down_sends_the_oldest_away() {
    let mut rig = Rig::serving(3);
    let actions = rig.on(Event::Scale { workers: 1 });
    assert_eq!(actions, [signal(100, Kill::Drain), signal(101, Kill::Drain)]);
    assert!(rig.plan.is_ready());
}

#[test]
fn scaling_down_prefers_those_that_do_not_serve_yet() {
    let mut rig = Rig::serving(1);
    rig.on(Event::Scale { workers: 2 });
    let (new, _) = rig.fork_one();
    assert_eq!(rig.on(Event::Scale { workers: 1 }), [signal(new, Kill::Drain)]);
}

#[test]
fn at_least_one_worker_stays() {
    let mut rig = Rig::serving(1);
    assert_eq!(rig.on(Event::Scale { workers: 0 }), []);
    assert_eq!(rig.plan.wanted(), 1);
}

#[test]
fn a_drain_that_takes_too_long_is_cut() {
    let mut rig = Rig::serving(2);
    rig.on(Event::Scale { workers: 1 });
    assert_eq!(rig.wait(GRACEFUL_TIMEOUT - 1), []);
    assert_eq!(rig.wait(1), [signal(100, Kill::Kill)]);
}

#[test]
fn when_every_slot_is_taken_forks_wait_for_a_free_one() {
    let most = crate::plan::MAX_WORKERS;
    let mut rig = Rig::serving(most);
    let workers: Vec<Pid> = rig.plan.workers().map(|worker| worker.pid).collect();
    for pid in &workers {
        rig.on(Event::Stuck { pid: *pid, detail: String::new() });
    }
    rig.fork_all();
    let new: Vec<Pid> = rig.plan.workers().map(|worker| worker.pid).skip(most).collect();
    for pid in &new {
        rig.ready(*pid);
        rig.on(Event::Stuck { pid: *pid, detail: String::new() });
    }
    assert_eq!(rig.orders, []);
    assert_eq!(rig.crash(100), [vacate(100, 0), fork(1, 0)]);
}
