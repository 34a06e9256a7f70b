//! Who logs in where: beside an application that is busy, over several protocols, and without Django.

use std::fs::File;

use appserver_testkit::{Builder, Gate, program};
use serde_json::json;

use super::project::{OBTAIN, Pair, claims, login, me, post, project, refresh, try_login};

#[test]
fn a_busy_application_holds_nobody_up() {
    let server = project().workers(1).threads(2).start();
    let gate = Gate::shut(server.home());
    let mut waiting: Vec<_> = (0..2).map(|_| server.client()).collect();
    for client in &mut waiting {
        client.send_request("GET", "/open/wait/", &[], b"").unwrap();
    }
    server.wait_in_flight(2);
    let pair = login(&server, "ann");
    refresh(&server, &pair.refresh).assert_status(200);
    gate.open();
    for client in &mut waiting {
        assert_eq!(client.read_response().unwrap().status, 200);
    }
    server.stop();
}

#[test]
fn applications_of_all_kinds_have_logins() {
    for project in [project(), project().threads(4), project().asgi()] {
        let server = project.start();
        let pair = login(&server, "ann");
        assert_eq!(me(&server, &pair.access), 200);
        assert_eq!(me(&server, &Pair::of(&refresh(&server, &pair.refresh)).access), 200);
        server.stop();
    }
}

/// Nothing but `enabled`: keys, store and users are the server's own.
#[test]
fn native_applications_have_users_of_the_servers_own() {
    let settings = "workers = 2\n[auth.jwt]\ndefault = \"required\"\n[auth.jwt.issue]\nenabled = true\n\
                    [auth.jwt.store]\ntimeout = \"30s\"\n";
    let native = || Builder::native(program::built("native-axum"));
    let server = native().file("appserver.toml", settings).start();
    std::fs::write(server.home().join("password"), "correct horse battery\n").unwrap();
    let input = File::open(server.home().join("password")).unwrap();
    let command = |words: &[&str]| native().in_folder(server.project()).command(words);
    command(&["users", "add", "ann"]).stdin(input).run().assert_code(0);
    server.get("/me").assert_status(401);
    let body = json!({"username": "ann", "password": "correct horse battery"});
    let answer = post(&server, OBTAIN, &body);
    let pair = Pair::of(&answer);
    let ask = |token: &str| {
        let header = format!("Bearer {token}");
        crate::e2e::site::ask(&server, "GET", "/me", &[("Authorization", &header)], b"").status
    };
    assert_eq!(ask(&pair.access), 200);
    assert!(claims(&pair.access)["sid"].is_string(), "families are what there is by default");
    let next = Pair::of(&refresh(&server, &pair.refresh));
    assert_eq!(ask(&next.access), 200);
    command(&["users", "disable", "ann"]).run().assert_code(0);
    appserver_testkit::wait_until("a disabled user is out", || ask(&next.access) == 401);
    refresh(&server, &next.refresh).assert_status(401);
    post(&server, OBTAIN, &body).assert_status(401);
    server.stop();
}

/// The project knows where the state of tokens is: in its own tables.
#[test]
fn users_of_the_servers_own_beside_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let project = project().issue("users = \"embedded\"\nmode = \"family\"").folder(folder.path());
    let server = project.start();
    std::fs::write(server.home().join("password"), "correct horse battery\n").unwrap();
    let input = File::open(server.home().join("password")).unwrap();
    let command = |words: &[&str]| project.builder().in_folder(server.project()).command(words);
    command(&["users", "add", "eve"]).stdin(input).run().assert_code(0);
    let pair = Pair::of(&try_login(&server, "eve", "correct horse battery"));
    command(&["users", "disable", "eve"]).run().assert_code(0).assert_said("and is logged out");
    refresh(&server, &pair.refresh).assert_status(401);
    server.stop();
}
