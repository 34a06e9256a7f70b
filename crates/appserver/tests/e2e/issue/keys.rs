//! The keys that tokens are signed with: what is published of them, and who can use that.

use std::process::Command;

use appserver_testkit::{Builder, Server, program, python, wait_until};
use serde_json::{Value, json};

use super::project::{OBTAIN, Pair, Project, header, login, me, post, project, refresh};
use crate::e2e::site::ask;

const JWKS: &str = "/.well-known/jwks.json";
const CONSUME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/issue_oracle/consume.py");
const KINDS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

/// Every name of a private member of a JWK (RFC 7518 section 6), and of a shared secret.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

#[track_caller]
fn public_keys(server: &Server) -> Vec<Value> {
    let answer = server.get(JWKS).assert_status(200);
    let keys = answer.json()["keys"].as_array().expect("a set has keys").clone();
    for key in &keys {
        for name in PRIVATE {
            assert!(key.get(name).is_none(), "{name} is published");
        }
        assert_ne!(key["kty"], "oct");
    }
    keys
}

#[test]
fn secrets_are_no_public_keys() {
    let server = project().start();
    let answer = server.get(JWKS);
    if answer.status == 200 {
        assert_eq!(answer.json(), json!({"keys": []}));
    } else {
        answer.assert_status(404);
    }
    server.stop();
}

/// A private key and its public half, as simplejwt's settings have them.
fn key_pair(kind: &str) -> (String, String) {
    const MAKE: &str = "
import sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
kinds = {
    'ES256': lambda: ec.generate_private_key(ec.SECP256R1()),
    'RS256': lambda: rsa.generate_private_key(65537, 2048),
    'EdDSA': ed25519.Ed25519PrivateKey.generate,
}
key = kinds[sys.argv[1]]()
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode())
print(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode())
";
    let python = python::newest().interpreter();
    let output = Command::new(python).args(["-c", MAKE, kind]).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let at = text.find("-----BEGIN PUBLIC").expect("both are printed");
    (text[..at].to_owned(), text[at..].to_owned())
}

#[test]
fn the_projects_private_keys_stay_private() {
    for kind in KINDS {
        let (private, public) = key_pair(kind);
        let settings = json!({"ALGORITHM": kind, "SIGNING_KEY": private, "VERIFYING_KEY": public});
        let server = project().simple_jwt(settings).start();
        let pair = login(&server, "ann");
        assert_eq!(me(&server, &pair.access), 200);
        let keys = public_keys(&server);
        assert_eq!(keys.len(), 1);
        assert_eq!(header(&pair.access), json!({"alg": kind, "typ": "JWT", "kid": keys[0]["kid"]}));
        refresh(&server, &pair.refresh).assert_status(200);
        server.stop();
    }
}

/// Another Django project that knows nothing but where the keys are published.
#[test]
fn simplejwt_finds_the_keys_that_are_published() {
    for kind in KINDS {
        let (private, public) = key_pair(kind);
        let settings = json!({"ALGORITHM": kind, "SIGNING_KEY": private, "VERIFYING_KEY": public});
        let server = project().issue("mode = \"parity\"").simple_jwt(settings).start();
        let url = format!("http://{}{JWKS}", server.address());
        let there = json!({"ALGORITHM": kind, "SIGNING_KEY": key_pair(kind).0, "JWK_URL": url});
        assert_consumes(&project().simple_jwt(there), &server);
        server.stop();
    }
}

#[track_caller]
fn assert_consumes(there: &Project, server: &Server) {
    let mut command = Command::new(python::newest().interpreter());
    command.arg(CONSUME).arg(server.address().port().to_string());
    let output = command.envs(there.environment(server.home())).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}\nthe server said:\n{}", server.log().text());
}

/// An application without Django, whose keys the server makes.
const OWN: &str = "workers = 4\n[auth.jwt]\ndefault = \"required\"\n\
                   [auth.jwt.issue]\nenabled = true\n[auth.jwt.store]\ntimeout = \"30s\"\n\
                   [auth.jwt.issue.limits]\nper_address = \"off\"\nper_user = \"off\"\n";

fn native() -> Builder {
    Builder::native(program::built("native-axum"))
}

/// Runs a command of this server's to its good end.
#[track_caller]
fn command(server: &Server, words: &[&str]) {
    native().in_folder(server.project()).command(words).run().assert_code(0);
}

#[test]
fn keys_of_the_servers_own_are_rotated_without_a_break() {
    let server = native().file("appserver.toml", OWN).start();
    let before = public_keys(&server);
    assert!(before.iter().all(|key| key["alg"] == "ES256"), "{before:?}");
    command(&server, &["keys", "rotate"]);
    wait_until("another key is published", || {
        let now = public_keys(&server);
        now.len() > before.len() || now.iter().any(|key| !before.contains(key))
    });
    let now = public_keys(&server);
    assert!(before.iter().any(|key| now.contains(key)), "what is signed stays good");
    post(&server, OBTAIN, &json!({})).assert_status(400);
    server.stop();
}

/// A pair of a user whom only this server knows.
#[track_caller]
fn native_login(server: &Server) -> Pair {
    Pair::of(&post(server, OBTAIN, &json!({"username": "ann", "password": "correct horse"})))
}

fn native_me(server: &Server, access: &str) -> u16 {
    ask(server, "GET", "/me", &[("Authorization", &format!("Bearer {access}"))], b"").status
}

/// How many of so many new connections, which come to all workers, are let in with this token.
fn admitted(server: &Server, access: &str) -> usize {
    (0..CONNECTIONS).filter(|_| native_me(server, access) == 200).count()
}

const CONNECTIONS: usize = 16;

#[test]
fn what_a_revoked_key_has_signed_is_refused_everywhere() {
    let server = native().file("appserver.toml", OWN).start();
    let path = server.home().join("password");
    std::fs::write(&path, "correct horse\n").unwrap();
    let input = std::fs::File::open(path).unwrap();
    let add = native().in_folder(server.project()).command(&["users", "add", "ann"]);
    add.stdin(input).run().assert_code(0);
    let pair = native_login(&server);
    assert_eq!(admitted(&server, &pair.access), CONNECTIONS);
    let kid = header(&pair.access)["kid"].as_str().unwrap().to_owned();
    command(&server, &["keys", "revoke", &kid]);
    wait_until("every worker refuses it", || admitted(&server, &pair.access) == 0);
    wait_until("it is published no more", || {
        public_keys(&server).iter().all(|key| key["kid"] != kid.as_str())
    });
    wait_until("no worker signs with it", || {
        (0..CONNECTIONS).all(|_| header(&native_login(&server).access)["kid"] != kid.as_str())
    });
    refresh(&server, &pair.refresh).assert_status(401);
    let next = native_login(&server);
    assert_eq!(admitted(&server, &next.access), CONNECTIONS);
    Pair::of(&refresh(&server, &next.refresh));
    server.stop();
}
