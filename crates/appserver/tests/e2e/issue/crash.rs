//! Processes, databases and disks that fail between any two steps: no revocation is lost, and nothing
//! is given out twice.

use appserver_testkit::{ClientError, Response, Server, Signal, wait_until};
use serde_json::json;

use super::own::Service;
use super::project::{
    HELLO, ME, Pair, Project, REFRESH, claims, login, logout_all, me, project, refresh,
};
use crate::e2e::auth_python::token::of_user;
use crate::e2e::site::ask;

/// Few, because workers that die in a row are replaced later and later.
const ROUNDS: usize = 4;

fn family() -> Project {
    project().issue("mode = \"family\"\ngrace = \"5m\"")
}

fn parity() -> Project {
    let settings = json!({"ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true});
    project().issue("mode = \"parity\"").simple_jwt(settings)
}

/// Uses a token at a worker that may be killed meanwhile.
fn try_refresh(server: &Server, token: &str) -> Result<Response, ClientError> {
    let body = json!({"refresh": token}).to_string();
    let mut client = server.client();
    client.request("POST", REFRESH, &[("Content-Type", "application/json")], body.as_bytes())
}

/// Kills a worker while a token is used, and gives what its user got.
fn refresh_and_kill(server: &Server, token: &str) -> Option<Pair> {
    let mark = server.log().mark();
    let answer = std::thread::scope(|scope| {
        let asking = scope.spawn(|| try_refresh(server, token));
        for pid in server.worker_pids() {
            server.kill(pid);
        }
        asking.join().unwrap()
    });
    server.log().wait_nth(mark, 2, "is ready");
    answer.ok().filter(|answer| answer.status == 200).map(|answer| Pair::of(&answer))
}

#[test]
fn workers_that_die_give_the_same_successor_again() {
    let server = family().start();
    let mut seen = 0;
    for _ in 0..ROUNDS {
        let first = login(&server, "ann");
        let before = refresh_and_kill(&server, &first.refresh);
        let after = Pair::of(&refresh(&server, &first.refresh));
        if let Some(before) = before {
            assert_eq!(claims(&before.refresh), claims(&after.refresh), "two successors");
            seen += 1;
        }
        Pair::of(&refresh(&server, &after.refresh));
    }
    eprintln!("{seen} of {ROUNDS} were answered before the worker died");
    server.stop();
}

#[test]
fn workers_that_die_exchange_nothing_twice() {
    let server = parity().start();
    for _ in 0..ROUNDS {
        let first = login(&server, "ann");
        let before = refresh_and_kill(&server, &first.refresh);
        let after = refresh(&server, &first.refresh);
        let given = usize::from(before.is_some()) + usize::from(after.status == 200);
        assert!(given <= 1, "a token was exchanged twice");
        refresh(&server, &first.refresh).assert_status(401);
    }
    server.stop();
}

#[test]
fn revocations_that_were_answered_are_never_lost() {
    let folder = tempfile::tempdir().unwrap();
    let project = family().folder(folder.path()).state(folder.path().join("state"));
    let mut revoked: Vec<Pair> = Vec::new();
    for _ in 0..3 {
        let mut server = project.start();
        for pair in &revoked {
            assert_eq!(me(&server, &pair.access), 401);
            refresh(&server, &pair.refresh).assert_status(401);
        }
        let (pair, used) = (login(&server, "ann"), login(&server, "bob"));
        let next = Pair::of(&refresh(&server, &used.refresh));
        logout_all(&server, &pair.access).assert_status(200);
        kill_all(&mut server);
        revoked.push(pair);
        let server = project.start();
        let again = Pair::of(&refresh(&server, &used.refresh));
        assert_eq!(claims(&again.refresh), claims(&next.refresh));
        assert_eq!(me(&server, &revoked[revoked.len() - 1].access), 401);
        server.stop();
    }
}

/// Kills the master first, and everything that it leaves behind.
fn kill_all(server: &mut Server) {
    server.signal(Signal::SIGKILL);
    server.wait_end();
    for process in server.processes() {
        appserver_testkit::process::signal(process.pid, Signal::SIGKILL);
    }
    server.assert_no_process_left();
}

#[test]
fn redis_that_dies_loses_nothing() {
    let Some(service) = Service::redis() else { return };
    assert_survives(service);
}

#[test]
fn postgresql_that_dies_loses_nothing() {
    let Some(service) = Service::postgres() else { return };
    assert_survives(service);
}

fn assert_survives(mut service: Service) {
    let server = family().store(&format!("url = {:?}", service.url())).start();
    for _ in 0..3 {
        let (ann, bob) = (login(&server, "ann"), login(&server, "bob"));
        let next = Pair::of(&refresh(&server, &bob.refresh));
        logout_all(&server, &ann.access).assert_status(200);
        service.kill();
        for token in [&ann.refresh, &bob.refresh, &next.refresh] {
            let answer = refresh(&server, token).assert_status(503);
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
        let answer = super::project::try_login(&server, "bob", "bob-password");
        assert_eq!(answer.status, 503, "nothing is given out that nobody remembers");
        // What is known stays known, and who has a good token goes on.
        assert_eq!((me(&server, &ann.access), me(&server, &bob.access)), (401, 200));
        service.start();
        wait_until("the store is found again", || refresh(&server, &next.refresh).status == 200);
        refresh(&server, &ann.refresh).assert_status(401);
        assert_eq!(me(&server, &ann.access), 401);
        refresh(&server, &bob.refresh).assert_status(401);
    }
    server.stop();
}

/// Who logs out is told that others may not know, is out on this machine, and everywhere when the store
/// is back.
#[test]
fn logging_out_without_the_store_counts_here() {
    let Some(mut service) = Service::redis() else { return };
    let server = family().store(&format!("url = {:?}", service.url())).start();
    let (ann, bob) = (login(&server, "ann"), login(&server, "bob"));
    service.kill();
    let answer = logout_all(&server, &ann.access).assert_status(503);
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    for _ in 0..10 {
        // Also by the worker that was not asked.
        assert_eq!((me(&server, &ann.access), me(&server, &bob.access)), (401, 200));
    }
    service.start();
    wait_until("the store is told", || refresh(&server, &ann.refresh).status == 401);
    assert_eq!(me(&server, &ann.access), 401);
    Pair::of(&refresh(&server, &bob.refresh));
    login(&server, "ann");
    server.stop();
}

#[test]
fn a_server_starts_without_its_store() {
    let Some(mut service) = Service::redis() else { return };
    let project = family().store(&format!("url = {:?}", service.url()));
    service.kill();
    let server = project.start();
    super::project::try_login(&server, "ann", "ann-password").assert_status(503);
    server.get(HELLO).assert_status(200);
    // Nobody here knows yet whether this token was ended.
    let token = of_user(&json!("1"), &json!({}));
    let header = format!("Bearer {token}");
    let answer = ask(&server, "GET", ME, &[("Authorization", &header)], b"").assert_status(503);
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    service.start();
    wait_until("the store is heard", || me(&server, &token) == 200);
    wait_until("the store is found", || {
        super::project::try_login(&server, "ann", "ann-password").status == 200
    });
    server.stop();
}

/// A file system of its own, as large as this, at `full`.
const SMALL: &str = "mkdir -p full && mount -t tmpfs -o size=512k none full && exec \"$@\"";

#[test]
fn a_full_disk_gives_nothing_out() {
    let unshare = ["unshare", "--mount", "--map-root-user"];
    let mut trial = std::process::Command::new(unshare[0]);
    let folder = tempfile::tempdir().unwrap();
    trial.args(&unshare[1..]).args(["sh", "-c", SMALL, "sh", "true"]).current_dir(folder.path());
    if !trial.output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let project = family().env("ISSUE_WITHOUT_BLACKLIST", "1").state("full/state");
    let words = [&unshare[..], &["sh", "-c", SMALL, "sh"]].concat();
    let server = project.builder().through(&words).start();
    let (ann, bob) = (login(&server, "ann"), login(&server, "bob"));
    // Its folder, as it sees it itself.
    let full = format!("/proc/{}/cwd/full", server.pid());
    let ballast = std::path::Path::new(&full).join("ballast");
    let fill = || {
        let _ = std::fs::write(&ballast, vec![0; 1 << 20]);
    };
    fill();
    let mut last = ann.refresh.clone();
    wait_until("nothing goes any more", || {
        fill();
        let answer = refresh(&server, &last);
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        if answer.status == 200 {
            last = Pair::of(&answer).refresh;
        }
        answer.status == 503
    });
    let answer = super::project::try_login(&server, "bob", "bob-password");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(me(&server, &bob.access), 200);
    std::fs::remove_file(&ballast).unwrap();
    wait_until("there is room again", || refresh(&server, &last).status == 200);
    login(&server, "bob");
    server.stop();
}
