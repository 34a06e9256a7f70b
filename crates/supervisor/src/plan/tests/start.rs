//! From nothing to serving, or to the exit code that says why not.

use super::*;

#[test]
fn the_mold_loads_then_workers_are_forked_then_the_server_is_announced() {
    let mut rig = Rig::new(2);
    assert_eq!(rig.on(Event::Start), [spawn(1)]);
    assert_eq!(rig.load(1), [fork(1, 0), fork(1, 1)]);
    assert_eq!(rig.fork_one(), (100, vec![]));
    assert_eq!(rig.fork_one(), (101, vec![]));
    assert_eq!(rig.ready(101), []);
    assert!(!rig.plan.is_ready());
    assert_eq!(rig.ready(100), [Action::Notify(Sd::Ready)]);
    assert!(rig.plan.is_ready() && rig.logged(Level::Info, "ready: 2 workers serve"));
    assert_eq!(rig.plan.next_deadline(), None);
}

#[test]
fn notes_of_the_mold_are_logged() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    let notes = vec!["threads are running: Thread-1".to_owned()];
    rig.on(Event::MoldLoaded { generation: 1, preloaded: false, notes });
    assert!(rig.logged(Level::Warn, "Thread-1"));
}

#[test]
fn an_application_that_does_not_load_ends_the_server_with_4() {
    let mut rig = Rig::new(2);
    rig.on(Event::Start);
    let actions = rig.on(Event::MoldFailed { generation: 1, report: broken_app() });
    assert_eq!(actions, [end(1), Action::Notify(Sd::Stopping), Action::Exit(4)]);
    assert!(rig.logged(Level::Error, "app failed to load: ImportError"));
}

#[test]
fn a_mold_that_dies_ends_the_server_with_3() {
    let mut rig = Rig::new(2);
    rig.on(Event::Start);
    let actions = rig.on(Event::MoldGone { generation: 1, how: "signal SIGSEGV".to_owned() });
    assert_eq!(actions, [Action::Notify(Sd::Stopping), Action::Exit(3)]);
    assert!(rig.logged(Level::Error, "SIGSEGV"));
}

#[test]
fn a_mold_that_loads_for_too_long_says_where_it_is_and_ends_the_server() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    assert_eq!(rig.wait(BOOT_TIMEOUT - 1), []);
    let dump = Action::EndMold { generation: 1, dump: true };
    assert_eq!(rig.wait(1), [dump, Action::Notify(Sd::Stopping), Action::Exit(3)]);
}

#[test]
fn without_a_boot_timeout_loading_may_take_for_ever() {
    let mut rig = Rig::new(1);
    rig.plan.policy.boot_timeout = None;
    rig.on(Event::Start);
    assert_eq!((rig.plan.next_deadline(), rig.wait(1_000_000 * SECOND)), (None, vec![]));
}

#[test]
fn a_worker_that_cannot_load_the_application_ends_the_server_with_4() {
    let mut rig = Rig::new(2);
    rig.on(Event::Start);
    rig.load(1);
    rig.fork_all();
    let actions = rig.on(Event::BootFailed { pid: 100, report: broken_app() });
    assert_eq!(actions, [Action::Notify(Sd::Stopping), signal(101, Kill::Quick)]);
    assert_eq!(rig.exit(101), [vacate(101, 1)]);
    assert_eq!(rig.exit(100), [vacate(100, 0), Action::Exit(4)]);
}

#[test]
fn a_worker_that_dies_before_it_is_ready_ends_the_server_with_3() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    rig.load(1);
    rig.fork_all();
    let actions = rig.crash(100);
    assert_eq!(actions, [Action::Notify(Sd::Stopping), vacate(100, 0), Action::Exit(3)]);
    assert!(rig.logged(Level::Error, "ended before it was ready (signal SIGKILL)"));
}

#[test]
fn a_worker_that_boots_for_too_long_says_where_it_is_and_is_killed() {
    let mut rig = Rig::new(1);
    rig.on(Event::Start);
    rig.load(1);
    rig.fork_all();
    let actions = rig.wait(BOOT_TIMEOUT);
    assert_eq!(actions, [signal(100, Kill::Abort), Action::Notify(Sd::Stopping)]);
    assert_eq!(rig.wait(2 * SECOND), [signal(100, Kill::Kill)]);
    assert_eq!(rig.crash(100), [vacate(100, 0), Action::Exit(3)]);
}

#[test]
fn a_first_worker_that_cannot_be_forked_ends_the_server_with_3() {
    let mut rig = Rig::new(2);
    rig.on(Event::Start);
    rig.load(1);
    let failed = |slot| Event::ForkFailed { slot, error: "no memory".to_owned() };
    assert_eq!(rig.on(failed(0)), [Action::Notify(Sd::Stopping)]);
    assert!(rig.logged(Level::Error, "worker failed to boot: cannot fork it: no memory"));
    assert_eq!(rig.on(failed(1)), [Action::Exit(3)]);
}

#[test]
fn messages_about_strangers_change_nothing() {
    let mut rig = Rig::serving(1);
    for event in [
        Event::Ready { pid: 7 },
        Event::BootFailed { pid: 7, report: broken_app() },
        Event::Exited { pid: 7, exit: Exit::Code(0) },
        Event::Recycle { pid: 7, reason: crate::RecycleReason::Age },
        Event::Stuck { pid: 7, detail: String::new() },
        Event::ForkFailed { slot: 77, error: String::new() },
        Event::MoldLoaded { generation: 9, preloaded: true, notes: Vec::new() },
        Event::MoldGone { generation: 9, how: String::new() },
    ] {
        assert_eq!(rig.on(event.clone()), [], "{event:?}");
    }
    assert!(rig.plan.is_ready());
}
