//! Passwords that Django has stored (`vectors.py` makes them): all are right, and none of what is
//! almost like them.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use appserver_passwords::{Algorithm, Checked, Hashers, Preferred};
use serde_json::Value;

struct Vector {
    password: String,
    encoded: String,
    preferred: Preferred,
    is_outdated: bool,
}

fn vectors() -> Vec<Vector> {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let read = |vector: &Value| Vector {
        password: {
            let times = vector["password"][1].as_u64().unwrap();
            vector["password"][0].as_str().unwrap().repeat(usize::try_from(times).unwrap())
        },
        encoded: vector["encoded"].as_str().unwrap().to_owned(),
        preferred: serde_json::from_value(vector["preferred"].clone()).unwrap(),
        is_outdated: vector["outdated"].as_bool().unwrap(),
    };
    all.iter().map(read).collect()
}

/// What is wrong costs nothing: the stored texts' own parameters are cheap.
fn cheap() -> Hashers {
    Hashers { preferred: Preferred::Md5, accepted: Algorithm::ALL.to_vec() }
}

fn is_cheap(vector: &Vector) -> bool {
    vector.is_outdated || vector.preferred == Preferred::Md5
}

const WRONG: Checked = Checked { is_right: false, is_outdated: false, problem: None };

#[test]
fn what_django_has_stored_is_right_and_outdated_where_django_says_so() {
    let vectors = vectors();
    assert!(vectors.len() > 300);
    for Vector { password, encoded, preferred, is_outdated } in vectors {
        let hashers = Hashers { preferred, accepted: Vec::new() };
        let expected = Checked { is_right: true, is_outdated, problem: None };
        assert_eq!(hashers.check(&password, Some(&encoded)), expected, "{encoded}");
    }
}

#[test]
fn another_algorithm_is_outdated() {
    for vector in vectors().into_iter().filter(is_cheap) {
        let checked = cheap().check(&vector.password, Some(&vector.encoded));
        let is_outdated = vector.preferred != Preferred::Md5 || vector.is_outdated;
        assert_eq!(checked, Checked { is_right: true, is_outdated, problem: None });
    }
}

#[test]
fn another_password_is_wrong() {
    for vector in vectors().into_iter().filter(is_cheap) {
        let wrong = format!("!{}", vector.password);
        assert_eq!(cheap().check(&wrong, Some(&vector.encoded)), WRONG, "{}", vector.encoded);
    }
}

/// Plain bcrypt knows no more of a password, as Django with bcrypt before 5.0.
#[test]
fn only_bcrypt_leaves_out_what_comes_after_72_bytes() {
    let is_long = |vector: &Vector| is_cheap(vector) && vector.password.len() > 72;
    for vector in vectors().into_iter().filter(is_long) {
        let longer = format!("{}?", vector.password);
        let checked = cheap().check(&longer, Some(&vector.encoded));
        let is_plain = vector.encoded.starts_with("bcrypt$");
        assert_eq!(checked.is_right, is_plain, "{}", vector.encoded);
    }
}

/// One text of each form, with the least work that it can say.
fn one_of_each() -> Vec<Vector> {
    let mut seen = Vec::new();
    let is_new = |vector: &Vector| {
        let form: Vec<&str> = vector.encoded.split('$').take(3).collect();
        let form = (form.join("$").len(), vector.encoded.len(), vector.preferred);
        let is_new = is_cheap(vector) && vector.password == "secret" && !seen.contains(&form);
        seen.push(form);
        is_new
    };
    vectors().into_iter().filter(is_new).collect()
}

#[test]
fn no_damaged_text_is_right_or_panics() {
    for Vector { password, encoded, .. } in one_of_each() {
        for at in 0..encoded.len() {
            let cut = String::from_utf8_lossy(&encoded.as_bytes()[..at]).into_owned();
            assert!(!cheap().check(&password, Some(&cut)).is_right, "{cut}");
            for byte in b"$0 =,/A\0" {
                let mut bytes = encoded.clone().into_bytes();
                if std::mem::replace(&mut bytes[at], *byte) == *byte {
                    continue;
                }
                let changed = String::from_utf8_lossy(&bytes).into_owned();
                assert!(!cheap().check(&password, Some(&changed)).is_right, "{changed}");
            }
        }
        for more in ["$", "=", "A", "\n"] {
            let longer = format!("{encoded}{more}");
            assert!(!cheap().check(&password, Some(&longer)).is_right, "{longer}");
        }
    }
}
