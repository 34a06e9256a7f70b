//! One file of SQLite, which the application and the server have open in the same process.

use std::path::Path;

use appserver_testkit::{Server, python};
use serde_json::{Value, json};

use super::at_once::all_at_once;
use super::django::run_elsewhere;
use super::project::{Pair, Project, claims, login, project, refresh};

/// Clients at once, and how often.
const CLIENTS: usize = 20;
const ROUNDS: usize = 10;

#[test]
fn files_of_the_project_are_opened_with_its_library() {
    for project in [project(), project().threads(2), project().asgi()] {
        assert_is_pythons(project.issue(VERSION).start());
    }
}

#[test]
fn every_python_lends_its_library() {
    for python in python::all() {
        // The tables of the server are made because SQLite says that they are not there.
        let folder = tempfile::tempdir().unwrap();
        let project = in_the_projects_file(project().issue(VERSION), folder.path());
        let server = project.builder().python(&python).start();
        let pair = login(&server, "ann");
        refresh(&server, &Pair::of(&refresh(&server, &pair.refresh)).refresh).assert_status(200);
        assert_is_pythons(server);
    }
}

/// A claim that tells which library has read the user.
const VERSION: &str =
    "mode = \"family\"\nclaims = { library = \"sql:SELECT sqlite_version() WHERE $1 = $1\" }";

#[track_caller]
fn assert_is_pythons(server: Server) {
    let python: Value = server.get("/open/library/").assert_status(200).json();
    assert_eq!(claims(&login(&server, "ann").access)["library"], json!([python["version"]]));
    server.stop();
}

/// With the server's own tables beside the project's, and without simplejwt's.
fn in_the_projects_file(project: Project, folder: &Path) -> Project {
    // A path may begin with two slashes.
    let store = format!("url = \"sqlite:///{}/issue.sqlite3\"", folder.display());
    project.folder(folder).store(&store).env("ISSUE_WITHOUT_BLACKLIST", "1")
}

#[test]
fn values_come_as_they_are_stored() {
    let values = "SELECT id + 6 FROM auth_user WHERE id = $1 UNION ALL SELECT 1.5 UNION ALL SELECT 1e300 \
                  UNION ALL SELECT NULL UNION ALL SELECT 'é' UNION ALL SELECT x'c3a9'";
    let issue = format!(
        "claims = {{ values = \"sql:{values}\", joined = \"{{user.date_joined}}\", \
         staff = \"{{user.is_staff:bool}}\", id = \"{{user.id:int}}\", \
         settings = \"{{user.last_name:json}}\" }}"
    );
    let server = project().issue(&issue).start();
    let settings = r#"{"list":[1,null,"é"]}"#;
    let rename = "/open/change/?do=name&name=%7B%22list%22%3A%5B1%2Cnull%2C%22%C3%A9%22%5D%7D";
    server.get(rename).assert_status(200);
    let told = claims(&login(&server, "ann").access);
    assert_eq!(told["values"], json!(["7", "1.5", 1e300_f64.to_string(), "é", "é"]));
    assert_eq!((&told["staff"], &told["id"]), (&json!(false), &json!(1)));
    assert_eq!(told["settings"], serde_json::from_str::<Value>(settings).unwrap());
    let joined = told["joined"].as_str().unwrap();
    assert!(joined.starts_with("20") && joined.len() == "2026-01-02 03:04:05.678901".len());
    server.stop();
}

/// Logs in, refreshes, blacklists, and lets the project's own views read, write and compute, all at once.
#[track_caller]
fn assert_shared(project: &Project) {
    let server = project.start();
    let mut pairs: Vec<Pair> = (0..CLIENTS).map(|_| login(&server, "ann")).collect();
    for _ in 0..ROUNDS {
        let found = all_at_once(&[&server], CLIENTS, |one, number| match number % 5 {
            0 => one.try_login("ann", "ann-password"),
            1 => one.refresh(&pairs[number].refresh),
            2 => one.get("/open/change/?do=touch&user=bob"),
            3 => one.get("/open/compute/"),
            _ => one.get("/open/change/?do=name&user=bob&name=Bob"),
        });
        for (number, answer) in found.iter().enumerate() {
            assert_eq!(answer.status, 200, "{number}: {answer:?}\n{}", server.log().text());
            if number % 5 < 2 {
                pairs[number] = Pair::of(answer);
            }
        }
    }
    let log = server.log().text();
    for bad in ["disk I/O error", "malformed", "is locked", "cannot be reached"] {
        assert!(!log.contains(bad), "{log}");
    }
    assert_is_whole(&server, project);
    server.stop();
}

#[track_caller]
fn assert_is_whole(server: &Server, project: &Project) {
    let check = "from django.db import connection\n\
                 with connection.cursor() as cursor: cursor.execute('PRAGMA integrity_check'); \
                 found = cursor.fetchall()\n\
                 assert found == [('ok',)], found";
    run_elsewhere(server, project, check);
}

/// One worker with several threads, in which the server writes to the table of users, too.
fn busy() -> Project {
    let settings = json!({
        "ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true, "UPDATE_LAST_LOGIN": true,
    });
    project().issue("mode = \"parity\"").simple_jwt(settings).workers(1).threads(4)
}

#[test]
fn the_project_and_the_server_share_a_file() {
    for project in [busy(), busy().threads(1), busy().asgi()] {
        assert_shared(&project);
    }
}

#[test]
fn a_store_in_the_projects_file_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    assert_shared(&in_the_projects_file(busy(), folder.path()));
}
