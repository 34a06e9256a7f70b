//! Processes that end although nobody told them to.

use super::*;

/// Crashes the newest worker and makes its replacement ready; returns how long that had to wait.
fn crash_and_wait(rig: &mut Rig, pid: Pid) -> (Pid, Nanos) {
    rig.crash(pid);
    let before = rig.now;
    if rig.orders.is_empty() {
        rig.now = rig.plan.next_deadline().unwrap();
        rig.on(Event::Tick);
    }
    let (pid, _) = rig.fork_one();
    rig.ready(pid);
    (pid, rig.now - before)
}

#[test]
fn a_worker_that_dies_is_replaced_at_once_in_its_slot() {
    let mut rig = Rig::serving(2);
    assert_eq!(rig.crash(101), [vacate(101, 1), fork(1, 1)]);
    assert!(rig.logged(Level::Error, "worker 1 (pid 101) died: signal SIGKILL; replaced at once"));
    let (pid, _) = rig.fork_one();
    assert!(!rig.plan.is_ready());
    assert_eq!(rig.ready(pid), []);
    assert!(rig.plan.is_ready());
}

#[test]
fn each_further_crash_waits_twice_as_long_up_to_a_limit() {
    let mut rig = Rig::serving(1);
    let mut pid = 100;
    let mut waits = Vec::new();
    for _ in 0..12 {
        let (next, wait) = crash_and_wait(&mut rig, pid);
        waits.push(wait / 1_000_000);
        pid = next;
    }
    let doubled = [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];
    assert_eq!(waits, doubled);
}

#[test]
fn a_worker_that_served_for_long_does_not_count_as_a_loop() {
    let mut rig = Rig::serving(1);
    let (mut pid, _) = crash_and_wait(&mut rig, 100);
    for _ in 0..4 {
        (pid, _) = crash_and_wait(&mut rig, pid);
    }
    rig.now += 10 * SECOND;
    assert_eq!(crash_and_wait(&mut rig, pid).1, 0);
}

#[test]
fn a_stable_worker_that_dies_is_replaced_at_once_although_another_one_loops() {
    let mut rig = Rig::serving(2);
    rig.now += 20 * SECOND;
    let (mut pid, _) = crash_and_wait(&mut rig, 101);
    for _ in 0..3 {
        (pid, _) = crash_and_wait(&mut rig, pid);
    }
    rig.crash(pid);
    assert_eq!(rig.orders, []);
    rig.crash(100);
    assert_eq!(rig.orders.len(), 2);
}

#[test]
fn a_worker_that_cannot_boot_any_more_does_not_end_a_server_that_has_served() {
    let mut rig = Rig::serving(2);
    rig.crash(101);
    let (pid, _) = rig.fork_one();
    assert_eq!(rig.on(Event::BootFailed { pid, report: broken_app() }), []);
    assert_eq!(rig.exit(pid), [vacate(pid, 1)]);
    assert_eq!(rig.wait(SECOND), [fork(1, 1)]);
    assert!(!rig.plan.is_stopping());
}

#[test]
fn a_failed_fork_is_tried_again_later() {
    let mut rig = Rig::serving(1);
    rig.crash(100);
    rig.orders.clear();
    assert_eq!(rig.on(Event::ForkFailed { slot: 0, error: "no memory".to_owned() }), []);
    assert_eq!(rig.wait(SECOND), [fork(1, 0)]);
}

#[test]
fn a_mold_that_dies_is_started_again_and_its_workers_serve_on() {
    let mut rig = Rig::serving(2);
    let actions = rig.on(Event::MoldGone { generation: 1, how: "signal SIGKILL".to_owned() });
    assert_eq!(actions, [spawn(1)]);
    assert!(rig.plan.is_ready());
    assert_eq!(rig.load(1), []);
}

#[test]
fn forks_under_way_in_a_mold_that_dies_are_ordered_from_the_next_one() {
    let mut rig = Rig::serving(1);
    rig.crash(100);
    assert_eq!(rig.orders.len(), 1);
    rig.on(Event::MoldGone { generation: 1, how: "signal SIGKILL".to_owned() });
    assert_eq!(rig.wait(SECOND), [spawn(1)]);
    assert_eq!(rig.load(1), [fork(1, 0)]);
}

#[test]
fn a_mold_that_hangs_is_replaced() {
    let mut rig = Rig::serving(1);
    rig.now += 20 * SECOND;
    rig.crash(100);
    let actions = rig.wait(10 * SECOND);
    assert_eq!(actions, [Action::EndMold { generation: 1, dump: true }]);
    assert!(rig.logged(Level::Error, "the mold hangs"));
    assert_eq!(rig.wait(SECOND), [spawn(1)]);
}

#[test]
fn a_mold_that_cannot_load_again_is_ended_before_the_next_attempt() {
    let mut rig = Rig::serving(1);
    rig.on(Event::MoldGone { generation: 1, how: "signal SIGKILL".to_owned() });
    let actions = rig.on(Event::MoldFailed { generation: 1, report: broken_app() });
    assert_eq!(actions, [end(1)]);
    assert_eq!(rig.wait(SECOND), [spawn(1)]);
    assert!(rig.plan.is_ready());
}

#[test]
fn the_wait_that_is_over_is_no_deadline_any_more() {
    let mut rig = Rig::serving(1);
    let (pid, _) = crash_and_wait(&mut rig, 100);
    rig.crash(pid);
    rig.on(Event::MoldGone { generation: 1, how: String::new() });
    rig.wait(40 * SECOND);
    assert!(rig.plan.next_deadline().is_some_and(|due| due > rig.now));
}
