//! One refresh token in the hands of many at once, on every store: it is exchanged once.

use appserver_testkit::Server;
use serde_json::{Value, json};

use super::at_once::all_at_once;
use super::project::{BLACKLIST, Pair, Project, claims, login, me, project, refresh};
use super::store::{mysql, postgres, redis};

const CLIENTS: usize = 100;
const WORKERS: usize = 4;

/// As simplejwt, but atomic.
fn parity() -> Project {
    let settings = json!({"ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true});
    project().issue("mode = \"parity\"").simple_jwt(settings).workers(WORKERS)
}

fn family(grace: &str) -> Project {
    project().issue(&format!("mode = \"family\"\ngrace = \"{grace}\"")).workers(WORKERS)
}

/// The answers to parallel uses of one token: the bodies of the good ones, and how many were refused.
fn used(server: &Server, token: &str) -> (Vec<Pair>, usize) {
    let answers = all_at_once(&[server], CLIENTS, |one, _| one.refresh(token));
    let good: Vec<Pair> =
        answers.iter().filter(|answer| answer.status == 200).map(Pair::of).collect();
    let refused = answers.iter().filter(|answer| answer.status == 401);
    let refused = refused.inspect(|answer| assert_is_blacklisted(&answer.json())).count();
    assert_eq!(good.len() + refused, CLIENTS, "{answers:?}\n{}", server.log().text());
    (good, refused)
}

#[track_caller]
fn assert_is_blacklisted(told: &Value) {
    assert_eq!(*told, json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
}

/// Exactly one pair, which is good.
#[track_caller]
fn assert_once(project: &Project) {
    let server = project.start();
    for _ in 0..3 {
        let (good, refused) = used(&server, &login(&server, "ann").refresh);
        assert_eq!((good.len(), refused), (1, CLIENTS - 1), "{}", server.log().text());
        assert_eq!(me(&server, &good[0].access), 200);
        refresh(&server, &good[0].refresh).assert_status(200);
    }
    server.stop();
}

/// The same successor for all within the grace, and the session lives on.
#[track_caller]
fn assert_same(project: &Project) {
    let server = project.start();
    let (good, refused) = used(&server, &login(&server, "ann").refresh);
    assert_eq!((good.len(), refused), (CLIENTS, 0), "{}", server.log().text());
    let first = claims(&good[0].refresh);
    for pair in &good {
        assert_eq!(claims(&pair.refresh), first, "all are the same token");
        assert_eq!(me(&server, &pair.access), 200);
    }
    refresh(&server, &good[0].refresh).assert_status(200);
    server.stop();
}

/// Without a grace, who comes second is a thief, and nobody knows who came first.
#[track_caller]
fn assert_theft(project: &Project) {
    let server = project.start();
    let pair = login(&server, "ann");
    let (good, refused) = used(&server, &pair.refresh);
    assert_eq!((good.len(), refused), (1, CLIENTS - 1), "{}", server.log().text());
    assert_is_blacklisted(&refresh(&server, &good[0].refresh).assert_status(401).json());
    assert_eq!((me(&server, &good[0].access), me(&server, &pair.access)), (401, 401));
    login(&server, "ann");
    server.stop();
}

#[test]
fn simplejwts_tables_exchange_a_token_once() {
    assert_once(&parity());
}

#[test]
fn sqlite_exchanges_a_token_once() {
    assert_once(&parity().env("ISSUE_WITHOUT_BLACKLIST", "1"));
    assert_same(&family("5m").env("ISSUE_WITHOUT_BLACKLIST", "1"));
    assert_theft(&family("0s").env("ISSUE_WITHOUT_BLACKLIST", "1"));
}

#[test]
fn simplejwts_tables_know_sessions() {
    assert_same(&family("5m"));
    assert_theft(&family("0s"));
}

#[test]
fn postgresql_exchanges_a_token_once() {
    let Some(database) = postgres("parallel") else { return };
    in_all_modes(&|project| project.store(&format!("url = {:?}", database.url())));
    // And simplejwt's tables there.
    assert_once(&parity().env("ISSUE_DATABASE", database.url()));
    assert_same(&family("5m").env("ISSUE_DATABASE", database.url()));
}

#[test]
fn mysql_exchanges_a_token_once() {
    let Some(database) = mysql("parallel") else { return };
    in_all_modes(&|project| project.store(&format!("url = {:?}", database.url())));
    assert_once(&parity().env("ISSUE_DATABASE", database.url()));
    assert_same(&family("5m").env("ISSUE_DATABASE", database.url()));
}

#[test]
fn redis_exchanges_a_token_once() {
    let Some((url, prefix)) = redis("parallel") else { return };
    in_all_modes(&|project| project.store(&format!("url = {url:?}\nprefix = {prefix:?}")));
}

fn in_all_modes(on: &dyn Fn(Project) -> Project) {
    assert_once(&on(parity()));
    assert_same(&on(family("5m")));
    assert_theft(&on(family("0s")));
}

#[test]
fn a_token_is_blacklisted_once() {
    let server = parity().start();
    let token = login(&server, "ann").refresh;
    let body = json!({"refresh": token});
    let answers = all_at_once(&[&server], CLIENTS, |one, _| one.post(BLACKLIST, &body).status);
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), CLIENTS - 1);
    refresh(&server, &token).assert_status(401);
    server.stop();
}

#[test]
fn blacklisting_and_exchanging_at_once_do_not_both_succeed() {
    let server = parity().start();
    for _ in 0..20 {
        let token = login(&server, "ann").refresh;
        let statuses = all_at_once(&[&server], 2, |one, number| match number {
            0 => one.refresh(&token).status,
            _ => one.post(BLACKLIST, &json!({"refresh": token})).status,
        });
        let good = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(good, 1, "{statuses:?}");
    }
    server.stop();
}
