//! Tokens in simplejwt's own tables: what its admin, or any other code of the project, ends there.

use super::django::run_elsewhere;
use super::project::{Pair, Project, claims, login, project, refresh};
use serde_json::{Value, json};

/// What the admin's action does: a row for the outstanding token.
#[track_caller]
fn blacklist(project: &Project, server: &appserver_testkit::Server, token: &str) {
    let jti = claims(token)["jti"].as_str().unwrap().to_owned();
    let code = format!(
        "from rest_framework_simplejwt.token_blacklist.models import *\n\
         token = OutstandingToken.objects.get(jti={jti:?})\n\
         BlacklistedToken.objects.create(token=token)"
    );
    run_elsewhere(server, project, &code);
}

fn parity() -> Project {
    let settings = json!({"ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true});
    project().issue("mode = \"parity\"").simple_jwt(settings)
}

#[test]
fn what_the_project_blacklists_is_used_no_more() {
    for project in [parity(), parity().simple_jwt(json!({})), project()] {
        let server = project.start();
        let (pair, other) = (login(&server, "ann"), login(&server, "ann"));
        blacklist(&project, &server, &pair.refresh);
        for _ in 0..2 {
            let told: Value = refresh(&server, &pair.refresh).assert_status(401).json();
            assert_eq!(told, json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
        }
        let next = refresh(&server, &other.refresh).assert_status(200);
        // A successor is a token like any other.
        if next.json()["refresh"].is_string() {
            let next = Pair::of(&next);
            blacklist(&project, &server, &next.refresh);
            refresh(&server, &next.refresh).assert_status(401);
        }
        server.stop();
    }
}
