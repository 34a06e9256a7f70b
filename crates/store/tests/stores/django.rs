//! In simplejwt's tables everything is as simplejwt would have it.

use appserver_store::{Consumed, Entry, Reuse, State};

use super::place::Place;
use super::tokens::{NOW, exchange, token};

/// All that is outstanding.
const OUTSTANDING: &str = "SELECT CONCAT(jti, '|', token, '|', created_at, '|', expires_at, '|', \
    COALESCE(user_id, 0)) FROM token_blacklist_outstandingtoken ORDER BY id";

pub(crate) async fn rows_are_as_simplejwt_makes_them(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    store.consume(&exchange("a", "b", Reuse::Refused)).await.unwrap();
    let fraction = if place.is_mysql() { ".000000" } else { "" };
    let zone = if place.address.url.starts_with("postgres") { "+00" } else { "" };
    let digest = "ab".repeat(32);
    let row = |jti: &str| {
        format!(
            "{jti}|sha256:{digest}|2023-11-14 22:13:20{fraction}{zone}|\
             2023-11-15 22:13:20{fraction}{zone}|1"
        )
    };
    assert_eq!(place.ask(OUTSTANDING).await, [row("a"), row("b")]);
    let listed =
        "SELECT CONCAT(token_id, '|', blacklisted_at) FROM token_blacklist_blacklistedtoken";
    assert_eq!(place.ask(listed).await, [format!("1|2023-11-14 22:13:20{fraction}{zone}")]);
}

pub(crate) async fn what_others_blacklist_is_revoked(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    let now = if place.address.url.starts_with("sqlite") { "datetime('now')" } else { "now()" };
    place
        .run(&format!(
            "INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) \
             SELECT id, {now} FROM token_blacklist_outstandingtoken"
        ))
        .await;
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Revoked);
    let used = exchange("a", "b", Reuse::Refused);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Revoked);
    assert!(!store.blacklist(&token("a"), NOW).await.unwrap());
    place.run("DELETE FROM token_blacklist_blacklistedtoken").await;
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Fresh);
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Used);
}

pub(crate) async fn tokens_of_nobody_have_no_user(place: &Place) {
    let store = place.open();
    for (number, subject) in ["", "77", "x", "99999999999999999999"].into_iter().enumerate() {
        let entry = Entry { subject: subject.to_owned(), ..token(&format!("a{number}")) };
        store.record(&entry).await.unwrap();
        assert_eq!(store.state(&entry).await.unwrap(), State::Live, "{subject:?}");
    }
    let rows = place.ask(OUTSTANDING).await;
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.ends_with("|0")), "{rows:?}");
    let long = Entry { jti: "j".repeat(256), ..token("") };
    store.record(&long).await.unwrap_err();
}
