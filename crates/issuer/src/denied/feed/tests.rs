//! Turns of several workers with a store that is not there, or is.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use appserver_auth::Denials;
use appserver_store::{Allowance, Consumed, Entry, Pending, State, Use};

use super::*;
use crate::denied::tests::{mark, other, pair};

const POLL: Duration = Duration::from_millis(500);
const START: u64 = 1_000_000_000;

/// Knows denials by their number of change.
#[derive(Default)]
struct Fake {
    denials: Mutex<Vec<Denial>>,
    is_down: Mutex<bool>,
    asked: AtomicU32,
    swept: AtomicU32,
}

impl Fake {
    fn deny(&self, number: usize) {
        let denial = Denial { mark: mark(number), before: i64::MAX, until: 1000 };
        self.denials.lock().unwrap().push(denial);
    }

    fn answer(&self, since: Since) -> Result<(Vec<Denial>, Since), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if *self.is_down.lock().unwrap() {
            return Err(StoreError::Unavailable("gone".to_owned()));
        }
        let all = self.denials.lock().unwrap();
        let new = all.iter().skip(usize::try_from(since.0).unwrap()).copied().collect();
        Ok((new, Since(i64::try_from(all.len()).unwrap())))
    }
}

fn never<T: Send + 'static>() -> Pending<'static, T> {
    Box::pin(std::future::pending())
}

impl TokenStore for Fake {
    fn prepare(&self) -> Pending<'_, ()> {
        never()
    }
    fn record<'a>(&'a self, _: &'a Entry) -> Pending<'a, ()> {
        never()
    }
    fn state<'a>(&'a self, _: &'a Entry) -> Pending<'a, State> {
        never()
    }
    fn consume<'a>(&'a self, _: &'a Use) -> Pending<'a, Consumed> {
        never()
    }
    fn blacklist<'a>(&'a self, _: &'a Entry, _: i64) -> Pending<'a, bool> {
        never()
    }
    fn deny<'a>(&'a self, _: &'a [Denial], _: i64) -> Pending<'a, ()> {
        never()
    }
    fn denials(&self, since: Since, _: i64) -> Pending<'_, (Vec<Denial>, Since)> {
        let answer = self.answer(since);
        Box::pin(std::future::ready(answer))
    }
    fn take<'a>(&'a self, _: &'a [Allowance], _: i64) -> Pending<'a, Option<Duration>> {
        never()
    }
    fn fail<'a>(&'a self, _: &'a str, _: Duration, _: i64) -> Pending<'a, u32> {
        never()
    }
    fn lock<'a>(&'a self, _: &'a str, _: i64) -> Pending<'a, ()> {
        never()
    }
    fn locked<'a>(&'a self, _: &'a [String], _: i64) -> Pending<'a, Option<i64>> {
        never()
    }
    fn forgive<'a>(&'a self, _: &'a str) -> Pending<'a, ()> {
        never()
    }
    fn sweep(&self, _: i64, most: u32) -> Pending<'_, u64> {
        let is_first = self.swept.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(std::future::ready(Ok(if is_first { u64::from(most) } else { 0 })))
    }
}

struct Machine {
    store: Arc<Fake>,
    first: Feed,
    second: Feed,
    denied: Denied,
}

impl Machine {
    fn new() -> Self {
        let store = Arc::new(Fake::default());
        let (first, second) = pair();
        let denied = other(&first);
        let feed =
            |denied| Feed::new(Arc::clone(&store) as Arc<dyn TokenStore>, Arc::new(denied), POLL);
        let (first, second) = (feed(first), feed(second));
        Self { store, first, second, denied }
    }

    fn asked(&self) -> u32 {
        self.store.asked.load(Ordering::SeqCst)
    }
}

fn at(milliseconds: u64) -> Now {
    Now { monotonic: START + milliseconds * 1_000_000, wall: 500_000 }
}

/// Time stands still but for what the test says.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(test);
}

#[test]
fn one_asks_for_all() {
    let mut machine = Machine::new();
    run(async {
        machine.store.deny(1);
        assert_eq!(machine.first.turn(at(0)).await, POLL);
        assert_eq!(machine.denied.before(mark(1)), Some(i64::MAX));
        assert_eq!(machine.denied.last_heard(), Some(at(0).monotonic));
        // Waits for the end of the other's lead.
        assert_eq!(machine.second.turn(at(100)).await, Duration::from_millis(650));
        assert_eq!(machine.asked(), 1);
        machine.store.deny(2);
        machine.first.turn(at(500)).await;
        assert_eq!(machine.denied.before(mark(2)), Some(i64::MAX));
        assert_eq!(machine.second.turn(at(750)).await, Duration::from_millis(500));
        assert_eq!(machine.asked(), 2);
    });
}

#[test]
fn another_takes_over_from_one_that_is_killed_or_ends() {
    let mut machine = Machine::new();
    run(async {
        machine.first.turn(at(0)).await;
        let pause = machine.second.turn(at(10)).await;
        machine.store.deny(1);
        machine.second.turn(at(10 + u64::try_from(pause.as_millis()).unwrap())).await;
        assert_eq!(machine.denied.before(mark(1)), Some(i64::MAX));
        machine.store.deny(2);
        drop(machine.second);
        machine.first.turn(at(800)).await;
        assert_eq!(machine.denied.before(mark(2)), Some(i64::MAX));
    });
}

#[test]
fn a_worker_loads_all_whoever_leads() {
    let mut machine = Machine::new();
    run(async {
        machine.first.turn(at(0)).await;
        machine.store.deny(1);
        machine.second.load_at(at(100)).await.unwrap();
        assert_eq!(machine.denied.before(mark(1)), Some(i64::MAX));
        *machine.store.is_down.lock().unwrap() = true;
        assert!(machine.second.load_at(at(200)).await.is_err());
    });
}

#[test]
fn what_was_missed_while_the_store_was_down_comes_later() {
    let mut machine = Machine::new();
    run(async {
        machine.first.turn(at(0)).await;
        *machine.store.is_down.lock().unwrap() = true;
        machine.store.deny(1);
        assert_eq!(machine.first.turn(at(500)).await, POLL);
        assert_eq!(machine.denied.before(mark(1)), None);
        assert_eq!(machine.denied.last_heard(), Some(at(0).monotonic));
        *machine.store.is_down.lock().unwrap() = false;
        machine.first.turn(at(1000)).await;
        assert_eq!(machine.denied.before(mark(1)), Some(i64::MAX));
        assert_eq!(machine.denied.last_heard(), Some(at(1000).monotonic));
    });
}

#[test]
fn what_there_was_no_room_for_is_read_again() {
    let mut machine = Machine::new();
    run(async {
        (0..257).for_each(|number| machine.store.deny(number));
        machine.first.turn(at(0)).await;
        assert!(machine.denied.is_full() && !machine.denied.is_recent());
        machine.first.turn(at(500)).await;
        assert!(machine.denied.is_full());
        // Later all but one have ended.
        machine.store.denials.lock().unwrap().drain(..256);
        let later = Now { wall: 2_000_000, ..at(2600) };
        let live = Denial { mark: mark(256), before: 7, until: 3000 };
        *machine.store.denials.lock().unwrap() = vec![live];
        machine.first.turn(later).await;
        assert!(!machine.denied.is_full() && machine.denied.is_recent());
        assert_eq!(machine.denied.before(mark(256)), Some(7));
    });
}

#[test]
fn the_one_that_leads_sweeps_until_nothing_is_left() {
    let mut machine = Machine::new();
    let mut sweeper =
        Sweeper::new(Arc::clone(&machine.store) as _, Arc::clone(&machine.first.denied));
    let minute = Duration::from_secs(60);
    run(async {
        assert_eq!(sweeper.pause, minute);
        sweeper.turn(at(0)).await;
        assert_eq!(machine.store.swept.load(Ordering::SeqCst), 0);
        machine.first.turn(at(0)).await;
        sweeper.turn(at(1)).await;
        assert!(sweeper.pause < minute);
        sweeper.turn(at(2)).await;
        assert_eq!(sweeper.pause, minute);
        assert_eq!(machine.store.swept.load(Ordering::SeqCst), 2);
    });
}
