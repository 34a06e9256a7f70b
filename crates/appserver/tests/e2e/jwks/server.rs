//! Real servers whose tokens are verified with keys that are fetched.

use std::collections::BTreeSet;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use appserver_testkit::{Builder, Client, Response, Server, program, wait_until};
use serde_json::json;

use super::issuer::{Connection, Issuer, Key, answer, hang, raw, set};

const WSGI: &str = "\
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']
";

const ASGI: &str = "\
async def application(scope, receive, send):
    if scope['type'] != 'http':
        return
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'hello'})
";

/// The settings of a server that trusts this issuer; `jwks` says how its keys are kept.
fn settings(issuer: &Issuer, jwks: &str) -> String {
    format!(
        "[auth.jwt]\ndefault = \"required\"\n\
         [auth.jwt.providers.idp]\nalgorithms = [\"EdDSA\"]\njwks_url = \"{}\"\n\
         [auth.jwt.providers.idp.jwks]\nallow_http = true\n{jwks}",
        issuer.url("/keys"),
    )
}

fn server(app: &str, issuer: &Issuer, jwks: &str) -> Server {
    Builder::source(app).file("appserver.toml", settings(issuer, jwks)).workers(2).start()
}

/// A token of this key that is good for an hour.
fn token(key: &Key) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    key.token(&json!({"sub": "ann", "exp": now + 3600}))
}

fn ask(server: &Server, token: &str) -> Response {
    let mut client = server.client();
    let bearer = format!("Bearer {token}");
    client.request("GET", "/", &[("Authorization", &bearer)], b"").expect("it is answered")
}

fn status(server: &Server, token: &str) -> u16 {
    ask(server, token).status
}

/// The keys of long ago: nothing is fetched but the first set.
const ONCE: &str = "cooldown = \"1h\"\ncache = \"1h\"";
/// As soon as settings allow.
const OFTEN: &str =
    "cooldown = \"1s\"\ncache = \"1s\"\nmin_cache = \"1s\"\nrefresh_before = \"0s\"\n";

#[test]
fn a_request_waits_for_the_first_keys() {
    let key = Key::new("one");
    for app in [WSGI, ASGI] {
        let issuer = Issuer::saying(set(&[&key]));
        let server = server(app, &issuer, ONCE);
        assert_eq!(status(&server, &token(&key)), 200);
        assert_eq!(status(&server, "nonsense"), 401);
        assert_eq!(issuer.connections(), 1, "two workers fetch once");
        server.log().wait_for("provider idp: fetched its keys; usable: 1");
        server.stop();
    }
}

#[test]
fn a_native_application_has_them_too() {
    let key = Key::new("one");
    let issuer = Issuer::saying(set(&[&key]));
    let builder = Builder::native(program::built("native-axum"));
    let server = builder.file("appserver.toml", settings(&issuer, ONCE)).workers(2).start();
    assert_eq!(status(&server, &token(&key)), 200);
    assert_eq!(status(&server, &token(&Key::new("one"))), 401);
    assert_eq!(issuer.connections(), 1);
    server.stop();
}

#[test]
fn a_thousand_unknown_keys_are_not_a_thousand_fetches() {
    let key = Key::new("one");
    for app in [WSGI, ASGI] {
        let issuer = Issuer::saying(set(&[&key]));
        let server = server(app, &issuer, ONCE);
        let good = token(&key);
        assert_eq!(status(&server, &good), 200);
        thread::scope(|scope| {
            for part in 0..20 {
                let (server, good) = (&server, &good);
                scope.spawn(move || {
                    let mut client = server.client();
                    for number in 0..50 {
                        let stranger = token(&Key::new(&format!("{part}-{number}")));
                        assert_eq!(of(&mut client, &stranger), 401);
                        assert_eq!(of(&mut client, good), 200);
                    }
                });
            }
        });
        assert_eq!(issuer.connections(), 1);
        server.stop();
    }
}

fn of(client: &mut Client, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    client.request("GET", "/", &[("Authorization", &bearer)], b"").expect("it is answered").status
}

#[test]
fn a_new_key_is_accepted_and_an_old_one_goes() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    for app in [WSGI, ASGI] {
        let issuer = Issuer::saying(set(&[&old]));
        // Longer than the test, so that it is the token that asks for the fetch.
        let server = server(app, &issuer, "cooldown = \"1s\"\ncache = \"1h\"");
        assert_eq!(status(&server, &token(&old)), 200);
        issuer.behave(answer(set(&[&new])));
        wait_until("the new key is accepted", || status(&server, &token(&new)) == 200);
        assert_eq!(issuer.connections(), 2);
        // Also where its token was remembered, and in the worker that has not fetched.
        let remembered = token(&old);
        wait_until("the old one is gone everywhere", || {
            (0..8).all(|_| status(&server, &remembered) == 401)
        });
        server.stop();
    }
}

/// Tells who has answered.
const WHO: &str = "\
import os

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(os.getpid()).encode()]
";

#[test]
fn once_one_worker_accepts_a_new_key_all_do() {
    let mut keys = vec![Key::new("first")];
    let issuer = Issuer::saying(set(&[&keys[0]]));
    let server = server(WHO, &issuer, "cooldown = \"1s\"\ncache = \"1h\"");
    let (mut clients, mut who) = (Vec::new(), BTreeSet::new());
    wait_until("both workers have connections", || {
        let mut client = server.client();
        let bearer = format!("Bearer {}", token(&keys[0]));
        let response = client.request("GET", "/", &[("Authorization", &bearer)], b"").unwrap();
        assert_eq!(response.status, 200);
        who.insert(response.body);
        clients.push(client);
        who.len() == 2 && clients.len() >= 16
    });
    for round in 0..3 {
        keys.push(Key::new(&format!("key {round}")));
        issuer.behave(answer(set(&keys.iter().collect::<Vec<_>>())));
        let new = token(keys.last().unwrap());
        // Until the cool-down of the last fetch is over, nobody can know it.
        wait_until("it is accepted", || of(&mut clients[0], &new) == 200);
        for client in &mut clients {
            assert_eq!(of(client, &new), 200, "round {round}");
        }
        assert_eq!(issuer.connections(), round + 2, "one fetch for all");
    }
    server.stop();
}

#[test]
fn a_key_that_was_taken_out_is_refused_without_anybody_asking() {
    let (good, stolen) = (Key::new("good"), Key::new("stolen"));
    let issuer = Issuer::saying(set(&[&good, &stolen]));
    let server = server(WSGI, &issuer, OFTEN);
    let remembered = token(&stolen);
    assert_eq!(status(&server, &remembered), 200);
    issuer.behave(answer(set(&[&good])));
    wait_until("it is refused", || (0..8).all(|_| status(&server, &remembered) == 401));
    assert_eq!(status(&server, &token(&good)), 200);
    server.stop();
}

#[test]
fn without_keys_the_answer_is_that_they_are_missing() {
    let key = Key::new("one");
    let issuer = Issuer::new(raw("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"));
    let server = server(WSGI, &issuer, OFTEN);
    assert_eq!(status(&server, &token(&key)), 503);
    server.log().wait_for("provider idp: its keys cannot be fetched: the answer has status 500");
    issuer.behave(answer(set(&[&key])));
    wait_until("there are keys", || status(&server, &token(&key)) == 200);
    // And they stay when the issuer fails again.
    issuer.behave(raw("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"));
    server.log().wait_for("the keys of before stay");
    assert_eq!(status(&server, &token(&key)), 200);
    server.stop();
}

#[test]
fn keys_outlive_workers_and_generations_and_the_issuer() {
    let key = Key::new("one");
    let issuer = Issuer::saying(set(&[&key]));
    let server = server(WSGI, &issuer, ONCE);
    assert_eq!(status(&server, &token(&key)), 200);
    assert_eq!(issuer.connections(), 1);
    drop(issuer);
    let old = server.worker_pids();
    for pid in &old {
        server.kill(*pid);
    }
    wait_until("others are ready", || {
        let workers = server.workers();
        workers.len() == 2 && workers.iter().all(|worker| !old.contains(&worker.pid))
    });
    server.wait_workers(2);
    assert_eq!(status(&server, &token(&key)), 200);
    assert!(server.reload().is_ok());
    for _ in 0..8 {
        assert_eq!(status(&server, &token(&key)), 200);
    }
    server.stop();
}

#[test]
fn keys_outlive_reloads_that_fail_and_settings_that_change() {
    let key = Key::new("one");
    let issuer = Issuer::saying(set(&[&key]));
    let server = server(WSGI, &issuer, ONCE);
    assert_eq!(status(&server, &token(&key)), 200);
    let changed = settings(&issuer, "cooldown = \"1h\"\ncache = \"2h\"");
    let elsewhere = changed.replace("/keys", "/elsewhere");
    issuer.behave(raw("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"));
    let app = server.project().join("app.py");
    let name = app.file_name().unwrap().to_str().unwrap();
    for _ in 0..3 {
        server.replace(name, "raise SystemExit('broken')");
        server.replace("appserver.toml", &elsewhere);
        assert!(server.reload().is_err());
    }
    server.replace(name, WSGI);
    for settings in [settings(&issuer, ONCE), changed] {
        server.replace("appserver.toml", settings);
        assert!(server.reload().is_ok());
        for _ in 0..8 {
            assert_eq!(status(&server, &token(&key)), 200);
        }
    }
    server.stop();
}

#[test]
fn an_issuer_that_hangs_holds_up_neither_others_nor_the_end() {
    let issuer = Issuer::new(hang);
    let server = server(ASGI, &issuer, "timeout = \"1m\"\ncooldown = \"1h\"");
    wait_until("it is asked", || issuer.connections() == 1);
    let mut waiting = server.client();
    let bearer = format!("Bearer {}", token(&Key::new("one")));
    waiting.send_request("GET", "/", &[("Authorization", &bearer)], b"").expect("it accepts");
    assert_eq!(ask(&server, "nonsense").status, 401);
    drop(waiting);
    server.stop();
}

/// A set that is fetched well, with a thing in it that is none.
#[test]
fn what_is_wrong_with_a_key_is_logged_on_one_line() {
    let key = Key::new("one");
    let mut keys = json!({"keys": [key.jwk(), key.jwk()]});
    keys["keys"][1]["kid"] = json!("evil\n2026-01-01 INFO forged");
    keys["keys"][1]["use"] = json!("enc");
    let text = keys.to_string();
    let issuer = Issuer::new(move |connection: &mut dyn Connection, head: &str| {
        answer(text.as_str())(connection, head);
    });
    let server = server(WSGI, &issuer, ONCE);
    assert_eq!(status(&server, &token(&key)), 200);
    let line = server.log().wait_for("usable: 1, left out: 1");
    assert!(!server.log().text().lines().any(|line| line.starts_with("2026-01-01")), "{line}");
    server.stop();
}
