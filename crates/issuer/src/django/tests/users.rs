//! Who looks users up, and what claims can be made of them.

use serde_json::json;

use super::{config, merged, project, refused, text, unreachable};
use crate::Config;
use crate::config::{ClaimSource, UserChoice, UserSource};
use crate::django::{Hashers, Project};

fn with_users(choice: UserChoice) -> Config {
    Config { users: UserSource::Django { choice, queries: Vec::new() }, ..config() }
}

fn with_claim(template: &str) -> Config {
    let claim = (text("c"), ClaimSource::Template(text(template)));
    Config { claims: vec![claim], ..config() }
}

#[test]
fn users_are_looked_up_where_django_does_nothing_else() {
    let plain = project(json!({}));
    let odd =
        Project { obstacles: vec![text("AUTHENTICATION_BACKENDS has ldap")], ..plain.clone() };
    let far = Project { database: unreachable(), ..plain.clone() };
    let strange =
        Hashers { problem: text("PASSWORD_HASHERS has mine.Hasher"), ..Hashers::default() };
    let strange = Project { hashers: strange, ..plain.clone() };
    let tableless = Project { users: None, ..plain.clone() };
    let is_app = |config: &Config, project: &Project| {
        let (merged, notes) = merged(config, project);
        (merged.users == UserSource::Application, notes.join(""))
    };
    for (project, reason) in [
        (&odd, "ldap"),
        (&far, "NAME is no file"),
        (&strange, "mine.Hasher"),
        (&tableless, "no table"),
    ] {
        let (is_app, note) = is_app(&config(), project);
        assert!(is_app && note.contains(reason), "{reason}: {note}");
    }
    assert!(is_app(&with_users(UserChoice::Application), &plain).0);
    let (asks, note) = is_app(&with_users(UserChoice::Table), &odd);
    assert!(!asks && note.contains("ldap"), "{note}");
    for project in [&far, &strange, &tableless] {
        let error = refused(&with_users(UserChoice::Table), project);
        assert!(error.starts_with("users = \"native\" cannot be: "), "{error}");
    }
}

#[test]
fn the_applications_verdict_on_a_user_always_counts() {
    let project = project(json!({"CHECK_USER_IS_ACTIVE": false}));
    let (merged, _) = merged(&with_users(UserChoice::Application), &project);
    assert!(merged.checks_active);
}

#[test]
fn claims_are_of_fields_of_the_model() {
    let (merged, _) =
        merged(&with_claim("{user.nick} <{user.email}> {user.id}"), &project(json!({})));
    let UserSource::Table(_, table) = &merged.users else { panic!("{:?}", merged.users) };
    assert_eq!(table.columns, ["email", "nick_name"]);
    let filled = text("{user.nick_name} <{user.email}> {user.id}");
    assert_eq!(merged.claims[0].1, ClaimSource::Template(filled));
    let error = refused(&with_claim("{user.emial:bool}"), &project(json!({})));
    assert_eq!(error, "auth.jwt.issue.claims.c: auth.User has no field \"emial\"");
    let odd = Project { obstacles: vec![text("a backend")], ..project(json!({})) };
    let error = refused(&with_claim("{user.email}"), &odd);
    assert!(error.contains("a backend") && error.contains("claims_callback"), "{error}");
}
