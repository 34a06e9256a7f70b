//! Reload: all or nothing.

use super::*;

/// Lets the roll happen; returns the highest number of processes at any time.
fn roll(rig: &mut Rig) -> usize {
    let mut most = rig.plan.workers().count();
    while let Some(&(generation, _)) = rig.orders.first() {
        let (new, _) = rig.fork_one();
        most = most.max(rig.plan.workers().count());
        let actions = rig.ready(new);
        assert_eq!(rig.plan.generation(), generation);
        for action in actions {
            if let Action::Signal { pid, kill } = action {
                assert_eq!(kill, Kill::Drain);
                rig.exit(pid);
            }
        }
    }
    most
}

#[test]
fn the_first_new_worker_that_serves_commits_and_the_rest_rolls() {
    let mut rig = Rig::serving(2);
    assert_eq!(rig.reload(2, 7), [Action::Notify(Sd::Reloading), spawn(2)]);
    assert_eq!(rig.load(2), [fork(2, 2)]);
    let (first, _) = rig.fork_one();
    let commit = Action::Commit { generation: 2 };
    assert_eq!(rig.ready(first), [commit, end(1), signal(100, Kill::Drain)]);
    assert_eq!(rig.exit(100), [vacate(100, 0), fork(2, 0)]);
    let (second, _) = rig.fork_one();
    assert_eq!(rig.ready(second), [signal(101, Kill::Drain)]);
    assert!(rig.plan.is_reloading() && rig.plan.is_ready());
    let announced = Action::Notify(Sd::Ready);
    assert_eq!(rig.exit(101), [vacate(101, 1), announced, done(7, 2)]);
    assert!(!rig.plan.is_reloading());
}

#[test]
fn a_reload_is_done_when_the_last_old_worker_was_killed() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    rig.load(2);
    let (new, _) = rig.fork_one();
    rig.ready(new);
    assert_eq!(rig.wait(GRACEFUL_TIMEOUT), [signal(100, Kill::Kill)]);
    assert!(!rig.logged(Level::Info, "reload done"));
    assert_eq!(rig.crash(100), [vacate(100, 0), Action::Notify(Sd::Ready), done(7, 2)]);
    assert!(rig.logged(Level::Info, "reload done: generation 2 serves"));
}

/// Whoever mends a fault need not wait for a slow download from the faulty code.
#[test]
fn a_reload_need_not_wait_for_what_still_drains() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    rig.load(2);
    let (new, _) = rig.fork_one();
    rig.ready(new);
    assert_eq!(rig.reload(1, 8), [Action::Notify(Sd::Reloading), spawn(3)]);
    assert_eq!(rig.load(3), []);
    assert_eq!(rig.exit(100), [vacate(100, 0), fork(3, 0)]);
    let (newest, _) = rig.fork_one();
    rig.ready(newest);
    let actions = rig.exit(new);
    assert!(actions.contains(&done(7, 3)) && actions.contains(&done(8, 3)), "{actions:?}");
}

#[test]
fn a_roll_needs_one_process_more() {
    for workers in 1..6 {
        let mut rig = Rig::serving(workers);
        rig.reload(workers, 7);
        rig.load(2);
        assert_eq!(roll(&mut rig), workers + 1);
        assert!(rig.plan.workers().all(|worker| worker.generation == 2 && worker.ready));
    }
}

#[test]
fn the_new_settings_count_once_the_new_generation_has_proved_itself() {
    let mut rig = Rig::serving(3);
    rig.reload(2, 7);
    rig.load(2);
    assert_eq!(rig.plan.wanted(), 3);
    roll(&mut rig);
    assert_eq!((rig.plan.wanted(), rig.plan.workers().count()), (2, 2));
}

#[test]
fn settings_that_cannot_be_used_change_nothing() {
    let mut rig = Rig::serving(1);
    let prepared = Err("unknown key".to_owned());
    let actions = rig.on(Event::Reload { prepared, reply: Some(7) });
    assert_eq!(actions, [failed(7, "unknown key")]);
    assert!(rig.logged(Level::Error, "reload refused, nothing changed: unknown key"));
}

#[test]
fn a_new_application_that_does_not_load_changes_nothing() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    let actions = rig.on(Event::MoldFailed { generation: 2, report: broken_app() });
    let [ended, discard, notify, reply, ..] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!([ended, discard], [&end(2), &Action::Discard { generation: 2 }]);
    assert_eq!([notify, reply], [&Action::Notify(Sd::Ready), &failed(7, "ImportError")]);
    assert!(rig.plan.is_ready() && !rig.plan.is_reloading());
    assert_eq!(rig.plan.generation(), 1);
}

#[test]
fn a_new_mold_that_dies_or_takes_too_long_changes_nothing() {
    for dies in [true, false] {
        let mut rig = Rig::serving(1);
        rig.reload(1, 7);
        let actions = if dies {
            rig.on(Event::MoldGone { generation: 2, how: "exit code 1".to_owned() })
        } else {
            rig.wait(BOOT_TIMEOUT)
        };
        assert!(actions.contains(&Action::Discard { generation: 2 }), "{actions:?}");
        assert!(rig.plan.is_ready() && !rig.plan.is_reloading());
    }
}

fn with_candidate() -> (Rig, Pid) {
    let mut rig = Rig::serving(2);
    rig.reload(2, 7);
    rig.load(2);
    let (candidate, _) = rig.fork_one();
    (rig, candidate)
}

#[test]
fn a_candidate_that_cannot_boot_changes_nothing() {
    let (mut rig, pid) = with_candidate();
    let actions = rig.on(Event::BootFailed { pid, report: broken_app() });
    assert!(actions.contains(&failed(7, "ImportError")) && actions.contains(&end(2)));
    assert_eq!(rig.exit(pid), [vacate(pid, 2)]);
    assert_eq!((rig.plan.generation(), rig.plan.is_ready()), (1, true));
}

#[test]
fn a_candidate_that_dies_changes_nothing() {
    let (mut rig, pid) = with_candidate();
    let actions = rig.crash(pid);
    assert!(actions.contains(&Action::Discard { generation: 2 }), "{actions:?}");
    assert_eq!((rig.plan.generation(), rig.plan.workers().count()), (1, 2));
}

#[test]
fn a_candidate_that_boots_for_too_long_has_time_to_say_where_it_is() {
    let (mut rig, pid) = with_candidate();
    let actions = rig.wait(BOOT_TIMEOUT);
    assert!(actions.contains(&signal(pid, Kill::Abort)), "{actions:?}");
    assert!(!actions.contains(&signal(pid, Kill::Kill)), "{actions:?}");
    assert_eq!(rig.wait(2 * SECOND), [signal(pid, Kill::Kill)]);
}

#[test]
fn the_boot_timeout_of_a_candidate_is_the_new_one() {
    let mut rig = Rig::serving(1);
    let patient = Policy { boot_timeout: None, ..policy(1) };
    rig.on(Event::Reload { prepared: Ok(patient), reply: None });
    rig.load(2);
    rig.fork_all();
    assert_eq!(rig.plan.next_deadline(), None);
}

#[test]
fn a_candidate_that_cannot_be_forked_ends_the_attempt() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    rig.load(2);
    rig.orders.clear();
    let actions = rig.on(Event::ForkFailed { slot: 1, error: "no memory".to_owned() });
    assert!(actions.contains(&failed(7, "cannot fork a worker: no memory")), "{actions:?}");
    assert_eq!(rig.orders, []);
}

#[test]
fn a_reload_waits_for_the_one_that_is_loading() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    assert_eq!(rig.reload(1, 8), []);
    assert_eq!(rig.reload(1, 9), []);
    let actions = rig.on(Event::MoldFailed { generation: 2, report: broken_app() });
    assert!(actions.contains(&failed(7, "ImportError")) && actions.contains(&spawn(3)));
    rig.load(3);
    let (new, _) = rig.fork_one();
    rig.ready(new);
    let actions = rig.exit(100);
    assert!(actions.contains(&done(8, 3)) && actions.contains(&done(9, 3)), "{actions:?}");
}

#[test]
fn a_reload_overtakes_a_roll_whose_workers_keep_crashing() {
    let mut rig = Rig::serving(2);
    rig.reload(2, 7);
    rig.load(2);
    let (first, _) = rig.fork_one();
    rig.ready(first);
    rig.exit(100);
    let (broken, _) = rig.fork_one();
    rig.crash(broken);
    rig.fork_one();
    assert_eq!(rig.reload(2, 8), [Action::Notify(Sd::Reloading), spawn(3)]);
    let (_, slow) = (rig.load(3), rig.next_pid - 1);
    rig.crash(slow);
    roll(&mut rig);
    assert_eq!(rig.plan.generation(), 3);
    assert!(!rig.plan.is_reloading());
}

#[test]
fn a_reload_is_done_although_workers_are_being_recycled() {
    let mut rig = Rig::serving(1);
    rig.reload(1, 7);
    rig.load(2);
    let (new, _) = rig.fork_one();
    rig.on(Event::Recycle { pid: new, reason: crate::RecycleReason::Age });
    rig.ready(new);
    rig.on(Event::Recycle { pid: new, reason: crate::RecycleReason::MaxRequests });
    rig.exit(100);
    assert!(!rig.plan.is_reloading() && rig.plan.is_ready());
}

#[test]
fn an_old_mold_answers_what_it_was_ordered_before_it_goes() {
    let mut rig = Rig::serving(2);
    rig.reload(2, 7);
    rig.load(2);
    let (candidate, _) = rig.fork_one();
    rig.crash(101);
    let order = rig.orders.remove(0);
    assert_eq!(order.0, 1);
    assert!(!rig.ready(candidate).contains(&end(1)));
    let late = Event::Forked { generation: 1, slot: order.1, pid: 900 };
    let actions = rig.on(late);
    assert!(actions.contains(&signal(900, Kill::Kill)) && actions.contains(&end(1)), "{actions:?}");
}

#[test]
fn a_failed_reload_before_the_first_announcement_announces_nothing() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    rig.reload(1, 7);
    let actions = rig.on(Event::MoldFailed { generation: 2, report: broken_app() });
    assert!(actions.contains(&failed(7, "ImportError")));
    assert!(!actions.contains(&Action::Notify(Sd::Ready)), "{actions:?}");
}

#[test]
fn a_slow_drain_does_not_keep_a_crashed_worker_from_being_replaced() {
    let mut rig = Rig::serving(2);
    rig.on(Event::Recycle { pid: 100, reason: crate::RecycleReason::Age });
    let (new, _) = rig.fork_one();
    rig.ready(new);
    rig.reload(2, 7);
    rig.load(2);
    rig.exit(100);
    let (_candidate, _) = rig.fork_one();
    rig.on(Event::Stuck { pid: new, detail: String::new() });
    assert_eq!(rig.orders.len(), 1);
}
