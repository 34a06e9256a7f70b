//! What cannot be right is wrong, with a reason for the log; and what it costs.

use super::*;
use crate::Preferred;
use crate::recipe::tests::COMPUTED;

const CHEAP: [Preferred; 7] = [
    Preferred::Pbkdf2Sha256 { iterations: 10 },
    Preferred::Pbkdf2Sha1 { iterations: 10 },
    Preferred::Argon2 { memory: 64, time: 2, parallelism: 2 },
    Preferred::BcryptSha256 { cost: 4 },
    Preferred::Bcrypt { cost: 4 },
    Preferred::Scrypt { work: 16, block_size: 8, parallelism: 2 },
    Preferred::Md5,
];

fn hashers(preferred: Preferred) -> Hashers {
    Hashers { preferred, accepted: Vec::new() }
}

fn problem(stored: &str) -> Option<&'static str> {
    let hashers = Hashers { preferred: Preferred::Md5, accepted: Algorithm::ALL.to_vec() };
    let checked = hashers.check("secret", Some(stored));
    assert_eq!((checked.is_right, checked.is_outdated), (false, false), "{stored}");
    checked.problem
}

#[test]
fn what_is_encoded_is_right_and_current() {
    for preferred in CHEAP {
        let hashers = hashers(preferred);
        let stored = hashers.encode("secret").unwrap();
        let right = Checked { is_right: true, is_outdated: false, problem: None };
        assert_eq!(hashers.check("secret", Some(&stored)), right, "{stored}");
        assert!(!hashers.check("Secret", Some(&stored)).is_right);
        assert_ne!(hashers.encode("secret").unwrap(), stored, "salts differ");
    }
}

#[test]
fn what_is_encoded_fits_djangos_column() {
    let usual = [
        Preferred::Pbkdf2Sha256 { iterations: limits::ITERATIONS },
        Preferred::Argon2 { memory: 102_400, time: 2, parallelism: 8 },
        Preferred::Scrypt { work: 1 << 14, block_size: 8, parallelism: 5 },
    ];
    for preferred in usual {
        let recipe = Recipe::new(&preferred).unwrap();
        let cheap = CHEAP.into_iter().find(|cheap| cheap.algorithm() == preferred.algorithm());
        let written = |preferred: &Preferred| format!("{preferred:?}").len();
        let stored = hashers(cheap.unwrap()).encode("").unwrap();
        let longer = written(&preferred) - written(&cheap.unwrap());
        assert!(stored.len() + longer <= 128, "{recipe:?}");
    }
}

#[test]
fn nobody_and_unusable_passwords_are_no_problem() {
    let nobody = hashers(Preferred::Md5).check("secret", None);
    assert_eq!(nobody, Checked { is_right: false, is_outdated: false, problem: None });
    assert_eq!(problem("!"), None);
    assert_eq!(problem("!md5$a$8d777f385d3dfec8815d20f7496026dc"), None);
}

#[test]
fn what_django_no_longer_reads_is_of_no_known_hasher() {
    let unknown = Some("the stored password is of no known hasher");
    let texts =
        ["", "secret", "5ebe2294ecd0e0f08eab7690d2a6ee69", "sha1$$a", "crypt$$ab", "MD5$a$b"];
    for text in texts {
        assert_eq!(problem(text), unknown, "{text}");
    }
}

#[test]
fn only_accepted_hashers_are_computed() {
    let stored = hashers(Preferred::Md5).encode("secret").unwrap();
    let mut hashers = hashers(Preferred::Pbkdf2Sha256 { iterations: 1 });
    let refused = Some("the stored password is of a hasher that is not accepted");
    assert_eq!(hashers.check("secret", Some(&stored)).problem, refused);
    hashers.accepted.push(Algorithm::Md5);
    assert!(hashers.check("secret", Some(&stored)).is_right);
}

#[test]
fn malformed_texts_are_named() {
    let long = format!("md5${}$8d777f385d3dfec8815d20f7496026dc", "a".repeat(limits::STORED));
    let texts = [
        "pbkdf2_sha256",
        "pbkdf2_sha256$0$salt$hash",
        "pbkdf2_sha256$+1$salt$hash",
        "pbkdf2_sha256$1$$hash",
        "pbkdf2_sha256$1$salt$hash$",
        "argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ",
        "argon2$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=1,p=1,x=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=1,p=9$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=1,p=1$c2Fs$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$",
        "bcrypt$$2b$04$abcdefghijklmnopqrstuu",
        "bcrypt$$2z$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
        "bcrypt$$2b$03$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
        "bcrypt$$2b$04$äbcdefghijklmnopqrstuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
        "scrypt$15$salt$8$1$hash",
        "scrypt$1$salt$8$1$hash",
        "scrypt$16$salt$0$1$hash",
        "scrypt$16$salt$8$0$hash",
        "md5$salt",
        &long,
    ];
    for text in texts {
        assert_eq!(problem(text), Some("the stored password is malformed"), "{text}");
    }
}

#[test]
fn a_text_that_asks_for_too_much_work_is_not_computed() {
    let texts = [
        "pbkdf2_sha256$10000001$salt$hash",
        "pbkdf2_sha1$99999999999999999999$salt$hash",
        "argon2$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=64,t=17,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=1048576,t=5,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=1048576,t=1,p=4294967295$c2FsdHNhbHQ$aGFzaA",
        "bcrypt$$2b$17$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
        "bcrypt_sha256$$2b$99$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
        "scrypt$4294967295$salt$4294967295$4294967295$hash",
        "scrypt$1048576$salt$16$1$hash",
        "scrypt$2$salt$1$8388609$hash",
    ];
    for text in texts {
        let excessive = Some("the stored password would take too much work");
        assert_eq!(problem(text), excessive, "{text}");
    }
}

#[test]
fn what_is_preferred_has_the_same_bounds() {
    use crate::EncodeError::Parameters;
    let refused = [
        Preferred::Pbkdf2Sha256 { iterations: 0 },
        Preferred::Pbkdf2Sha1 { iterations: limits::ITERATIONS + 1 },
        Preferred::Argon2 { memory: 8, time: 1, parallelism: 2 },
        Preferred::Argon2 { memory: limits::MEMORY, time: 5, parallelism: 1 },
        Preferred::BcryptSha256 { cost: 3 },
        Preferred::Bcrypt { cost: 17 },
        Preferred::Scrypt { work: 15, block_size: 8, parallelism: 1 },
        Preferred::Scrypt { work: 1 << 20, block_size: 16, parallelism: 1 },
    ];
    for preferred in refused {
        assert_eq!(hashers(preferred).validate(), Err(Parameters), "{preferred:?}");
        assert_eq!(hashers(preferred).encode("secret"), Err(Parameters));
        assert!(!hashers(preferred).check("secret", None).is_right);
    }
    for preferred in CHEAP {
        assert_eq!(hashers(preferred).validate(), Ok(()));
    }
}

/// The rest, as the stored text that it would be, up to the salt.
fn shortfall(stored: &str, preferred: &Preferred) -> Option<(String, u32)> {
    let (rest, times) = hashers(*preferred).recipe(stored).unwrap().shortfall(preferred)?;
    Some((rest.encode("secret").unwrap(), times))
}

#[test]
fn a_wrong_password_costs_what_is_preferred_where_the_stored_one_is_less() {
    let cases = [
        (
            "pbkdf2_sha256$10$salt$",
            Preferred::Pbkdf2Sha256 { iterations: 30 },
            "pbkdf2_sha256$20$salt$",
            1,
        ),
        (
            "pbkdf2_sha1$29$salt$",
            Preferred::Pbkdf2Sha1 { iterations: 30 },
            "pbkdf2_sha1$1$salt$",
            1,
        ),
        (
            "scrypt$16$salt$8$1$",
            Preferred::Scrypt { work: 16, block_size: 8, parallelism: 5 },
            "scrypt$16$salt$8$4$",
            1,
        ),
        (
            "argon2$argon2i$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
            Preferred::Argon2 { memory: 96, time: 4, parallelism: 2 },
            "argon2$argon2i$v=19$m=64,t=4,p=2$",
            1,
        ),
        (
            "bcrypt$$2b$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
            Preferred::Bcrypt { cost: 7 },
            "bcrypt$$2b$04$abcdefghijklmnopqrstuu",
            7,
        ),
    ];
    for (stored, preferred, begins, times) in cases {
        let (rest, count) = shortfall(stored, &preferred).unwrap();
        assert!(rest.starts_with(begins), "{rest}");
        assert_eq!(count, times, "{stored}");
    }
}

#[test]
fn nothing_is_added_to_as_much_or_more_work() {
    for preferred in CHEAP {
        let stored = hashers(preferred).encode("secret").unwrap();
        assert_eq!(shortfall(&stored, &preferred), None, "{stored}");
    }
    let less = Preferred::Pbkdf2Sha256 { iterations: 5 };
    assert_eq!(shortfall("pbkdf2_sha256$10$salt$", &less), None);
    let less = Preferred::Bcrypt { cost: 4 };
    let stored = "bcrypt$$2b$05$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey";
    assert_eq!(shortfall(stored, &less), None);
}

/// The rounds of all that is computed while this is checked.
fn rounds(hashers: &Hashers, password: &str, stored: Option<&str>) -> Vec<u64> {
    COMPUTED.take();
    assert!(!hashers.check(password, stored).is_right);
    COMPUTED.take().iter().map(Recipe::rounds).collect()
}

#[test]
fn what_cannot_be_right_costs_as_much_as_what_is_wrong() {
    let hashers = Hashers {
        preferred: Preferred::Pbkdf2Sha256 { iterations: 30 },
        accepted: vec![Algorithm::Bcrypt],
    };
    let right = hashers.encode("secret").unwrap();
    for stored in [
        None,
        Some(right.as_str()),
        Some("!unusable"),
        Some(""),
        Some("crypt$$ab"),
        Some("md5$a$8d777f385d3dfec8815d20f7496026dc"),
        Some("pbkdf2_sha256$30$salt"),
        Some("pbkdf2_sha256$99999999$salt$hash"),
        Some("bcrypt$$2b$99$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey"),
    ] {
        assert_eq!(rounds(&hashers, "wrong", stored), [30], "{stored:?}");
    }
    assert_eq!(rounds(&hashers, "wrong", Some("pbkdf2_sha256$10$salt$hash")), [10, 20]);
}

#[test]
fn a_wrong_password_costs_as_many_rounds_of_bcrypt_as_are_preferred() {
    let stored = "bcrypt$$2b$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey";
    let spent = rounds(&hashers(Preferred::Bcrypt { cost: 7 }), "wrong", Some(stored));
    assert_eq!(spent.iter().sum::<u64>(), 1 << 7);
}

#[test]
fn a_right_password_costs_one_hash() {
    let hashers = hashers(Preferred::Pbkdf2Sha256 { iterations: 30 });
    let stored = hashers.encode("secret").unwrap();
    COMPUTED.take();
    assert!(hashers.check("secret", Some(&stored)).is_right);
    assert_eq!(COMPUTED.take().len(), 1);
}
