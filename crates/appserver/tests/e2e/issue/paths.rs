//! Other ways to write the paths that the server answers: none of them gets to the views of the
//! project, which know nothing of limits, sessions and logouts.

use serde_json::json;

use super::project::{OBTAIN, Project, REFRESH, login, post, project};

/// Every way that something behind a server has ever taken for the path itself, and some that nothing
/// should.
fn spellings(path: &str) -> Vec<String> {
    let rest = path.strip_prefix("/api/t").unwrap();
    [
        format!("/api/%74{rest}"),
        format!("/%61pi/t{rest}"),
        format!("/api%2Ft{rest}"),
        format!("/api/%2574{rest}"),
        format!("/{path}"),
        format!("/api//t{rest}"),
        format!("/./api/t{rest}"),
        format!("/x/..{path}"),
        format!("/x/%2e%2e{path}"),
        format!("{path};x"),
        format!("{path}."),
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path}x/.."),
        format!("{path}/"),
        format!("/api;x/t{rest}"),
        path.replace('/', "\\"),
    ]
    .to_vec()
}

/// The server looks at no token there, and no rule is in the way.
const OPEN: &str = "[[auth.jwt.rules]]\npath = \"/api/\"\nrequire = \"none\"";

fn assert_closed(project: &Project) {
    let server = project.start();
    let pair = login(&server, "ann");
    let logins = json!({"username": "ann", "password": "ann-password"});
    for (path, body) in [(OBTAIN, logins), (REFRESH, json!({"refresh": pair.refresh}))] {
        for spelled in spellings(path) {
            let answer = post(&server, &spelled, &body);
            // Ours is no 200 either: where a path has another spelling, it is another path.
            assert!([400, 401, 404].contains(&answer.status), "{spelled}: {answer:?}");
            assert!(!answer.text().contains("access"), "{spelled}: {}", answer.text());
        }
    }
    server.stop();
}

#[test]
fn no_other_spelling_gets_to_the_projects_views() {
    assert_closed(&project());
    assert_closed(&project().asgi());
}

#[test]
fn a_rule_of_the_operators_changes_nothing_about_it() {
    assert_closed(&project().tables(OPEN));
    let optional = "[[auth.jwt.rules]]\npath = \"/api/\"\nrequire = \"optional\"";
    assert_closed(&project().tables(optional).asgi());
}

/// Otherwise the tests above would hold for a server that refuses whatever is spelled unusually.
#[test]
fn views_that_stay_the_projects_are_reached() {
    let elsewhere = "[auth.jwt.issue.paths]\nobtain = \"/login/\"";
    let server = project().tables(OPEN).tables(elsewhere).start();
    let logins = json!({"username": "ann", "password": "ann-password"});
    let told = post(&server, "/api/%74oken/", &logins).assert_status(200).json();
    assert!(told["access"].is_string(), "{told}");
    server.stop();
}
