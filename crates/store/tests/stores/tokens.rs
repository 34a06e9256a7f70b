//! Tokens are used once, whoever asks.

use std::time::Duration;

use appserver_store::{Consumed, Denial, Entry, Mark, Reuse, State, Use};

use super::place::Place;

/// In milliseconds.
pub(crate) const NOW: i64 = 1_700_000_000_000;

const DAY: i64 = 86_400;

/// Of the session `session`, for the user 1.
pub(crate) fn token(jti: &str) -> Entry {
    Entry {
        jti: jti.to_owned(),
        session: "session".to_owned(),
        subject: "1".to_owned(),
        issued: NOW / 1000,
        expires: NOW / 1000 + DAY,
        digest: "ab".repeat(32),
    }
}

pub(crate) fn exchange(from: &str, to: &str, reuse: Reuse) -> Use {
    Use { token: token(from), successor: token(to), reuse, now: NOW }
}

const FAMILY: Reuse = Reuse::Theft { grace: Duration::from_secs(10) };

fn later(used: Use, milliseconds: i64) -> Use {
    Use { now: used.now + milliseconds, ..used }
}

pub(crate) async fn of_parallel_uses_one_is_fresh(place: &Place) {
    let stores: Vec<_> = (0..4).map(|_| place.open()).collect();
    stores[0].record(&token("a")).await.unwrap();
    for (round, reuse) in [Reuse::Refused, FAMILY].into_iter().enumerate() {
        let jti = format!("a{round}");
        stores[0].record(&token(&jti)).await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                let store = stores[i % stores.len()].clone();
                let to = if reuse == FAMILY { "next".to_owned() } else { format!("next{i}") };
                let used = exchange(&jti, &to, reuse);
                tokio::spawn(async move { store.consume(&used).await.unwrap() })
            })
            .collect();
        let mut came = Vec::new();
        for task in tasks {
            came.push(task.await.unwrap());
        }
        let fresh = came.iter().filter(|one| **one == Consumed::Fresh).count();
        assert_eq!(fresh, 1, "{came:?}");
        let other = if reuse == FAMILY { Consumed::Replayed { at: NOW } } else { Consumed::Reused };
        assert_eq!(came.iter().filter(|one| **one == other).count(), 99, "{came:?}");
    }
}

pub(crate) async fn a_token_is_used_once(place: &Place) {
    let store = place.open();
    store.prepare().await.unwrap();
    store.record(&token("a")).await.unwrap();
    let first = exchange("a", "b", Reuse::Refused);
    assert_eq!(store.consume(&first).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.consume(&first).await.unwrap(), Consumed::Reused);
    let second = exchange("b", "c", Reuse::Refused);
    assert_eq!(place.open().consume(&second).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.consume(&second).await.unwrap(), Consumed::Reused);
    assert_eq!(store.consume(&first).await.unwrap(), Consumed::Reused);
}

pub(crate) async fn unknown_tokens_are_adopted_once(place: &Place) {
    let stores = [place.open(), place.open()];
    let used = exchange("from elsewhere", "b", Reuse::Refused);
    let tasks: Vec<_> = (0..20)
        .map(|i| {
            let (store, used) = (stores[i % 2].clone(), used.clone());
            tokio::spawn(async move { store.consume(&used).await.unwrap() })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        fresh += usize::from(task.await.unwrap() == Consumed::Fresh);
    }
    assert_eq!(fresh, 1);
    assert_eq!(stores[0].state(&token("b")).await.unwrap(), State::Live);
}

pub(crate) async fn unknown_tokens_are_refused_in_families(place: &Place) {
    let store = place.open();
    let used = exchange("a", "b", FAMILY);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Unknown);
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Unknown);
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Unknown);
}

pub(crate) async fn within_the_grace_the_same_successor_is_given(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    let used = exchange("a", "b", FAMILY);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Fresh);
    for after in [0, 5_000, 10_000] {
        let again = later(used.clone(), after);
        assert_eq!(store.consume(&again).await.unwrap(), Consumed::Replayed { at: NOW });
    }
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Live);
    assert_eq!(store.consume(&later(used, 10_001)).await.unwrap(), Consumed::Reused);
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Revoked);
}

pub(crate) async fn only_the_direct_predecessor_has_a_grace(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    let (one, two) = (exchange("a", "b", FAMILY), exchange("b", "c", FAMILY));
    assert_eq!(store.consume(&one).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.consume(&two).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.consume(&two).await.unwrap(), Consumed::Replayed { at: NOW });
    assert_eq!(store.consume(&one).await.unwrap(), Consumed::Reused);
    assert_eq!(store.consume(&two).await.unwrap(), Consumed::Revoked);
}

pub(crate) async fn another_successor_is_no_repetition(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    assert_eq!(store.consume(&exchange("a", "b", FAMILY)).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.consume(&exchange("a", "c", FAMILY)).await.unwrap(), Consumed::Reused);
}

pub(crate) async fn reuse_revokes_the_session(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    let other = Entry { session: "other".to_owned(), ..token("x") };
    store.record(&other).await.unwrap();
    let used = exchange("a", "b", FAMILY);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Fresh);
    let (told, since) = store.denials(Default::default(), NOW).await.unwrap();
    assert_eq!(told, []);
    assert_eq!(store.consume(&later(used, 60_000)).await.unwrap(), Consumed::Reused);
    let (told, _) = store.denials(since, NOW).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].mark, Mark::of_session("session"));
    assert_eq!(told[0].before, i64::MAX);
    assert!(told[0].until >= token("b").expires);
    let next = exchange("b", "c", FAMILY);
    assert_eq!(store.consume(&next).await.unwrap(), Consumed::Revoked);
    assert_eq!(store.state(&other).await.unwrap(), State::Live);
}

pub(crate) async fn blacklisted_tokens_are_not_used(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    assert!(store.blacklist(&token("a"), NOW).await.unwrap());
    assert!(!store.blacklist(&token("a"), NOW).await.unwrap());
    assert!(place.open().blacklist(&token("unknown"), NOW).await.unwrap());
    for (reuse, jti) in [(Reuse::Refused, "a"), (FAMILY, "a"), (Reuse::Refused, "unknown")] {
        let used = exchange(jti, "b", reuse);
        assert_eq!(store.consume(&used).await.unwrap(), Consumed::Revoked);
    }
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Unknown);
    // A successor that was revoked is not given again.
    store.record(&token("c")).await.unwrap();
    let used = exchange("c", "d", FAMILY);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Fresh);
    assert!(store.blacklist(&token("d"), NOW).await.unwrap());
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Reused);
}

pub(crate) async fn used_tokens_are_not_blacklisted(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    store.consume(&exchange("a", "b", FAMILY)).await.unwrap();
    assert!(!store.blacklist(&token("a"), NOW).await.unwrap());
}

pub(crate) async fn states_are_told(place: &Place) {
    let store = place.open();
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Unknown);
    store.record(&token("a")).await.unwrap();
    store.record(&token("a")).await.unwrap();
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Live);
    store.consume(&exchange("a", "b", FAMILY)).await.unwrap();
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Used);
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Live);
    store.blacklist(&token("b"), NOW).await.unwrap();
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Revoked);
}

pub(crate) async fn expired_tokens_are_swept(place: &Place) {
    let store = place.open();
    for number in 0..7 {
        store.record(&token(&format!("a{number}"))).await.unwrap();
    }
    store.consume(&exchange("a0", "b", FAMILY)).await.unwrap();
    store.lock("ann", NOW + 60_000).await.unwrap();
    assert_eq!(store.sweep(NOW, 100).await.unwrap(), 0);
    let after = NOW + 3 * DAY * 1000;
    assert!(store.sweep(after, 3).await.unwrap() <= 3);
    while store.sweep(after, 3).await.unwrap() > 0 {}
    assert_eq!(store.locked(&["ann".to_owned()], NOW).await.unwrap(), None);
    assert_eq!(store.state(&token("a0")).await.unwrap(), State::Unknown);
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Unknown);
    if place.address.is_django {
        for table in [
            "SELECT jti FROM token_blacklist_outstandingtoken",
            "SELECT CONCAT(token_id, '') FROM token_blacklist_blacklistedtoken",
        ] {
            assert_eq!(place.ask(table).await, [""; 0]);
        }
    }
}

pub(crate) async fn stores_are_made_by_many_at_once(place: &Place) {
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = place.open();
            tokio::spawn(async move {
                if number % 2 == 0 {
                    store.prepare().await.unwrap();
                }
                store.record(&token(&format!("a{number}"))).await.unwrap();
                store.prepare().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let store = place.open();
    for number in 0..8 {
        assert_eq!(store.state(&token(&format!("a{number}"))).await.unwrap(), State::Live);
    }
}

pub(crate) async fn only_hashes_are_kept_in_our_tables(place: &Place) {
    let store = place.open();
    store.record(&token("known")).await.unwrap();
    store.consume(&exchange("known", "successor", FAMILY)).await.unwrap();
    store.lock("ann", NOW + 1).await.unwrap();
    store
        .deny(&[Denial { mark: Mark::of_token("known"), before: 1, until: 1 }], NOW)
        .await
        .unwrap();
    let mut kept =
        place.ask("SELECT CONCAT(jti, COALESCE(successor, '')) FROM appserver_tokens").await;
    kept.extend(place.ask("SELECT mark FROM appserver_denials").await);
    kept.extend(place.ask("SELECT name FROM appserver_attempts").await);
    assert!(kept.len() >= 3, "{kept:?}");
    for text in kept {
        assert!(text.len() % 32 == 0 && text.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
    }
}
