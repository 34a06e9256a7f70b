//! A table beside a model of it, and writers that are killed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;

const SLOTS: usize = 16;

fn words(slots: usize) -> Vec<AtomicU64> {
    (0..slots * SLOT).map(|_| AtomicU64::new(0)).collect()
}

/// One of few homes, so that marks are in each other's way.
fn mark(number: u8) -> Mark {
    let mut bytes = [0; 16];
    bytes[0] = number;
    bytes[15] = number % 3;
    Mark(bytes)
}

fn denial(number: u8, before: i64, until: i64) -> Denial {
    Denial { mark: mark(number), before, until }
}

#[derive(Clone, Debug)]
struct Put {
    number: u8,
    before: i64,
    lasts: i64,
    passes: i64,
}

fn puts() -> impl Strategy<Value = Vec<Put>> {
    let put = (0..24_u8, 0..1000_i64, -2..30_i64, 0..4_i64)
        .prop_map(|(number, before, lasts, passes)| Put { number, before, lasts, passes });
    prop::collection::vec(put, 0..200)
}

proptest! {
    /// A live denial is told at least as strictly as it was put in, none is stricter than anything
    /// that was said of its mark, and there is room as long as fewer live than there are slots.
    #[test]
    fn it_tells_what_was_put_in(puts in puts()) {
        let words = words(SLOTS);
        let table = Table::new(&words);
        let mut live: HashMap<u8, (i64, i64)> = HashMap::new();
        let mut strictest: HashMap<u8, i64> = HashMap::new();
        let mut now = 1;
        for put in puts {
            now += put.passes;
            live.retain(|_, (_, until)| *until > now);
            let until = now + put.lasts;
            let is_in = table.put(&denial(put.number, put.before, until), now);
            let has_room = live.len() < SLOTS || live.contains_key(&put.number);
            prop_assert!(is_in || !has_room);
            if is_in && until > now && put.before > 0 {
                let held = live.entry(put.number).or_insert((0, 0));
                *held = (held.0.max(put.before), held.1.max(until));
                let most = strictest.entry(put.number).or_insert(0);
                *most = put.before.max(*most);
            }
            for number in 0..24 {
                let told = table.before(mark(number)).unwrap_or(0);
                let least = live.get(&number).map_or(0, |(before, _)| *before);
                let most = strictest.get(&number).copied().unwrap_or(0);
                prop_assert!((least..=most).contains(&told), "{number}: {told}");
            }
            prop_assert_eq!(table.count(now), count(&table, now));
        }
    }
}

/// All slots with a live denial.
fn count(table: &Table<'_>, now: i64) -> usize {
    let live = |times: Times| times.before > 0 && i64::from(times.until) > now;
    table.slots.iter().filter(|[_, _, word, _]| live(Times::load(word))).count()
}

#[test]
fn times_are_kept_in_32_bits() {
    let words = words(SLOTS);
    let table = Table::new(&words);
    assert!(table.put(&denial(1, i64::MAX, i64::MAX), 1));
    assert_eq!(table.before(mark(1)), Some(i64::MAX));
    assert!(table.put(&denial(2, i64::MIN, i64::MAX), 1));
    assert_eq!(table.before(mark(2)), None);
    // What never ends keeps its slot, whatever the time.
    assert_eq!(table.count(i64::MAX), 0);
    assert!(table.put(&denial(3, 5, i64::MAX), i64::MAX));
    assert_eq!(table.before(mark(1)), Some(i64::MAX));
    assert_eq!(table.before(mark(3)), Some(5));
}

#[test]
fn a_table_without_slots_is_full() {
    let table = Table::new(&[]);
    assert_eq!(table.before(mark(1)), None);
    assert!(!table.put(&denial(1, 5, 100), 1));
    let odd = words(13);
    assert_eq!(Table::new(&odd).slots(), 8);
}

/// Stops after each store of one that moves in where another denial has ended, as a kill does.
#[test]
fn one_that_is_killed_while_moving_in_harms_nobody() {
    for stores in 0..=4 {
        let words = words(SLOTS);
        let table = Table::new(&words);
        // In the same home: one that has ended, and one behind it that lives.
        assert!(table.put(&denial(0, 9, 10), 1));
        assert!(table.put(&denial(3, 7, 1000), 1));
        let home = &table.slots[0];
        let [high, low, word, reach] = home;
        let key = halves(mark(6));
        let steps: [&dyn Fn(); 4] = [
            &|| word.store(MOVING.to_word(), Ordering::SeqCst),
            &|| high.store(key.0, Ordering::SeqCst),
            &|| low.store(key.1, Ordering::SeqCst),
            &|| {
                reach.fetch_max(1, Ordering::SeqCst);
            },
        ];
        steps.iter().take(stores).for_each(|step| step());
        assert_eq!(table.before(mark(3)), Some(7), "after {stores} stores");
        assert_eq!(table.before(mark(6)), None, "after {stores} stores");
        let told = table.before(mark(0));
        assert_eq!(told, (stores == 0).then_some(9), "after {stores} stores");
        // Whoever asked for it asks again, and nobody is in the way.
        assert!(table.put(&denial(6, 8, 1000), 20));
        assert!(table.put(&denial(9, 6, 1000), 20));
        assert_eq!(table.before(mark(6)), Some(8));
        assert_eq!(table.before(mark(9)), Some(6));
        assert_eq!(table.before(mark(3)), Some(7));
    }
}

/// One that has found room and is held up before it takes it finds that another has moved in.
#[test]
fn one_that_was_held_up_does_not_change_what_others_have_put_in() {
    let words = words(SLOTS);
    let table = Table::new(&words);
    assert!(table.put(&denial(0, 9, 10), 1));
    let [_, _, word, _] = &table.slots[0];
    let seen = Times::load(word);
    assert!(table.put(&denial(3, 7, 1000), 20));
    let late = Times { before: 500, until: 2000 };
    assert!(!seen.exchange(seen.stricter(late), word));
    assert!(!table.move_in(&table.slots[0], seen, halves(mark(6)), || late));
    assert_eq!(table.before(mark(3)), Some(7));
    assert_eq!(table.before(mark(6)), None);
}

/// Two that put the same mark in at once may each take a slot.
#[test]
fn the_strictest_of_two_of_one_mark_counts() {
    let words = words(SLOTS);
    let table = Table::new(&words);
    let key = halves(mark(0));
    for (distance, before) in [(0, 5), (1, 8), (2, 6)] {
        let times = Times { before, until: 1000 };
        let never = Times { before: 0, until: 0 };
        assert!(table.move_in(&table.slots[distance], never, key, || {
            table.reach(key).fetch_max(distance as u64 + 1, Ordering::SeqCst);
            times
        }));
    }
    assert_eq!(table.before(mark(0)), Some(8));
}

/// The table that workers share takes as much as it says.
#[test]
fn four_fifths_find_room() {
    let slots = 16 * 1024;
    let words = words(slots);
    let table = Table::new(&words);
    for number in 0..slots * 4 / 5 {
        let mark = Mark::of_token(&number.to_string());
        assert!(table.put(&Denial { mark, before: 5, until: 100 }, 1), "{number}");
    }
    assert_eq!(table.count(1), slots * 4 / 5);
}

/// Two marks take turns in the only slot, while others ask for each of them.
#[test]
fn times_of_one_mark_are_never_told_of_another() {
    const ROUNDS: i64 = 2_000_000;
    let words = words(1);
    let table = Table::new(&words);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..2_u8 {
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let told = table.before(mark(number)).unwrap_or(i64::from(number) + 1);
                    assert_eq!(told, i64::from(number) + 1);
                }
            });
        }
        for now in 1..ROUNDS {
            let number = u8::try_from(now % 2).unwrap();
            assert!(table.put(&denial(number, i64::from(number) + 1, now + 1), now));
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
