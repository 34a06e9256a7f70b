//! simplejwt 5.5.1 beside the server, on one database and one key: the same answers, and each side's
//! tokens good on the other.
//!
//! `tests/issue_oracle/run.py` asks and compares; what differs on purpose is in its `differences.py`.

use std::process::Command;

use appserver_testkit::python;
use serde_json::{Value, json};

use super::project::{Project, project};
use super::store::{Database, mysql, postgres};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/issue_oracle/run.py");

const PATHS: &str = "\
[auth.jwt.issue.paths]
sliding_obtain = \"/api/sliding/\"
sliding_refresh = \"/api/sliding/refresh/\"
";

/// The project as its operator would run it who changes nothing but who answers.
fn with(simple_jwt: Value) -> Project {
    project().issue("").tables(PATHS).simple_jwt(simple_jwt)
}

#[track_caller]
fn compare(project: &Project) {
    compare_with(project, &[]);
}

/// Compares, with variables that only the other side has.
#[track_caller]
fn compare_with(project: &Project, more: &[(&str, String)]) {
    let server = project.start();
    let port = server.address().port().to_string();
    let mut command = Command::new(python::newest().interpreter());
    command.arg(SCRIPT).arg(&port).envs(project.environment(server.home()));
    command.envs(more.iter().map(|(name, value)| (name, value)));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}\nthe server said:\n{}", server.log().text());
    eprintln!("{said}");
    server.stop();
}

#[test]
fn a_project_that_sets_nothing() {
    compare(&with(json!({})));
}

#[test]
fn rotation() {
    compare(&with(json!({"ROTATE_REFRESH_TOKENS": true})));
}

#[test]
fn rotation_that_blacklists() {
    compare(&with(json!({"ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true})));
}

#[test]
fn a_blacklist_without_rotation() {
    compare(&with(json!({"BLACKLIST_AFTER_ROTATION": true})));
}

#[test]
fn a_project_without_the_blacklist_app() {
    let project = with(json!({"ROTATE_REFRESH_TOKENS": true}));
    compare(&project.env("ISSUE_WITHOUT_BLACKLIST", "1"));
}

#[test]
fn lifetimes_and_the_last_login() {
    compare(&with(json!({
        "UPDATE_LAST_LOGIN": true, "ACCESS_TOKEN_LIFETIME": 61, "REFRESH_TOKEN_LIFETIME": 7201,
        "SLIDING_TOKEN_LIFETIME": 62, "SLIDING_TOKEN_REFRESH_LIFETIME": 7202, "LEEWAY": 3,
        "ROTATE_REFRESH_TOKENS": true,
    })));
}

#[test]
fn names_issuer_and_audience_of_ones_own() {
    compare(&with(json!({
        "USER_ID_CLAIM": "uid", "ISSUER": "https://issuer.example", "AUDIENCE": ["a", "b"],
        "ALGORITHM": "HS512", "ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true,
    })));
}

#[test]
fn claims_of_the_password() {
    compare(&with(json!({"CHECK_REVOKE_TOKEN": true, "ROTATE_REFRESH_TOKENS": true})));
}

#[test]
fn users_who_are_not_looked_at() {
    compare(&with(json!({"CHECK_USER_IS_ACTIVE": false})));
}

#[test]
fn a_project_as_asgi() {
    compare(&with(json!({"ROTATE_REFRESH_TOKENS": true})).asgi());
}

#[test]
fn a_project_on_postgresql() {
    on(postgres("differential"));
}

#[test]
fn a_project_on_mysql() {
    on(mysql("differential"));
}

fn on(database: Option<Database>) {
    let Some(database) = database else { return };
    let settings = json!({"ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true});
    compare(&with(settings).env("ISSUE_DATABASE", database.url()));
}
