//! The pace, tried case by case and with whatever may happen.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::jwks::fetch::tests::remote;

/// The cool-down is 30 s, a refresh comes 30 s ahead, and a set is used for a day after its end.
fn pace() -> Pace {
    Pace::new(&remote("https://idp.example/keys"), 0)
}

const START: u64 = 1000 * SECOND;

/// Seconds after the start.
fn at(seconds: u64) -> u64 {
    START + seconds * SECOND
}

fn fetched(failures: u64) -> History {
    let last = if failures == 0 { at(1) } else { at(700) };
    History {
        began: last - SECOND,
        ended: last,
        busy_until: 0,
        failures,
        fetched: at(1),
        fresh_until: at(601),
    }
}

#[test]
fn the_first_fetch_begins_at_once() {
    assert!(pace().is_due(&History::default(), START, false));
    assert!(pace().is_due(&History::default(), 1, false));
}

#[test]
fn a_fetch_under_way_is_not_doubled_until_its_time_is_over() {
    let history = History { began: at(0), busy_until: at(4), ..History::default() };
    assert!(Pace::is_busy(&history, at(3)));
    assert!(!pace().is_due(&history, at(3), true));
    // Its worker was killed: the cool-down still counts from its beginning.
    assert!(!Pace::is_busy(&history, at(4)));
    assert!(!pace().is_due(&history, at(29), true));
    assert!(pace().is_due(&history, at(30), false));
}

/// Even where the cool-down is shorter than a fetch.
#[test]
fn two_fetches_are_never_under_way() {
    let mut hasty = remote("https://idp.example/keys");
    hasty.cooldown = Duration::from_secs(1);
    let history = History { began: at(0), busy_until: at(4), ..History::default() };
    assert!(!Pace::new(&hasty, 0).is_due(&history, at(3), true));
    assert!(Pace::new(&hasty, 0).is_due(&history, at(4), true));
}

#[test]
fn a_set_is_fetched_anew_ahead_of_its_end() {
    assert!(!pace().is_due(&fetched(0), at(570), false));
    assert!(pace().is_due(&fetched(0), at(571), false));
    let jittered = Pace::new(&remote("https://idp.example/keys"), 128);
    assert!(!jittered.is_due(&fetched(0), at(555), false));
    assert!(jittered.is_due(&fetched(0), at(556), false));
}

#[test]
fn a_set_that_is_fresh_for_a_short_time_is_used_for_half_of_it() {
    let history = History { fresh_until: at(41), ..fetched(0) };
    assert_eq!(pace().due(&history), at(21));
    // And the cool-down counts in any case.
    assert!(!pace().is_due(&history, at(30), false));
    assert!(pace().is_due(&history, at(31), false));
}

#[test]
fn an_unknown_key_is_asked_for_once_per_cooldown() {
    assert!(!pace().is_due(&fetched(0), at(30), true));
    assert!(pace().is_due(&fetched(0), at(31), true));
    assert!(!pace().is_due(&fetched(0), at(31), false));
}

#[test]
fn failures_are_repeated_later_and_later() {
    for (failures, seconds) in [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (90, 300)] {
        let history = fetched(failures);
        assert!(!pace().is_due(&history, at(700 + seconds) - 1, false), "{failures}");
        assert!(pace().is_due(&history, at(700 + seconds), false), "{failures}");
        // Requests that want a key wait for the cool-down only.
        assert!(!pace().is_due(&history, at(729), true), "{failures}");
        assert!(pace().is_due(&history, at(730), true), "{failures}");
    }
}

#[test]
fn a_cooldown_longer_than_the_longest_backoff_counts() {
    let mut slow = remote("https://idp.example/keys");
    slow.cooldown = Duration::from_secs(3600);
    assert_eq!(Pace::new(&slow, 0).backoff(7), 3600 * SECOND);
}

#[test]
fn a_set_is_used_for_a_day_after_its_end() {
    let day = 86_400;
    assert!(!pace().is_over(&fetched(5), at(601 + day) - 1));
    assert!(pace().is_over(&fetched(5), at(601 + day)));
    assert!(!pace().is_over(&History::default(), u64::MAX));
}

#[test]
fn absurd_times_are_the_end_of_time() {
    let mut endless = remote("https://idp.example/keys");
    endless.stale_if_error = Duration::MAX;
    endless.cooldown = Duration::MAX;
    endless.refresh_before = Duration::MAX;
    let pace = Pace::new(&endless, 255);
    assert!(!pace.is_over(&fetched(1), u64::MAX - 1));
    assert!(!pace.is_due(&fetched(1), u64::MAX - 1, true));
}

/// What may happen next.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Wanted,
    Succeeds {
        fresh: u64,
    },
    Fails,
    /// The worker that fetches is gone.
    Killed,
}

fn anything() -> impl Strategy<Value = (u64, Happens)> {
    let happens = prop_oneof![
        Just(Happens::Wanted),
        (0_u64..2000).prop_map(|fresh| Happens::Succeeds { fresh }),
        Just(Happens::Fails),
        Just(Happens::Killed),
    ];
    (0_u64..120 * SECOND, happens)
}

proptest! {
    #[test]
    fn two_fetches_never_begin_within_the_cooldown(
        story in prop::collection::vec(anything(), 1..200),
        cooldown in 1_u64..100,
        jitter: u8,
    ) {
        let mut remote = remote("https://idp.example/keys");
        remote.cooldown = Duration::from_secs(cooldown);
        let pace = Pace::new(&remote, jitter);
        let (mut history, mut now, mut last) = (History::default(), START, None);
        for (passes, happens) in story {
            now += passes;
            if pace.is_due(&history, now, matches!(happens, Happens::Wanted)) {
                prop_assert!(now >= history.busy_until, "two at once");
                if let Some(last) = last {
                    prop_assert!(now - last >= cooldown * SECOND);
                }
                last = Some(now);
                history.began = now;
                history.busy_until = now + 4 * SECOND;
            }
            if !Pace::is_busy(&history, now) {
                continue;
            }
            match happens {
                Happens::Succeeds { fresh } => {
                    (history.failures, history.fetched) = (0, now);
                    history.fresh_until = now + fresh * SECOND;
                }
                Happens::Fails => history.failures += 1,
                Happens::Wanted | Happens::Killed => continue,
            }
            (history.ended, history.busy_until) = (now, 0);
        }
        // However it went, time brings the next one.
        let later = now + 10 * 86_400 * SECOND;
        prop_assert!(pace.is_due(&history, later, false));
    }
}
