//! Keys through time, as a table and at random.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;

fn policy() -> Policy {
    Policy {
        algorithm: Algorithm::ES256,
        rotate_every: Some(90 * DAY),
        publish_ahead: DAY,
        retire_after: 2 * DAY,
    }
}

fn key(kid: &str, stage: Stage) -> KeyRecord {
    let jwk = Map::new();
    KeyRecord { kid: kid.to_owned(), algorithm: Algorithm::ES256, made: 0, stage, jwk }
}

fn states(keys: &[(&str, Stage)]) -> KeyStates {
    KeyStates { policy: None, keys: keys.iter().map(|(kid, stage)| key(kid, *stage)).collect() }
}

fn sign(kid: &str) -> Option<Step> {
    Some(Step::Sign { kid: kid.to_owned() })
}

fn drop(kid: &str) -> Option<Step> {
    Some(Step::Drop { kid: kid.to_owned() })
}

fn make(signs_at: i64) -> Option<Step> {
    Some(Step::Make { signs_at })
}

#[test]
fn each_key_has_its_time() {
    let active = ("a", Stage::Active { since: 0 });
    let next = ("n", Stage::Next { signs_at: 90 * DAY });
    let retired = ("r", Stage::Retired { since: 0 });
    let gone = 2 * DAY + SETTLING;
    let cases: [(&[_], i64, Option<Step>); 14] = [
        (&[], 7, make(7)),
        (&[next], 7, sign("n")),
        (&[retired], 7, make(7)),
        (&[active], 0, None),
        (&[active], 89 * DAY - 1, None),
        (&[active], 89 * DAY, make(90 * DAY)),
        (&[active], 89 * DAY + 60, make(90 * DAY + 60)),
        (&[active], 200 * DAY, make(201 * DAY)),
        (&[active, next], 90 * DAY - 1, None),
        (&[active, next], 90 * DAY, sign("n")),
        (&[active, retired], gone - 1, None),
        (&[active, retired], gone, drop("r")),
        (&[retired], gone, drop("r")),
        (&[active], -DAY, None),
    ];
    for (keys, now, step) in cases {
        let states = states(keys);
        assert_eq!(states.step(&policy(), now), step, "{keys:?} at {now}");
        if step.is_none() {
            assert!(states.due(&policy()).is_none_or(|due| due > now), "{keys:?} at {now}");
        } else {
            assert!(states.due(&policy()).is_some_and(|due| due <= now), "{keys:?} at {now}");
        }
    }
}

#[test]
fn without_a_timer_a_key_signs_for_ever() {
    let policy = Policy { rotate_every: None, ..policy() };
    let active = states(&[("a", Stage::Active { since: 0 })]);
    assert_eq!((active.step(&policy, i64::MAX), active.due(&policy)), (None, None));
    let next = states(&[("a", Stage::Active { since: 0 }), ("n", Stage::Next { signs_at: 5 })]);
    assert_eq!(next.step(&policy, 5), sign("n"), "somebody has wanted it");
}

#[test]
fn another_algorithm_means_another_key() {
    let policy = Policy { algorithm: Algorithm::EdDSA, ..policy() };
    let mut states =
        states(&[("a", Stage::Active { since: 0 }), ("n", Stage::Next { signs_at: DAY })]);
    assert_eq!(states.step(&policy, 9), drop("n"));
    states.keys.pop();
    assert_eq!(states.step(&policy, 9), make(9));
    let algorithm = Algorithm::EdDSA;
    states.keys.push(KeyRecord { algorithm, ..key("e", Stage::Next { signs_at: 9 }) });
    assert_eq!(states.step(&policy, 9), sign("e"));
    states.sign_with("e", 9);
    assert_eq!(states.step(&policy, 9), None);
    let stages: Vec<_> = states.keys.iter().map(|key| key.stage).collect();
    assert_eq!(stages, [Stage::Retired { since: 9 }, Stage::Active { since: 9 }]);
}

#[test]
fn what_is_wanted_at_once_is_published_first() {
    let mut alone = states(&[("a", Stage::Active { since: 0 })]);
    assert_eq!(alone.hasten(&policy(), 100), make(100 + SETTLING));
    let waiting = Stage::Next { signs_at: 90 * DAY };
    for (now, signs_at) in [(2, SETTLING), (100, 100)] {
        let mut states = states(&[("a", Stage::Active { since: 0 }), ("n", waiting)]);
        assert_eq!(states.hasten(&policy(), now), None);
        assert_eq!(states.keys[1].stage, Stage::Next { signs_at });
        assert_eq!(states.hasten(&policy(), now), None, "again is the same");
        assert_eq!(states.keys[1].stage, Stage::Next { signs_at });
    }
}

#[test]
fn what_is_kept_is_read_again() {
    let all = states(&[
        ("a", Stage::Active { since: 1 }),
        ("n", Stage::Next { signs_at: -2 }),
        ("r", Stage::Retired { since: i64::MAX }),
    ]);
    let text = serde_json::to_string(&all).unwrap();
    assert!(text.contains(r#""state":"next","signs_at":-2"#), "{text}");
    assert_eq!(serde_json::from_str::<KeyStates>(&text).unwrap(), all);
}

/// Takes every step that is due, with keys that have numbers for names.
fn settle(states: &mut KeyStates, policy: &Policy, now: i64, made: &mut u32) {
    for steps in 0.. {
        assert!(steps < 100, "it comes to an end");
        match states.step(policy, now) {
            None => break,
            Some(Step::Make { signs_at }) => {
                *made += 1;
                let key = key(&made.to_string(), Stage::Next { signs_at });
                states.keys.push(KeyRecord { made: now, algorithm: policy.algorithm, ..key });
            }
            Some(Step::Sign { kid }) => states.sign_with(&kid, now),
            Some(Step::Drop { kid }) => states.keys.retain(|key| key.kid != kid),
        }
    }
}

proptest! {
    /// However seldom somebody looks, and whatever an operator does in between: exactly one key
    /// signs, no key signs that has not been published for long enough, none is dropped that may
    /// still be needed, and there are never many.
    #[test]
    fn one_key_signs_at_any_time(
        every in 0_i64..100, ahead in 0_i64..50, after in 0_i64..200,
        steps in proptest::collection::vec((0_i64..80, 0_u8..8), 1..60),
    ) {
        let policy = Policy {
            rotate_every: (every > 0).then_some(every),
            publish_ahead: ahead,
            retire_after: after,
            ..policy()
        };
        let (mut states, mut made, mut now) = (KeyStates::default(), 0, 1_000);
        settle(&mut states, &policy, now, &mut made);
        for (passed, action) in steps {
            now += passed;
            let before = states.clone();
            let hastened = action == 1;
            let revoked = (action == 2).then(|| states.keys[0].kid.clone());
            if hastened && let Some(Step::Make { signs_at }) = states.hasten(&policy, now) {
                made += 1;
                let key = key(&made.to_string(), Stage::Next { signs_at });
                states.keys.push(KeyRecord { made: now, ..key });
            }
            states.keys.retain(|key| Some(&key.kid) != revoked.as_ref());
            settle(&mut states, &policy, now, &mut made);

            let signing: Vec<_> =
                states.keys.iter().filter(|key| key.active_since().is_some()).collect();
            prop_assert_eq!(signing.len(), 1);
            prop_assert!(states.due(&policy).is_none_or(|due| due > now));
            let was = before.signing().unwrap();
            if revoked.as_ref() != Some(&was.kid) && signing[0].kid != was.kid {
                prop_assert!(signing[0].made + ahead.min(SETTLING) <= now, "published before it signs");
            }
            for key in &before.keys {
                let is_gone = states.keys.iter().all(|other| other.kid != key.kid);
                if is_gone && revoked.as_ref() != Some(&key.kid) {
                    let Stage::Retired { since } = key.stage else { panic!("{key:?} went") };
                    prop_assert!(since + after < now);
                }
            }
        }
    }
}
