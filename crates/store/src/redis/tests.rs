//! What goes to the server and comes back, without one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

fn address(url: &str) -> Address {
    Address { prefix: "test:".to_owned(), ..Address::new(url) }
}

#[test]
fn nothing_is_named_in_clear() {
    let store = RedisStore::open(&address("redis://127.0.0.1/")).unwrap();
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(store.token("abc"), format!("test:token:{digest}"));
    assert_eq!(store.attempts("abc"), format!("test:attempts:{digest}"));
}

#[test]
fn an_address_that_means_nothing_is_refused_without_being_told() {
    let error = RedisStore::open(&address("redis://user:hunter2@/x")).err().unwrap();
    assert!(matches!(error, StoreError::Address(_)));
    assert!(!error.to_string().contains("hunter2"));
    for url in ["redis://127.0.0.1/1", "rediss://user:secret@example.org:6380/"] {
        assert!(RedisStore::is_for(url) && RedisStore::open(&address(url)).is_ok(), "{url}");
    }
    assert!(!RedisStore::is_for("postgres://127.0.0.1/"));
}

#[test]
fn times_that_never_come_are_never() {
    assert_eq!(unnumber(number(i64::MAX)), i64::MAX);
    assert_eq!(unnumber(number(1_700_000_000)), 1_700_000_000);
    assert_eq!(lifetime(i64::MAX, 0), LONGEST);
    assert_eq!(lifetime(0, 5000), KEPT);
    assert_eq!(lifetime(10, 5000), KEPT + 5000);
}

#[test]
fn lines_of_info_are_found() {
    let info = "# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n";
    assert_eq!(line(info, "maxmemory_policy"), Some("allkeys-lru"));
    assert_eq!(line(info, "maxmemory_pol"), None);
}
