//! The whole, on one mapping and on several.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::os::fd::AsFd;

use super::*;

const NOW: i64 = 1000;

/// Two on two mappings of the same memory, as in two workers.
pub(super) fn pair() -> (Denied, Denied) {
    let memory = Arc::new(SharedMemory::create(HEADER + 256 * SLOT).unwrap());
    let first = Denied::new(Some(memory), None);
    let second = other(&first);
    (first, second)
}

/// One more on a mapping of its own.
pub(super) fn other(denied: &Denied) -> Denied {
    let Memory::Shared(memory) = &denied.memory else { unreachable!("private memory") };
    let fd = memory.as_fd().try_clone_to_owned().unwrap();
    Denied::new(Some(Arc::new(SharedMemory::open(fd).unwrap())), denied.stale_after)
}

pub(super) fn mark(number: usize) -> Mark {
    Mark::of_token(&number.to_string())
}

fn denial(number: usize, before: i64, until: i64) -> Denial {
    Denial { mark: mark(number), before, until }
}

#[test]
fn what_one_puts_in_the_others_know() {
    let (first, second) = pair();
    assert!(first.put(&[denial(1, 500, 2000), denial(2, i64::MAX, i64::MAX)], NOW));
    assert_eq!(second.before(mark(1)), Some(500));
    assert_eq!(second.before(mark(2)), Some(i64::MAX));
    assert_eq!(second.before(mark(3)), None);
    assert_eq!(second.usage(NOW), (2, 256));
    drop(first);
    assert_eq!(other(&second).before(mark(1)), Some(500));
}

#[test]
fn without_memory_it_works_alone() {
    let denied = Denied::new(None, None);
    assert!(denied.put(&[denial(1, 500, 2000)], NOW));
    assert_eq!(denied.before(mark(1)), Some(500));
    assert_eq!(denied.usage(NOW), (1, SLOTS));
}

#[test]
fn memory_of_another_layout_is_left_alone() {
    let memory = Arc::new(SharedMemory::create(HEADER + 256 * SLOT).unwrap());
    memory.words().get(LAYOUT).unwrap().store(7, Ordering::SeqCst);
    let denied = Denied::new(Some(Arc::clone(&memory)), None);
    assert!(denied.put(&[denial(1, 500, 2000)], NOW));
    assert_eq!(denied.before(mark(1)), Some(500));
    let written = memory.words().iter().filter(|word| word.load(Ordering::SeqCst) != 0).count();
    assert_eq!(written, 1);
}

#[test]
fn one_that_is_full_is_not_recent_until_all_has_been_found() {
    let (first, second) = pair();
    let fill: Vec<_> = (0..256).map(|number| denial(number, 500, 2000)).collect();
    assert!(first.put(&fill, NOW));
    first.heard(1);
    assert!(second.is_recent());
    assert!(!first.put(&[denial(300, 500, 2000)], NOW));
    assert!(second.is_full() && !second.is_recent());
    // Those that are in are still told.
    assert!((0..256).all(|number| second.before(mark(number)) == Some(500)));
    let lost = second.lost();
    // Another one is lost while the store is asked.
    assert!(!first.put(&[denial(301, 500, 2000)], NOW));
    second.found(lost);
    assert!(first.is_full());
    second.found(second.lost());
    assert!(!first.is_full() && first.is_recent());
}

#[test]
fn it_is_stale_when_nothing_was_heard_for_too_long() {
    let (first, second) = pair();
    assert!(!first.is_recent_at(|| 0));
    let limited = Denied { stale_after: Some(Duration::from_nanos(100)), ..first };
    assert_eq!(second.last_heard(), None);
    assert!(!limited.is_recent_at(|| 0));
    second.heard(1000);
    assert!(second.is_recent_at(|| u64::MAX));
    assert!(limited.is_recent_at(|| 900));
    assert!(limited.is_recent_at(|| 1100));
    assert!(!limited.is_recent_at(|| 1101));
    // Who was slow does not take it back.
    second.heard(500);
    assert_eq!(limited.last_heard(), Some(1000));
}

/// Threads on mappings of their own put marks in, of each other's too, into a table that they fill
/// twice over, while others look: what was put in stays as strict as it was, and nothing else shows.
#[test]
fn many_write_and_read_at_once() {
    const EACH: usize = 40;
    let (first, _) = pair();
    // Full of what has ended, so that all have to move in.
    let ended: Vec<_> = (1000..1256).map(|number| denial(number, 7, 50)).collect();
    assert!(first.put(&ended, 0));
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let denied = other(&first);
            scope.spawn(move || {
                for round in 0..50 {
                    for number in thread * 20..thread * 20 + EACH {
                        let before = 100 + round;
                        assert!(denied.put(&[denial(number, before, 2000)], NOW));
                        assert!(denied.before(mark(number)).unwrap() >= before);
                    }
                }
            });
        }
        for _ in 0..2 {
            let denied = other(&first);
            scope.spawn(move || {
                let mut seen = [0; 100];
                for round in 0..200_usize {
                    for (number, seen) in seen.iter_mut().enumerate() {
                        let before = denied.before(mark(number)).unwrap_or(0);
                        assert!(before >= *seen && before < 150, "round {round}: {before}");
                        *seen = before;
                    }
                    assert!((500..600).all(|number| denied.before(mark(number)).is_none()));
                    let ended = (1000..1256).filter_map(|number| denied.before(mark(number)));
                    assert!(ended.max().is_none_or(|before| before == 7));
                }
            });
        }
    });
    assert!((0..100).all(|number| first.before(mark(number)) == Some(149)));
}

#[test]
fn what_no_token_lives_to_see_is_not_kept() {
    let (first, second) = pair();
    let first = first.keeping(Duration::from_secs(100));
    assert!(first.put(&[denial(1, 500, NOW + 5000), denial(2, 500, NOW + 50)], NOW));
    assert_eq!(second.usage(NOW + 49).0, 2);
    assert_eq!(second.usage(NOW + 99).0, 1);
    assert_eq!(second.usage(NOW + 100).0, 0);
    assert_eq!((first.beginning(150_000), first.beginning(50_000)), (50_000, 0));
    assert_eq!(second.beginning(150_000), 0);
}

#[test]
fn the_latest_time_of_issue_is_known_to_all_workers() {
    let (first, second) = pair();
    first.issues(1000, 60);
    second.issues(990, 60);
    assert_eq!((first.latest(), second.latest()), (1000, 1000));
    // A clock that was wrong has been put right.
    second.issues(900, 60);
    assert_eq!(first.latest(), 900);
}
