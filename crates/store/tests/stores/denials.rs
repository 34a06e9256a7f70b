//! What is revoked is revoked for everybody who asks.

use appserver_store::{Consumed, Denial, Entry, Mark, Reuse, Since, State};

use super::place::Place;
use super::tokens::{NOW, exchange, token};

const SECONDS: i64 = NOW / 1000;

fn denial(mark: Mark, before: i64) -> Denial {
    Denial { mark, before, until: SECONDS + 1000 }
}

pub(crate) async fn each_kind_denies(place: &Place) {
    let marks = [
        ("token", Mark::of_token("token")),
        ("session", Mark::of_session("session of it")),
        ("subject", Mark::of_subject("2")),
        ("everybody", Mark::of_everybody()),
    ];
    let store = place.open();
    for (jti, mark) in marks {
        let entry = |jti: &str| match jti {
            "session" => Entry { session: "session of it".to_owned(), ..token(jti) },
            "subject" => Entry { subject: "2".to_owned(), ..token(jti) },
            _ => token(jti),
        };
        let used = appserver_store::Use { token: entry(jti), ..exchange(jti, "b", Reuse::Refused) };
        store.record(&used.token).await.unwrap();
        assert_eq!(store.state(&used.token).await.unwrap(), State::Live, "{jti}");
        place.open().deny(&[denial(mark, SECONDS + 1)], NOW).await.unwrap();
        assert_eq!(store.state(&used.token).await.unwrap(), State::Revoked, "{jti}");
        assert_eq!(store.consume(&used).await.unwrap(), Consumed::Revoked, "{jti}");
    }
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Revoked);
}

pub(crate) async fn tokens_issued_later_are_not_denied(place: &Place) {
    let store = place.open();
    store.deny(&[denial(Mark::of_subject("1"), SECONDS)], NOW).await.unwrap();
    let earlier = Entry { issued: SECONDS - 1, ..token("earlier") };
    store.record(&earlier).await.unwrap();
    store.record(&token("a")).await.unwrap();
    assert_eq!(store.state(&earlier).await.unwrap(), State::Revoked);
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Live);
    // A token of nobody is not of the subject without a name.
    store.deny(&[denial(Mark::of_subject(""), i64::MAX)], NOW).await.unwrap();
    let nobody = Entry { subject: String::new(), ..token("nobody") };
    store.record(&nobody).await.unwrap();
    assert_eq!(store.state(&nobody).await.unwrap(), State::Live);
    let used = exchange("a", "b", Reuse::Refused);
    assert_eq!(store.consume(&used).await.unwrap(), Consumed::Fresh);
}

pub(crate) async fn denials_become_stricter_only(place: &Place) {
    let store = place.open();
    let mark = Mark::of_subject("1");
    let put = [
        Denial { mark, before: 500, until: SECONDS + 20 },
        Denial { mark, before: 700, until: SECONDS + 10 },
        Denial { mark, before: 600, until: SECONDS + 15 },
    ];
    store.deny(&put[..1], NOW).await.unwrap();
    store.deny(&put[1..], NOW).await.unwrap();
    let (told, _) = store.denials(Since::default(), NOW).await.unwrap();
    assert_eq!(told, [Denial { mark, before: 700, until: SECONDS + 20 }]);
}

pub(crate) async fn changes_are_told_to_others(place: &Place) {
    let (one, other) = (place.open(), place.open());
    let (told, since) = other.denials(Since::default(), NOW).await.unwrap();
    assert_eq!(told, []);
    let first = denial(Mark::of_token("a"), i64::MAX);
    one.deny(&[first], NOW).await.unwrap();
    let (told, since) = other.denials(since, NOW).await.unwrap();
    assert_eq!(told, [first]);
    let second = denial(Mark::of_everybody(), 5);
    one.deny(&[second], NOW).await.unwrap();
    let (told, _) = other.denials(since, NOW).await.unwrap();
    assert!(told.contains(&second), "{told:?}");
    // One who begins anew is told all.
    let (mut told, _) = place.open().denials(Since::default(), NOW).await.unwrap();
    told.sort_by_key(|one| one.before);
    assert_eq!(told, [second, first]);
    // Who has read up to a time that has not come yet was told by a clock that was wrong.
    let (told, since) = other.denials(Since(i64::MAX), NOW).await.unwrap();
    assert_eq!(told.len(), 2);
    assert_ne!(since, Since(i64::MAX));
}

pub(crate) async fn denials_that_have_ended_are_not_told_and_are_swept(place: &Place) {
    let store = place.open();
    let soon = Denial { mark: Mark::of_token("a"), before: 1, until: SECONDS + 10 };
    let late = Denial { mark: Mark::of_token("b"), before: 1, until: SECONDS + 1000 };
    store.deny(&[soon, late], NOW).await.unwrap();
    let (told, _) = store.denials(Since::default(), NOW + 11_000).await.unwrap();
    assert_eq!(told, [late]);
    store.sweep(NOW + 11_000, 10).await.unwrap();
    let (told, _) = store.denials(Since::default(), NOW).await.unwrap();
    assert!(told.contains(&late), "{told:?}");
}

pub(crate) async fn changes_that_come_late_are_told(place: &Place) {
    let (one, other) = (place.open(), place.open());
    let late = denial(Mark::of_token("a"), i64::MAX);
    one.deny(&[late], NOW).await.unwrap();
    let (_, since) = other.denials(Since::default(), NOW).await.unwrap();
    // As if it had been put in 70 s ago, by a transaction that has only now come to its end.
    place.run("UPDATE appserver_denials SET changed_at = changed_at - 70000").await;
    assert_eq!(other.denials(since, NOW).await.unwrap().0, [late]);
    place.run("UPDATE appserver_denials SET changed_at = changed_at - 60000").await;
    assert_eq!(other.denials(since, NOW).await.unwrap().0, []);
}
