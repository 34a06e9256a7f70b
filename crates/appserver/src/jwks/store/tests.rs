//! The shared memory, as several workers use it.

use std::sync::Barrier;
use std::thread;

use super::*;
use crate::jwks::fetch::tests::remote;
use crate::jwks::pace::Pace;

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1000 * SECOND;

fn store() -> Store {
    Store::new(Arc::new(Store::create(64).unwrap()))
}

/// A cool-down of 30 s.
fn pace() -> Pace {
    Pace::new(&remote("https://idp.example/keys"), 0)
}

fn begin(store: &Store, now: u64) -> Option<Lease> {
    store.begin(&pace(), now, now + 4 * SECOND, true)
}

#[test]
fn a_set_is_read_as_it_was_put_in() {
    let store = store();
    assert!(store.read().is_none());
    for (turn, body) in [&b"{}"[..], b"12345678", b"123456789", b"", &[7; 64]].iter().enumerate() {
        let now = NOW + turn as u64 * 60 * SECOND;
        let lease = begin(&store, now).unwrap();
        assert!(store.publish(lease, body, now + SECOND, now + 600 * SECOND));
        assert_eq!(store.read().unwrap().body, *body);
        let history = store.history();
        assert_eq!((history.began, history.ended), (now, now + SECOND));
        assert_eq!((history.busy_until, history.fetched), (0, now + SECOND));
        assert_eq!(history.fresh_until, now + 600 * SECOND);
    }
    assert_eq!(store.ended(), 5);
}

#[test]
fn a_set_that_is_too_long_is_not_put_in() {
    let store = store();
    let lease = begin(&store, NOW).unwrap();
    assert!(!store.publish(lease, &[1; 65], NOW, NOW));
    assert!(store.read().is_none());
    assert!(store.fail(lease, NOW, FetchResult::Size), "the lease is still there");
}

#[test]
fn one_worker_has_the_lease_and_it_ends_by_itself() {
    let store = store();
    let first = begin(&store, NOW).unwrap();
    assert_eq!(store.history().busy_until, NOW + 4 * SECOND);
    assert!(begin(&store, NOW + 3 * SECOND).is_none());
    // The first was killed, or so it seems: after the cool-down another takes over.
    assert!(begin(&store, NOW + 29 * SECOND).is_none());
    let second = begin(&store, NOW + 30 * SECOND).unwrap();
    // It comes back, and may not write any more.
    assert!(!store.publish(first, b"old", NOW, NOW));
    assert!(!store.fail(first, NOW, FetchResult::Timeout));
    store.abandon(first, &pace(), NOW + 30 * SECOND);
    assert!(store.publish(second, b"new", NOW + 31 * SECOND, NOW + 600 * SECOND));
    assert_eq!(store.read().unwrap().body, b"new");
    assert_eq!(store.ended(), 1);
}

#[test]
fn failures_are_counted_and_leave_the_set_alone() {
    let store = store();
    let lease = begin(&store, NOW).unwrap();
    assert!(store.publish(lease, b"keys", NOW, NOW + 600 * SECOND));
    for turn in 1..=3 {
        let now = NOW + turn * 100 * SECOND;
        let lease = begin(&store, now).unwrap();
        assert!(store.fail(lease, now, FetchResult::Status));
        assert_eq!(store.history().failures, turn);
    }
    assert_eq!(store.read().unwrap().body, b"keys");
    assert_eq!(store.history().fetched, NOW);
    let counts = counts(&store.memory);
    let seen: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(seen, [(FetchResult::Fetched, 1), (FetchResult::Status, 3)]);
}

#[test]
fn a_worker_that_ends_before_the_first_set_leaves_the_fetch_to_another() {
    let store = store();
    // One worker after another ends in the middle: not without a pause in between.
    for turn in 0..5 {
        let now = NOW + turn * SECOND;
        let lease = begin(&store, now).unwrap();
        store.abandon(lease, &pace(), now);
        assert!(begin(&store, now + 1).is_none());
        assert!(begin(&store, now + SECOND - 1_000_000).is_none());
        assert!(Pace::is_busy(&store.history(), now + 1), "whoever waits goes on waiting");
    }
    let lease = begin(&store, NOW + 5 * SECOND).unwrap();
    assert!(store.publish(lease, b"keys", NOW + 6 * SECOND, NOW + 600 * SECOND));
    // With a set there is no hurry: the cool-down holds.
    let lease = begin(&store, NOW + 60 * SECOND).unwrap();
    store.abandon(lease, &pace(), NOW + 61 * SECOND);
    assert!(begin(&store, NOW + 89 * SECOND).is_none());
    assert!(begin(&store, NOW + 90 * SECOND).is_some());
}

#[test]
fn a_set_that_was_written_by_halves_is_none_until_the_next_one() {
    let store = store();
    let lease = begin(&store, NOW).unwrap();
    assert!(store.publish(lease, b"keys of before", NOW, NOW + 600 * SECOND));
    // Killed while it wrote.
    store.word(VERSION).store(store.version() | 1, Ordering::SeqCst);
    assert!(store.read().is_none());
    let lease = begin(&store, NOW + 60 * SECOND).unwrap();
    assert!(store.publish(lease, b"keys of now", NOW + 60 * SECOND, NOW + 600 * SECOND));
    assert_eq!(store.read().unwrap().body, b"keys of now");
    // Two have written at once, against all rules.
    store.word(BODY).fetch_add(1, Ordering::SeqCst);
    assert!(store.read().is_none());
}

#[test]
fn memory_is_claimed_once() {
    let store = store();
    assert!(store.claim(7) && store.claim(7));
    assert!(!store.claim(8));
    assert_eq!(store.identity(), 7);
}

#[test]
fn the_end_of_a_set_is_told_once() {
    let store = store();
    let lease = begin(&store, NOW).unwrap();
    assert!(store.publish(lease, b"keys", NOW, NOW + 600 * SECOND));
    assert!(store.tells_its_end());
    assert!(!store.tells_its_end());
}

/// Each thread is a worker; all try at the same moment, and again after each cool-down.
#[test]
fn many_workers_fetch_once_per_cooldown_and_read_whole_sets() {
    const WORKERS: usize = 4;
    let (store, rounds) = (store(), 2000);
    let barrier = Barrier::new(WORKERS);
    let (begun, torn) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = |worker: u8| {
        for round in 0..rounds {
            let now = NOW + round * 30 * SECOND;
            barrier.wait();
            if let Some(lease) = begin(&store, now) {
                begun.fetch_add(1, Ordering::SeqCst);
                store.publish(lease, &[worker; 64], now, now + 600 * SECOND);
            }
            // Told at the end: a thread that panics would leave the others at the barrier.
            let body = store.read().map_or(vec![worker; 64], |copy| copy.body);
            if body.len() != 64 || body.iter().any(|byte| *byte != body[0]) {
                torn.fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let work = &work;
            scope.spawn(move || work(worker as u8));
        }
    });
    assert_eq!((begun.into_inner(), torn.into_inner()), (rounds, 0));
}

#[test]
fn the_hash_is_the_published_one() {
    // The test vectors of FNV-1a for 64 bits.
    assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
}
