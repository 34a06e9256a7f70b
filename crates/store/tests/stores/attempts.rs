//! Limits hold for all who share a store.

use std::time::Duration;

use appserver_store::Allowance;

use super::place::Place;
use super::tokens::NOW;

const WINDOW: Duration = Duration::from_secs(3600);

fn allowance(key: &str, burst: u32) -> Allowance {
    Allowance { key: key.to_owned(), burst, per: Duration::from_secs(60) }
}

pub(crate) async fn allowances_are_used_up_and_fill(place: &Place) {
    let store = place.open();
    let from = [allowance("address", 3)];
    for _ in 0..3 {
        assert_eq!(store.take(&from, NOW).await.unwrap(), None);
    }
    let wait = place.open().take(&from, NOW).await.unwrap().unwrap();
    assert_eq!(wait, Duration::from_secs(20));
    assert_eq!(store.take(&from, NOW + 20_000).await.unwrap(), None);
    assert!(store.take(&from, NOW + 20_000).await.unwrap().is_some());
    assert_eq!(store.take(&[allowance("other", 3)], NOW).await.unwrap(), None);
    assert_eq!(store.take(&[], NOW).await.unwrap(), None);
}

pub(crate) async fn all_allowances_or_none_are_taken(place: &Place) {
    let store = place.open();
    let (wide, narrow) = (allowance("wide", 3), allowance("narrow", 1));
    let both = [wide.clone(), narrow];
    assert_eq!(store.take(&both, NOW).await.unwrap(), None);
    for _ in 0..5 {
        assert!(store.take(&both, NOW).await.unwrap().is_some());
    }
    let wide = [wide];
    assert_eq!(store.take(&wide, NOW).await.unwrap(), None);
    assert_eq!(store.take(&wide, NOW).await.unwrap(), None);
    assert!(store.take(&wide, NOW).await.unwrap().is_some());
}

pub(crate) async fn parallel_takers_share_an_allowance(place: &Place) {
    let stores = [place.open(), place.open()];
    let tasks: Vec<_> = (0..40)
        .map(|i| {
            let store = stores[i % 2].clone();
            let mut from = [allowance("one", 10), allowance("two", 15)];
            if i % 3 == 0 {
                from.reverse();
            }
            tokio::spawn(async move { store.take(&from, NOW).await.unwrap().is_none() })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 10);
}

pub(crate) async fn failures_are_counted_within_their_window(place: &Place) {
    let store = place.open();
    assert_eq!(store.fail("ann", WINDOW, NOW).await.unwrap(), 1);
    assert_eq!(place.open().fail("ann", WINDOW, NOW + 1000).await.unwrap(), 2);
    assert_eq!(store.fail("bob", WINDOW, NOW).await.unwrap(), 1);
    assert_eq!(store.fail("ann", WINDOW, NOW + 7_300_000).await.unwrap(), 1);
    assert_eq!(store.fail("ann", WINDOW, NOW + 7_301_000).await.unwrap(), 2);
    store.forgive("ann").await.unwrap();
    assert_eq!(store.fail("ann", WINDOW, NOW + 7_302_000).await.unwrap(), 1);
}

pub(crate) async fn locks_end_and_are_forgiven(place: &Place) {
    let store = place.open();
    let keys = ["ann".to_owned(), "address".to_owned()];
    assert_eq!(store.locked(&keys, NOW).await.unwrap(), None);
    store.lock("address", NOW + 60_000).await.unwrap();
    assert_eq!(place.open().locked(&keys, NOW).await.unwrap(), Some(NOW + 60_000));
    assert_eq!(store.locked(&keys[..1], NOW).await.unwrap(), None);
    assert_eq!(store.locked(&keys, NOW + 60_001).await.unwrap(), None);
    store.lock("ann", NOW + 90_000).await.unwrap();
    assert_eq!(store.locked(&keys, NOW).await.unwrap(), Some(NOW + 90_000));
    store.forgive("ann").await.unwrap();
    store.forgive("nobody").await.unwrap();
    assert_eq!(store.locked(&keys, NOW).await.unwrap(), Some(NOW + 60_000));
}
