//! What is revoked is refused by every worker of the machine as soon as the answer is there, and for
//! as long as the token would have been good.

use appserver_testkit::{Builder, Client, Server, program, wait_until};
use serde_json::{Value, json};

use super::project::{
    BLACKLIST, HELLO, ME, Pair, VERIFY, claims, login, logout_all, me, next_second, post, project,
    refresh,
};
use crate::e2e::auth_python::token::{SECRET, now, signed};

/// A connection to each worker.
fn clients(server: &Server, workers: usize) -> Vec<(Client, u64)> {
    let mut found: Vec<(Client, u64)> = Vec::new();
    wait_until("each worker has accepted a connection", || {
        let mut client = server.client();
        let pid = client.get(HELLO).unwrap().json()["pid"].as_u64().unwrap();
        if found.iter().all(|(_, known)| *known != pid) {
            found.push((client, pid));
        }
        found.len() == workers
    });
    found
}

fn statuses(clients: &mut [(Client, u64)], access: &str) -> Vec<u16> {
    let header = format!("Bearer {access}");
    let ask = |(client, _): &mut (Client, u64)| {
        client.request("GET", ME, &[("Authorization", &header)], b"").unwrap().status
    };
    clients.iter_mut().map(ask).collect()
}

#[test]
fn logging_out_is_seen_by_every_worker_at_once() {
    let server = project().workers(4).start();
    let mut clients = clients(&server, 4);
    let (pair, other, bob) = (login(&server, "ann"), login(&server, "ann"), login(&server, "bob"));
    // Also where the token is remembered as a good one.
    for _ in 0..2 {
        assert_eq!(statuses(&mut clients, &pair.access), [200; 4]);
    }
    logout_all(&server, &pair.access).assert_status(200);
    for token in [&pair.access, &other.access] {
        assert_eq!(statuses(&mut clients, token), [401; 4]);
    }
    for token in [&pair.refresh, &other.refresh] {
        refresh(&server, token).assert_status(401);
    }
    post(&server, VERIFY, &json!({"token": pair.access})).assert_status(400);
    assert_eq!(statuses(&mut clients, &bob.access), [200; 4]);
    // Who logs in right afterwards is not taken for one who was logged out.
    let again = login(&server, "ann");
    assert_eq!(statuses(&mut clients, &again.access), [200; 4]);
    Pair::of(&refresh(&server, &again.refresh));
    server.stop();
}

#[test]
fn logging_out_wants_a_good_token() {
    let server = project().start();
    let pair = login(&server, "ann");
    let forged = signed("HS256", &SECRET.to_lowercase(), &claims(&pair.access));
    for token in ["", "x", &forged, &pair.refresh] {
        logout_all(&server, token).assert_status(401);
    }
    post(&server, super::project::LOGOUT_ALL, &json!({})).assert_status(401);
    assert_eq!(me(&server, &pair.access), 200);
    server.stop();
}

#[test]
fn what_is_refused_is_told_as_by_simplejwt() {
    let server = project().start();
    let pair = login(&server, "ann");
    logout_all(&server, &pair.access).assert_status(200);
    let header = format!("Bearer {}", pair.access);
    let mut client = server.client();
    let answer = client.request("GET", ME, &[("Authorization", &header)], b"").unwrap();
    let told = answer.clone().assert_status(401).json();
    assert_eq!(told["code"], "token_not_valid", "{told}");
    assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    server.stop();
}

#[test]
fn revocations_outlive_workers_and_generations() {
    let server = project().workers(2).start();
    let (pair, bob) = (login(&server, "ann"), login(&server, "bob"));
    logout_all(&server, &pair.access).assert_status(200);
    for pid in server.worker_pids() {
        let mark = server.log().mark();
        server.kill(pid);
        server.log().wait_after(mark, "is ready");
        assert_eq!((me(&server, &pair.access), me(&server, &bob.access)), (401, 200));
    }
    assert_eq!(server.reload().map(drop), Ok(()));
    let mut clients = clients(&server, 2);
    assert_eq!(statuses(&mut clients, &pair.access), [401; 2]);
    assert_eq!(statuses(&mut clients, &bob.access), [200; 2]);
    refresh(&server, &pair.refresh).assert_status(401);
    server.stop();
}

#[test]
fn revocations_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let project = project().folder(folder.path()).state(folder.path().join("state"));
    let first = project.start();
    let (pair, bob) = (login(&first, "ann"), login(&first, "bob"));
    logout_all(&first, &pair.access).assert_status(200);
    first.stop();
    let second = project.start();
    assert_eq!((me(&second, &pair.access), me(&second, &bob.access)), (401, 200));
    refresh(&second, &pair.refresh).assert_status(401);
    Pair::of(&refresh(&second, &bob.refresh));
    second.stop();
}

#[test]
fn operators_revoke() {
    let folder = tempfile::tempdir().unwrap();
    let project = project().folder(folder.path()).state(folder.path().join("state"));
    let server = project.start();
    let id = |pair: &Pair| claims(&pair.access)["user_id"].as_str().unwrap().to_owned();
    let name = |token: &str, claim: &str| claims(token)[claim].as_str().unwrap().to_owned();
    let revoke = |words: &[&str]| {
        let words: Vec<&str> = ["token", "revoke"].iter().chain(words).copied().collect();
        project.builder().in_folder(server.project()).command(&words).run().assert_code(0);
    };
    let refused = |what: &str, token: &str| {
        wait_until(what, || me(&server, token) == 401);
    };
    let (ann, other, bob) = (login(&server, "ann"), login(&server, "ann"), login(&server, "bob"));
    revoke(&["--jti", &name(&ann.access, "jti")]);
    refused("one token is revoked", &ann.access);
    assert_eq!((me(&server, &other.access), me(&server, &bob.access)), (200, 200));
    revoke(&["--session", &name(&other.access, "sid")]);
    refused("a session is revoked", &other.access);
    refresh(&server, &other.refresh).assert_status(401);
    let again = login(&server, "ann");
    revoke(&["--user", &id(&again)]);
    refused("a user is revoked", &again.access);
    assert_eq!(me(&server, &bob.access), 200);
    revoke(&["--everybody"]);
    refused("everybody is revoked", &bob.access);
    refresh(&server, &bob.refresh).assert_status(401);
    next_second();
    assert_eq!(me(&server, &login(&server, "bob").access), 200);
    server.stop();
}

/// Otherwise the command would make a store of its own, and say that it is done.
#[test]
fn what_no_server_reads_is_not_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let project = project().env("ISSUE_WITHOUT_BLACKLIST", "1").state(&state);
    let command = ["token", "revoke", "--everybody"];
    let ended = project.builder().command(&command).run();
    ended.assert_code(1).assert_said("there is no store at").assert_said("STATE_DIRECTORY");
    let settings = format!("state_dir = {state:?}\n[auth.jwt.issue]\nenabled = true\n");
    let native =
        || Builder::native(program::built("native-axum")).file("appserver.toml", &settings);
    native().command(&command).run().assert_code(1).assert_said("there is no store at");
    assert!(!state.exists(), "a revocation makes nothing");
    let server = native().start();
    native().command(&command).run().assert_code(0);
    server.stop();
}

#[test]
fn changes_of_users_end_what_they_have() {
    for project in [project(), project().asgi(), project().threads(2)] {
        let server = project.start();
        let stays = login(&server, "bob");
        for change in ["do=password&password=ann-password", "do=deactivate", "do=delete"] {
            let pair = login(&server, "ann");
            assert_eq!(me(&server, &pair.access), 200);
            server.get(&format!("/open/change/?{change}")).assert_status(200);
            assert_eq!(me(&server, &pair.access), 401, "{change}");
            refresh(&server, &pair.refresh).assert_status(401);
            if change == "do=deactivate" {
                server.get("/open/change/?do=activate").assert_status(200);
            }
        }
        assert_eq!(me(&server, &stays.access), 200);
        server.stop();
    }
}

/// What cannot be revoked is not let in.
#[test]
fn tokens_without_a_name_are_refused() {
    let server = project().start();
    let good = claims(&login(&server, "ann").access);
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed("HS256", SECRET, &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        signed("HS256", SECRET, &claims)
    };
    assert_eq!(me(&server, &changed("jti", json!("x"))), 200);
    assert_eq!(me(&server, &changed("jti", json!("x".repeat(255)))), 200);
    let wrong = [json!(5), json!(""), json!("x".repeat(300)), json!(null), json!(["x"])];
    for jti in wrong {
        assert_eq!(me(&server, &changed("jti", jti.clone())), 401, "{jti}");
    }
    for token in [without("jti"), without("iat"), changed("iat", json!("x"))] {
        assert_eq!(me(&server, &token), 401, "{}", claims(&token));
    }
    assert_eq!(me(&server, &changed("iat", json!(now() + 1000))), 401);
    server.stop();
}

/// A number and its text are one user.
#[test]
fn users_are_revoked_however_tokens_name_them() {
    let server = project().start();
    let pair = login(&server, "ann");
    let mut claims = claims(&pair.access);
    claims["user_id"] = json!(claims["user_id"].as_str().unwrap().parse::<u64>().unwrap());
    let number = signed("HS256", SECRET, &claims);
    assert_eq!(me(&server, &number), 200);
    logout_all(&server, &pair.access).assert_status(200);
    assert_eq!(me(&server, &number), 401);
    server.stop();
}

#[test]
fn a_refresh_token_that_is_blacklisted_ends_its_session() {
    let server = project().start();
    let (pair, other) = (login(&server, "ann"), login(&server, "ann"));
    post(&server, BLACKLIST, &json!({"refresh": pair.refresh})).assert_status(200);
    refresh(&server, &pair.refresh).assert_status(401);
    assert_eq!((me(&server, &pair.access), me(&server, &other.access)), (401, 200));
    server.stop();
}
