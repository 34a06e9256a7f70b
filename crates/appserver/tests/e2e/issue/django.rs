//! Projects that do not do everything as Django does by itself: whom the server asks, what it leaves
//! to the project, and what the project's own changes of users end.

use std::process::Command;

use appserver_testkit::{Server, program, python, wait_until};
use serde_json::{Value, json};

use super::project::{
    OBTAIN, Pair, Project, claims, login, me, next_second, post, project, refresh, try_login,
};
use crate::e2e::site::APPS;

/// The project with these settings of Django's.
fn with(settings: &Value) -> Project {
    project().issue("").env("ISSUE_SETTINGS", settings.to_string())
}

#[test]
fn backends_of_the_projects_own_are_asked() {
    let settings = json!({"AUTHENTICATION_BACKENDS": ["issue_accounts.logins.Backend"]});
    for project in [with(&settings), with(&settings).asgi()] {
        let server = project.start();
        server.log().wait_for("because AUTHENTICATION_BACKENDS has issue_accounts.logins.Backend");
        for password in ["ann-password", "mellon"] {
            let pair = Pair::of(&try_login(&server, "ann", password));
            assert_eq!(me(&server, &pair.access), 200);
            let next: Value = refresh(&server, &pair.refresh).assert_status(200).json();
            assert_eq!(me(&server, next["access"].as_str().unwrap()), 200);
        }
        try_login(&server, "ann", "another").assert_status(401);
        let broken = try_login(&server, "ann", "break a backend");
        assert!(broken.status >= 500, "{broken:?}");
        assert!(!server.log().text().contains("break a backend"), "{}", server.log().text());
        server.log().wait_for("in authenticate");
        server.log().wait_for("RuntimeError");
        server.stop();
    }
}

#[test]
fn the_rule_of_a_project_is_asked() {
    let rule = json!({"USER_AUTHENTICATION_RULE": "issue_accounts.logins.rule"});
    let server = project().issue("").simple_jwt(rule).start();
    server.log().wait_for("because USER_AUTHENTICATION_RULE is issue_accounts.logins.rule");
    assert_eq!(me(&server, &login(&server, "ann").access), 200);
    try_login(&server, "bob", "bob-password").assert_status(401);
    server.stop();
}

#[test]
fn times_without_a_time_zone_are_the_projects() {
    let updates = json!({"UPDATE_LAST_LOGIN": true});
    let server = with(&json!({"USE_TZ": false})).simple_jwt(updates).start();
    server.log().wait_for("because USE_TZ is off");
    assert_eq!(me(&server, &login(&server, "ann").access), 200);
    server.stop();
}

#[test]
fn models_of_a_projects_own_are_read() {
    let apps = [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "issue_accounts",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ];
    let settings = json!({"AUTH_USER_MODEL": "issue_accounts.Member", "INSTALLED_APPS": apps});
    let claim =
        "claims = { nick = \"{user.nick}\" }\nrotate = true\nblacklist_after_rotation = true";
    let server = with(&settings).issue(claim).start();
    let body = json!({"email": "ann@example.org", "password": "ann-password"});
    let pair = Pair::of(&post(&server, OBTAIN, &body));
    let told = claims(&pair.access);
    assert_eq!(told["nick"], "ann");
    let id = told["user_id"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    assert_eq!(me(&server, &pair.access), 200, "simplejwt finds the user");
    let next = Pair::of(&refresh(&server, &pair.refresh));
    assert_eq!(me(&server, &next.access), 200);
    refresh(&server, &pair.refresh).assert_status(401);
    let change = "/open/change/?user=ann@example.org&do=password&password=other";
    server.get(change).assert_status(200);
    refresh(&server, &next.refresh).assert_status(401);
    server.stop();
}

#[test]
fn hashers_of_the_projects_own_are_asked() {
    let server = project().issue("").env("ISSUE_HASHER", "issue_accounts.logins.Other").start();
    server.log().wait_for("because PASSWORD_HASHERS has issue_accounts.logins.Other");
    login(&server, "ann");
    server.stop();
}

#[test]
fn serializers_of_the_projects_own_stay() {
    let own = json!({"TOKEN_OBTAIN_SERIALIZER": "issue_accounts.logins.Serializer"});
    let server = project().issue("").simple_jwt(own.clone()).start();
    server.log().wait_for("/api/token/ stays with the application");
    let pair = login(&server, "ann");
    assert_eq!(claims(&pair.access)["own"], true, "it was the project that has answered");
    let next: Value = refresh(&server, &pair.refresh).assert_status(200).json();
    assert_eq!(me(&server, next["access"].as_str().unwrap()), 200);
    server.stop();
    let callback = "claims_callback = \"issue_accounts.logins.claims\"";
    let server = project().issue(callback).simple_jwt(own).start();
    let told = claims(&login(&server, "ann").access);
    assert_eq!((&told["own"], &told["nick"]), (&Value::Null, &json!("ANN")));
    server.stop();
}

#[test]
fn views_of_the_projects_own_stay_below_a_mount() {
    let tables = "[http]\nroot_path = \"/shop\"\n\
                  [auth.jwt.issue.paths]\nobtain = \"/open/token/\"";
    let project = || project().issue("").tables(tables);
    for project in [project(), project().asgi()] {
        let server = project.start();
        server.log().wait_for("/open/token/ is issue_drf.own");
        let answered = post(&server, "/shop/open/token/", &json!({"username": "ann"}));
        let told: Value = answered.assert_status(200).json();
        assert_eq!(told["own"], "/shop/open/token/", "it was the project that has answered");
        let refreshed = post(&server, "/shop/api/token/refresh/", &json!({"refresh": "x"}));
        assert_eq!(refreshed.assert_status(401).json()["code"], "token_not_valid");
        server.stop();
    }
}

#[test]
fn callbacks_add_claims() {
    let callback = "claims_callback = \"issue_accounts.logins.claims\"";
    for project in [project().issue(callback), project().issue(callback).threads(2).asgi()] {
        let server = project.start();
        let pair = login(&server, "ann");
        assert_eq!(claims(&pair.access)["nick"], "ANN");
        let told = claims(&pair.refresh);
        assert_eq!((&told["nick"], &told["kind"]), (&json!("ANN"), &json!("refresh")));
        let broken = try_login(&server, "bob", "bob-password");
        assert!(broken.status >= 500, "{broken:?}");
        server.log().wait_for("RuntimeError: nothing is known of bob");
        server.stop();
    }
}

#[test]
fn a_callback_that_is_not_there_refuses_the_start() {
    for (callback, told) in [
        ("issue_accounts.logins.nothing", "has no attribute 'nothing'"),
        ("nothing.here", "No module named 'nothing'"),
    ] {
        let project = project().issue(&format!("claims_callback = {callback:?}"));
        project.builder().run().assert_code(4).assert_said(told).assert_said("claims_callback");
    }
}

/// What a change of a user does to the user's tokens.
#[track_caller]
fn assert_changed(server: &Server, what: &str, ends: bool) {
    next_second();
    let pair = login(server, "ann");
    let bob = login(server, "bob");
    assert_eq!(me(server, &pair.access), 200);
    let change = format!("/open/change/?password=ann-password&do={}", what.replace(' ', "%20"));
    server.get(&change).assert_status(200);
    let refreshed = refresh(server, &pair.refresh).status;
    let wanted = if ends { (401, 401) } else { (200, 200) };
    assert_eq!((me(server, &pair.access), refreshed), wanted, "{what}\n{}", server.log().text());
    assert_eq!(me(server, &bob.access), 200, "it was ann");
}

#[test]
fn changes_of_users_end_their_tokens() {
    for project in [project(), project().threads(4), project().asgi()] {
        let server = project.issue("").workers(2).start();
        for what in ["touch", "upgrade", "think better of it"] {
            assert_changed(&server, what, false);
        }
        for what in ["password", "revoke", "set", "lock", "deactivate", "delete"] {
            assert_changed(&server, what, true);
            let again = match what {
                "deactivate" => "do=activate",
                "lock" => "do=password&password=ann-password",
                _ => continue,
            };
            server.get(&format!("/open/change/?{again}")).assert_status(200);
        }
        assert!(!server.log().text().contains("were to end and have not"));
        server.stop();
    }
}

/// Runs code in a process of the project that no server has made.
#[track_caller]
pub(super) fn run_elsewhere(server: &Server, project: &Project, code: &str) {
    let python = python::newest();
    let tag = format!("cp{}{}", python.version.0, python.version.1);
    let package = program::target().join("python").join(tag);
    let output = Command::new(python.interpreter())
        .arg("-c")
        .arg(format!("from issue_drf import *\nfrom appserver import tokens\n{code}"))
        .envs(project.environment(server.home()))
        .env("PYTHONPATH", format!("{}:{APPS}", package.display()))
        .current_dir(server.project())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{told}");
}

#[test]
fn other_processes_of_the_project_end_tokens_too() {
    let apps = [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
        "appserver.django",
    ];
    let project = with(&json!({ "INSTALLED_APPS": apps }));
    let server = project.start();
    let pair = login(&server, "ann");
    let change = "user = get_user_model().objects.get(username='ann')\n\
                  user.set_password('other')\n\
                  user.save()";
    run_elsewhere(&server, &project, change);
    refresh(&server, &pair.refresh).assert_status(401);
    wait_until("the workers have heard of it", || me(&server, &pair.access) == 401);
    next_second();
    let pair = Pair::of(&try_login(&server, "ann", "other"));
    let jti = claims(&pair.access)["jti"].as_str().unwrap().to_owned();
    run_elsewhere(&server, &project, &format!("tokens.revoke_token('{jti}')"));
    wait_until("the workers have heard of it", || me(&server, &pair.access) == 401);
    refresh(&server, &pair.refresh).assert_status(200);
    // CPython 3.13.0 with `-c` cannot import in a directory that has been removed.
    let from_nowhere = format!(
        "import tempfile\n\
         from appserver import _appserver\n\
         with tempfile.TemporaryDirectory() as gone: os.chdir(gone)\n\
         settings.BASE_DIR = {:?}\n\
         tokens.revoke_user(get_user_model().objects.get(username='ann'))",
        server.project()
    );
    run_elsewhere(&server, &project, &from_nowhere);
    refresh(&server, &pair.refresh).assert_status(401);
    server.stop();
}
