//! Passwords that this server stores, read by Django itself. The other way
//! round, what Django stores is in the tests of the crate `passwords`.

use std::io::Write;
use std::process::{Command, Stdio};

use appserver_passwords::{Hashers, Preferred};
use appserver_testkit::python;
use serde_json::{Value, json};

/// Reads a list of passwords with what is stored, and tells of each whether it is right, whether
/// another is, and whether it would be hashed anew.
const DJANGO: &str = r#"
import json, sys
from django.conf import settings
names = ["PBKDF2", "PBKDF2SHA1", "Scrypt", "MD5"]
for library, more in (("argon2", ["Argon2"]), ("bcrypt", ["BCryptSHA256", "BCrypt"])):
    try:
        __import__(library)
        names += more
    except ImportError:
        print("skipped:", library, "is not installed", file=sys.stderr)
settings.configure(
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}PasswordHasher" for name in names]
)
from django.contrib.auth import hashers
def judge(password, stored):
    hasher = hashers.identify_hasher(stored)
    right = hasher.verify(password, stored), hasher.verify(password + "?", stored)
    return [*right, hasher.must_update(stored)]
known = hashers.get_hashers_by_algorithm()
told = [judge(*one) for one in json.load(sys.stdin) if one[1].split("$")[0] in known]
print(json.dumps(told))
"#;

/// Django's own parameters, so that it is content with them: see `must_update`.
const DJANGOS: [Preferred; 6] = [
    Preferred::Pbkdf2Sha256 { iterations: 1_000_000 },
    Preferred::Pbkdf2Sha1 { iterations: 1_000_000 },
    Preferred::Scrypt { work: 1 << 14, block_size: 8, parallelism: 5 },
    Preferred::Md5,
    Preferred::Argon2 { memory: 102_400, time: 2, parallelism: 8 },
    Preferred::BcryptSha256 { cost: 12 },
];

fn stored() -> Vec<Value> {
    let encode = |preferred| {
        let stored = Hashers { preferred, accepted: Vec::new() }.encode("pâss-wörd").unwrap();
        json!(["pâss-wörd", stored])
    };
    DJANGOS.into_iter().map(encode).collect()
}

#[test]
fn passwords_that_we_store_are_right_for_django() {
    let stored = Value::from(stored()).to_string();
    for python in [python::newest()] {
        let mut django = Command::new(python.interpreter());
        django.args(["-c", DJANGO]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut django = django.spawn().unwrap();
        django.stdin.take().unwrap().write_all(stored.as_bytes()).unwrap();
        let output = django.wait_with_output().unwrap();
        let told: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(told.len() >= 4, "{told:?}");
        for one in told {
            assert_eq!(one, json!([true, false, false]), "{:?}", python.version);
        }
    }
}
