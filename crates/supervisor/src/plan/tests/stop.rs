//! The way out.

use super::*;

fn stop(rig: &mut Rig, quick: bool) -> Vec<Action> {
    rig.on(Event::Stop { quick })
}

#[test]
fn a_graceful_stop_drains_and_ends_with_the_last_worker() {
    let mut rig = Rig::serving(2);
    let drain = |pid| signal(pid, Kill::Drain);
    assert_eq!(stop(&mut rig, false), [Action::Notify(Sd::Stopping), drain(100), drain(101)]);
    assert_eq!(rig.exit(101), [vacate(101, 1)]);
    assert_eq!(rig.exit(100), [vacate(100, 0), Action::Exit(0)]);
    assert_eq!(rig.on(Event::Tick), []);
}

#[test]
fn a_graceful_stop_kills_after_graceful_timeout() {
    let mut rig = Rig::serving(1);
    stop(&mut rig, false);
    assert_eq!(rig.wait(GRACEFUL_TIMEOUT - 1), []);
    assert_eq!(rig.wait(1), [signal(100, Kill::Kill)]);
    assert_eq!(rig.crash(100), [vacate(100, 0), Action::Exit(0)]);
}

#[test]
fn a_graceful_stop_can_be_hurried_but_not_slowed_down() {
    let mut rig = Rig::serving(1);
    stop(&mut rig, false);
    assert_eq!(stop(&mut rig, true), [signal(100, Kill::Quick)]);
    assert_eq!(stop(&mut rig, false), [signal(100, Kill::Quick)]);
    assert_eq!(rig.wait(2 * SECOND), [signal(100, Kill::Kill)]);
}

#[test]
fn asking_again_and_again_wins_a_worker_no_time() {
    let mut rig = Rig::serving(1);
    stop(&mut rig, true);
    rig.now += SECOND;
    stop(&mut rig, true);
    assert_eq!(rig.wait(SECOND), [signal(100, Kill::Kill)]);
}

#[test]
fn a_fork_under_way_is_waited_for_and_dismissed() {
    let mut rig = Rig::serving(1);
    rig.crash(100);
    assert_eq!(stop(&mut rig, false), [Action::Notify(Sd::Stopping)]);
    let (late, actions) = rig.fork_one();
    assert_eq!(actions, [signal(late, Kill::Drain)]);
    assert_eq!(rig.exit(late), [vacate(late, 0), Action::Exit(0)]);
}

/// The first signal may have come before it caught any.
#[test]
fn a_worker_that_becomes_ready_during_the_stop_is_told_once_more() {
    for (quick, kill) in [(false, Kill::Drain), (true, Kill::Quick)] {
        let mut rig = Rig::serving(1);
        rig.crash(100);
        let (late, _) = rig.fork_one();
        assert!(stop(&mut rig, quick).contains(&signal(late, kill)));
        let deadline = rig.plan.next_deadline();
        assert_eq!(rig.ready(late), [signal(late, kill)]);
        assert_eq!(rig.plan.next_deadline(), deadline);
    }
}

#[test]
fn a_killed_worker_that_was_ready_before_is_not_told_again() {
    let mut rig = Rig::serving(1);
    rig.crash(100);
    let (late, _) = rig.fork_one();
    stop(&mut rig, false);
    assert_eq!(rig.wait(GRACEFUL_TIMEOUT), [signal(late, Kill::Kill)]);
    assert_eq!(rig.ready(late), []);
}

#[test]
fn a_mold_that_hangs_does_not_keep_the_server() {
    let mut rig = Rig::serving(1);
    rig.crash(100);
    stop(&mut rig, false);
    let actions = rig.wait(10 * SECOND);
    assert_eq!(actions, [Action::EndMold { generation: 1, dump: true }, Action::Exit(0)]);
}

#[test]
fn whoever_waits_for_a_reload_is_told() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    rig.reload(1, 8);
    let actions = stop(&mut rig, false);
    let refused = "the server is stopping";
    assert!(actions.contains(&failed(7, refused)) && actions.contains(&failed(8, refused)));
    assert_eq!(rig.reload(1, 9), [failed(9, refused)]);
    assert_eq!(rig.load(2).len(), 0);
}

#[test]
fn a_reload_that_fails_during_the_stop_says_nothing_more() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    stop(&mut rig, false);
    assert_eq!(rig.on(Event::MoldGone { generation: 2, how: String::new() }), []);
    assert_eq!(rig.wait(1), []);
}

#[test]
fn a_worker_that_ends_badly_while_stopping_is_not_replaced() {
    let mut rig = Rig::serving(2);
    stop(&mut rig, false);
    assert_eq!(rig.crash(100), [vacate(100, 0)]);
    assert!(rig.logged(Level::Warn, "ended while stopping: signal SIGKILL"));
    assert_eq!(rig.orders, []);
}

#[test]
fn a_stop_before_anything_serves_ends_at_once() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    assert_eq!(stop(&mut rig, false), [Action::Notify(Sd::Stopping), Action::Exit(0)]);
}

#[test]
fn a_stuck_worker_is_killed_while_stopping_too() {
    let mut rig = Rig::serving(1);
    stop(&mut rig, false);
    let actions = rig.on(Event::Stuck { pid: 100, detail: String::new() });
    assert_eq!(actions, [signal(100, Kill::Abort)]);
    assert_eq!(rig.wait(2 * SECOND), [signal(100, Kill::Kill)]);
}
