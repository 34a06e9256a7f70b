//! The gate, asking at each use what is revoked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::config::Provider;
use crate::testing::{NOW, claims, gate, local, simple, verdict};
use crate::{Denials, Gate, Mark, Reason, Undenied};

/// What a test has revoked.
struct Denied {
    marks: Mutex<HashMap<Mark, i64>>,
    is_recent: AtomicBool,
}

impl Denials for Denied {
    fn before(&self, mark: Mark) -> Option<i64> {
        self.marks.lock().unwrap().get(&mark).copied()
    }

    fn is_recent(&self) -> bool {
        self.is_recent.load(Ordering::Relaxed)
    }
}

fn revocable() -> Provider {
    Provider { is_revocable: true, ..local() }
}

fn asking(provider: Provider) -> (Gate, Arc<Denied>) {
    let gate = gate(provider);
    let denied = Denied { marks: Mutex::default(), is_recent: AtomicBool::new(true) };
    let denied = Arc::new(denied);
    gate.set_denials(Arc::<Denied>::clone(&denied));
    (gate, denied)
}

fn issued(at: i64, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    simple(&claims(&format!(r#""iat":{at}{comma}{more}"#)))
}

fn refused(gate: &Gate, token: &str) -> Option<Reason> {
    verdict(gate, token).err()
}

#[test]
fn every_mark_of_a_token_counts_at_each_use() {
    let token = issued(NOW - 10, r#""sid":"s1""#);
    for mark in
        [Mark::of_token("a1"), Mark::of_session("s1"), Mark::of_subject("7"), Mark::of_everybody()]
    {
        let (gate, denied) = asking(revocable());
        assert_eq!(refused(&gate, &token), None);
        denied.marks.lock().unwrap().insert(mark, i64::MAX);
        assert_eq!(refused(&gate, &token), Some(Reason::Revoked));
        assert_eq!(gate.cache_counts(), (1, 1), "it was remembered, and asked about all the same");
        denied.marks.lock().unwrap().clear();
        assert_eq!(refused(&gate, &token), None);
    }
}

#[test]
fn what_was_revoked_of_others_does_not_count() {
    let (gate, denied) = asking(revocable());
    let others = [
        Mark::of_token("7"),
        Mark::of_token("a2"),
        Mark::of_session("a1"),
        Mark::of_subject("a1"),
        Mark::of_subject("8"),
    ];
    denied.marks.lock().unwrap().extend(others.map(|mark| (mark, i64::MAX)));
    assert_eq!(refused(&gate, &issued(NOW, "")), None);
}

#[test]
fn only_what_was_issued_before_is_denied() {
    let (gate, denied) = asking(revocable());
    denied.marks.lock().unwrap().insert(Mark::of_subject("7"), NOW - 5);
    for (at, reason) in [(-6, Some(Reason::Revoked)), (-5, None), (-4, None), (0, None)] {
        assert_eq!(refused(&gate, &issued(NOW + at, "")), reason, "{at}");
    }
    let fraction = simple(&claims(&format!(r#""iat":{}.5"#, NOW - 6)));
    assert_eq!(refused(&gate, &fraction), Some(Reason::Revoked));
}

#[test]
fn a_user_is_one_as_text_and_as_number() {
    let (gate, denied) = asking(revocable());
    denied.marks.lock().unwrap().insert(Mark::of_subject("1"), i64::MAX);
    let of = |user: &str| {
        let exp = NOW + 300;
        simple(&format!(r#"{{"exp":{exp},"iat":{NOW},"jti":"b","user_id":{user}}}"#))
    };
    for user in ["1", r#""1""#] {
        assert_eq!(refused(&gate, &of(user)), Some(Reason::Revoked), "{user}");
    }
    assert_eq!(refused(&gate, &of("2")), None);
    for user in ["1.0", "1e0", "true", "null", "[1]", "{}"] {
        assert_eq!(refused(&gate, &of(user)), Some(Reason::MalformedClaims), "{user}");
    }
}

#[test]
fn a_token_that_could_not_be_revoked_is_refused() {
    let (gate, _) = asking(revocable());
    let says = |jti: &str, more: &str| {
        let exp = NOW + 300;
        refused(&gate, &simple(&format!(r#"{{"exp":{exp},"user_id":"7"{jti}{more}}}"#)))
    };
    let iat = format!(r#","iat":{NOW}"#);
    assert_eq!(says(r#","jti":"a""#, &iat), None);
    assert_eq!(says("", &iat), Some(Reason::ClaimMissing));
    assert_eq!(says(r#","jti":"""#, &iat), Some(Reason::ClaimMissing));
    assert_eq!(says(r#","jti":5"#, &iat), Some(Reason::MalformedClaims));
    assert_eq!(says(r#","jti":null"#, &iat), Some(Reason::MalformedClaims));
    let long = |length| format!(r#","jti":"{}""#, "x".repeat(length));
    assert_eq!(says(&long(255), &iat), None);
    assert_eq!(says(&long(256), &iat), Some(Reason::MalformedClaims));
    assert_eq!(says(&long(300), &iat), Some(Reason::MalformedClaims));
    assert_eq!(says(r#","jti":"a""#, ""), Some(Reason::ClaimMissing));
    let session = |sid: &str| says(r#","jti":"a""#, &format!(r#"{iat},"sid":{sid}"#));
    assert_eq!(session(r#""s""#), None);
    for sid in ["5", "null", r#""""#, "[]"] {
        assert_eq!(session(sid), Some(Reason::MalformedClaims), "{sid}");
    }
}

#[test]
fn ids_are_where_the_project_has_them() {
    let named = Provider { id_claim: Some("id".to_owned()), ..revocable() };
    let (gate, denied) = asking(named);
    denied.marks.lock().unwrap().insert(Mark::of_token("x"), i64::MAX);
    assert_eq!(refused(&gate, &issued(NOW, r#""id":"x""#)), Some(Reason::Revoked));
    assert_eq!(refused(&gate, &issued(NOW, r#""id":"y""#)), None);
    assert_eq!(refused(&gate, &issued(NOW, "")), Some(Reason::ClaimMissing));
    assert_eq!(refused(&gate, &issued(NOW, r#""id":5"#)), Some(Reason::MalformedClaims));
    let none = Provider { id_claim: None, ..revocable() };
    let (gate, denied) = asking(none);
    let bare = simple(&format!(r#"{{"exp":{},"iat":{NOW},"sub":"me"}}"#, NOW + 9));
    assert_eq!(refused(&gate, &bare), None);
    denied.marks.lock().unwrap().insert(Mark::of_subject("me"), i64::MAX);
    assert_eq!(refused(&gate, &bare), Some(Reason::Revoked));
}

#[test]
fn what_is_not_known_is_not_passed() {
    let (gate, denied) = asking(revocable());
    let token = issued(NOW, "");
    denied.is_recent.store(false, Ordering::Relaxed);
    assert_eq!(refused(&gate, &token), Some(Reason::RevocationsUnknown));
    denied.marks.lock().unwrap().insert(Mark::of_token("a1"), i64::MAX);
    assert_eq!(refused(&gate, &token), Some(Reason::Revoked), "that much is known");
    denied.marks.lock().unwrap().clear();
    denied.is_recent.store(true, Ordering::Relaxed);
    assert_eq!(refused(&gate, &token), None);
    let nobody_asked = crate::testing::gate(revocable());
    assert_eq!(refused(&nobody_asked, &token), Some(Reason::RevocationsUnknown));
    nobody_asked.set_denials(Arc::new(Undenied));
    assert_eq!(refused(&nobody_asked, &token), None);
}

#[test]
fn providers_of_others_are_not_asked_about() {
    let (gate, denied) = asking(local());
    denied.marks.lock().unwrap().insert(Mark::of_everybody(), i64::MAX);
    denied.is_recent.store(false, Ordering::Relaxed);
    assert_eq!(refused(&gate, &simple(&claims(""))), None);
}
