//! Keys in the gate of a worker: when they come, when they go, and how often anybody asks for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use appserver::jwks::FetchResult;
use appserver_auth::Refetched;

use super::issuer::{Connection, Issuer, Key, answer, hang, raw, set, with_fields};
use super::sharing::{Machine, Worker, until};
use super::{LONG, SOON, remote};

#[test]
fn keys_are_there_soon_after_the_start() {
    let key = Key::new("one");
    let issuer = Issuer::saying(set(&[&key]));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let worker = machine.worker();
        until("the key is there", || worker.kids() == ["one"]).await;
        assert_eq!(issuer.connections(), 1);
    });
}

/// A server that answers when its test says so.
fn when(
    open: &Arc<AtomicU64>,
    text: String,
) -> impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static {
    let open = Arc::clone(open);
    move |connection, head| {
        appserver_testkit::wait_until("it may answer", || open.load(Ordering::SeqCst) > 0);
        answer(text.as_str())(connection, head);
    }
}

#[test]
fn a_thousand_requests_without_a_key_are_one_fetch() {
    let open = Arc::new(AtomicU64::new(0));
    let issuer = Issuer::new(when(&open, set(&[&Key::new("one")])));
    let mut remote = remote(&issuer);
    remote.cooldown = LONG;
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker()];
        let ask =
            |number: usize| workers[number % 2].source().expect("one is on its way").refetch();
        let mut waiting: Vec<_> = (0..1000).map(ask).map(tokio::task::spawn_local).collect();
        until("it is asked", || issuer.connections() > 0).await;
        open.store(1, Ordering::SeqCst);
        for each in waiting.drain(..) {
            assert_eq!(each.await.unwrap(), Refetched::Renewed);
        }
        assert_eq!(issuer.connections(), 1);
        // None of a thousand others waits for anything now.
        assert!(workers.iter().all(|worker| worker.source().is_none()));
        assert!(workers.iter().all(|worker| worker.kids() == ["one"]));
    });
}

#[test]
fn a_thousand_unknown_keys_are_one_fetch_per_cooldown() {
    let issuer = Issuer::saying(set(&[&Key::new("one")]));
    let mut remote = remote(&issuer);
    remote.cooldown = Duration::from_millis(300);
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker()];
        until("the key is there", || workers.iter().all(|worker| !worker.kids().is_empty())).await;
        for round in 2..=3 {
            until("the cool-down is over", || workers[0].source().is_some()).await;
            let ask = |number: usize| workers[number % 2].source().map(|source| source.refetch());
            let waiting: Vec<_> = (0..1000).filter_map(ask).map(tokio::task::spawn_local).collect();
            assert!(!waiting.is_empty());
            for each in waiting {
                assert_eq!(each.await.unwrap(), Refetched::Unchanged);
            }
            assert_eq!(issuer.connections(), round);
        }
        assert_eq!(workers[0].version(), 1, "the same set is not put in again");
    });
}

#[test]
fn a_new_key_is_there_after_one_fetch() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::saying(set(&[&old]));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker()];
        until("the key is there", || workers.iter().all(|worker| worker.kids() == ["old"])).await;
        issuer.behave(answer(set(&[&old, &new])));
        until("the cool-down is over", || workers[0].source().is_some()).await;
        assert_eq!(workers[0].source().unwrap().refetch().await, Refetched::Renewed);
        assert_eq!(workers[0].kids(), ["old", "new"]);
        // The other worker hears of it by itself.
        until("the other has it", || workers[1].kids() == ["old", "new"]).await;
        assert_eq!(issuer.connections(), 2);
    });
}

#[test]
fn a_worker_that_has_not_looked_yet_has_a_new_key_when_it_is_asked() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::saying(set(&[&old]));
    let mut remote = remote(&issuer);
    remote.cooldown = Duration::from_millis(500);
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker(), machine.worker()];
        until("the key is there", || workers.iter().all(|worker| worker.kids() == ["old"])).await;
        issuer.behave(answer(set(&[&old, &new])));
        until("the cool-down is over", || workers[0].source().is_some()).await;
        assert_eq!(workers[0].source().unwrap().refetch().await, Refetched::Renewed);
        for worker in &workers[1..] {
            if worker.kids() == ["old"] {
                let source = worker.source().expect("there is a newer set");
                assert_eq!(source.refetch().await, Refetched::Renewed);
            }
            assert_eq!(worker.kids(), ["old", "new"]);
            assert!(worker.source().is_none(), "there is no more to be had");
        }
        assert_eq!(issuer.connections(), 2);
    });
}

#[test]
fn a_key_that_was_taken_out_goes_at_the_next_refresh() {
    let (good, stolen) = (Key::new("good"), Key::new("stolen"));
    let issuer = Issuer::saying(set(&[&good, &stolen]));
    let mut remote = remote(&issuer);
    remote.cache = SOON;
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let worker = machine.worker();
        until("both are there", || worker.kids() == ["good", "stolen"]).await;
        let before = worker.version();
        issuer.behave(answer(set(&[&good])));
        until("one is", || worker.kids() == ["good"]).await;
        assert!(worker.version() > before, "what was verified with it is forgotten");
    });
}

#[test]
fn the_answer_says_how_long_it_is_fresh() {
    let issuer = Issuer::new(with_fields("Cache-Control: max-age=0\r\n", set(&[&Key::new("a")])));
    let machine = Machine::new(&remote(&issuer));
    machine.run(async |machine| {
        let worker = machine.worker();
        until("it is fetched again", || issuer.connections() >= 2).await;
        assert_eq!(worker.kids(), ["a"]);
    });
}

#[test]
fn old_keys_stay_whatever_the_issuer_says() {
    let many: Vec<_> = (0..10_000).map(|number| format!("{{\"kid\":\"{number}\"}}")).collect();
    let many = format!("{{\"keys\":[{}]}}", many.join(","));
    let deep = format!("{{\"keys\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let key = Key::new("old");
    let issuer = Issuer::saying(set(&[&key]));
    let mut remote = remote(&issuer);
    remote.timeout = Duration::from_secs(1);
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let worker = machine.worker();
        until("the key is there", || worker.kids() == ["old"]).await;
        type Behaviour = Box<dyn Fn(&mut dyn Connection, &str) + Send + Sync>;
        let behaviours: Vec<(Behaviour, FetchResult)> = vec![
            (Box::new(answer("[]")), FetchResult::Content),
            (Box::new(answer("")), FetchResult::Content),
            (Box::new(answer("{}")), FetchResult::Content),
            (Box::new(answer("{\"keys\":[]}")), FetchResult::Content),
            (
                Box::new(answer("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQ\"}]}")),
                FetchResult::Content,
            ),
            (Box::new(answer("<html>sign in</html>")), FetchResult::Content),
            (Box::new(answer(many)), FetchResult::Content),
            (Box::new(answer(deep)), FetchResult::Content),
            (Box::new(raw("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")), FetchResult::Status),
            (Box::new(raw("")), FetchResult::Protocol),
            (Box::new(hang), FetchResult::Timeout),
        ];
        for (behaviour, result) in behaviours {
            issuer.behave(behaviour);
            let before = machine.count(result);
            until("the cool-down is over", || worker.source().is_some()).await;
            let source = worker.source().unwrap();
            while machine.count(result) == before {
                assert_ne!(source.refetch().await, Refetched::Renewed);
                until("the cool-down is over", || source.is_possible()).await;
            }
            assert_eq!(worker.kids(), ["old"], "{result:?}");
        }
        // And when it has come to its senses, it is believed.
        issuer.behave(answer(set(&[&key, &Key::new("new")])));
        until("there is a new one", || {
            if let Some(source) = worker.source() {
                drop(source.refetch());
            }
            worker.kids() == ["old", "new"]
        })
        .await;
    });
}

#[test]
fn keys_that_are_too_old_are_used_no_more_until_there_are_newer() {
    let key = Key::new("one");
    let issuer = Issuer::saying(set(&[&key]));
    let mut remote = remote(&issuer);
    (remote.cache, remote.stale_if_error) = (SOON, SOON);
    remote.cooldown = Duration::from_millis(200);
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let worker = machine.worker();
        until("the key is there", || worker.kids() == ["one"]).await;
        issuer.behave(raw("HTTP/1.1 503 Not now\r\nContent-Length: 0\r\n\r\n"));
        until("the key is gone", || worker.kids().is_empty()).await;
        issuer.behave(answer(set(&[&key])));
        until("the same key is back", || worker.kids() == ["one"]).await;
    });
}

#[test]
fn whoever_waits_is_told_when_nothing_comes() {
    let issuer = Issuer::new(hang);
    let mut remote = remote(&issuer);
    (remote.timeout, remote.cooldown) = (Duration::from_millis(100), LONG);
    let machine = Machine::new(&remote);
    machine.run(async |machine| {
        let workers = [machine.worker(), machine.worker()];
        let ask = |worker: &Worker| worker.source().expect("a fetch is under way").refetch();
        let waiting: Vec<_> = workers.iter().map(ask).map(tokio::task::spawn_local).collect();
        for each in waiting {
            assert_eq!(each.await.unwrap(), Refetched::Failed);
        }
        until("the fetch has ended", || workers.iter().all(|one| one.source().is_none())).await;
        assert_eq!(issuer.connections(), 1);
    });
}
