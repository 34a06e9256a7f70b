//! The policy: which rule counts, which paths are ambiguous, and what a rule wants.

mod conditions;
mod mistakes;
mod paths;
mod properties;
mod requirements;

use super::{Ambiguous, Matched, Policy};
use crate::config::{Config, Keys, Presence, Provider, Requirement, Rule};
use crate::{Algorithm, testing};

fn rule(path: &str, require: Requirement) -> Rule {
    Rule::new(path, require)
}

fn required(path: &str) -> Rule {
    rule(path, Requirement::Required)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn corp() -> Provider {
    testing::provider("corp", &[Algorithm::ES256], Keys::Django)
}

/// Two providers, `local` and `corp`; a default of `optional`.
fn config(rules: Vec<Rule>) -> Config {
    let config = testing::config(vec![testing::local(), corp()], rules);
    Config { default: Presence::Optional, ..config }
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy::new(&config(rules)).unwrap()
}

const RULE: Result<Matched, Ambiguous> = Ok(Matched::Rule(0));
const DEFAULT: Result<Matched, Ambiguous> = Ok(Matched::Default);
const AMBIGUOUS: Result<Matched, Ambiguous> = Err(Ambiguous);

#[test]
fn the_first_rule_that_matches_counts() {
    let policy = policy(vec![required("/api/admin"), required("/api"), required("/")]);
    assert_eq!(policy.find("GET", "/api/admin/x"), Ok(Matched::Rule(0)));
    assert_eq!(policy.find("GET", "/api/x"), Ok(Matched::Rule(1)));
    assert_eq!(policy.find("GET", "/x"), Ok(Matched::Rule(2)));
    assert_eq!(policy.rule(1).map(|rule| rule.path.as_str()), Some("/api"));
}

#[test]
fn methods_are_compared_exactly_and_get_covers_head() {
    let methods = texts(&["GET", "POST"]);
    let policy = policy(vec![Rule { methods, ..required("/a") }]);
    for method in ["GET", "HEAD", "POST"] {
        assert_eq!(policy.find(method, "/a"), RULE, "{method}");
    }
    for method in ["PUT", "OPTIONS", "GETS", "", "put"] {
        assert_eq!(policy.find(method, "/a"), DEFAULT, "{method}");
    }
    // Django takes `post` for `POST`, and ASGI wants it in upper case.
    for method in ["post", "Get", "head"] {
        assert_eq!(policy.find(method, "/a"), AMBIGUOUS, "{method}");
        assert_eq!(policy.find(method, "/b"), DEFAULT, "{method}");
    }
}

#[test]
fn without_rules_no_path_is_ambiguous() {
    assert_eq!(policy(Vec::new()).find("GET", "/x/%2e%2e//a%00"), DEFAULT);
}

#[test]
fn a_line_describes_each_rule_and_the_default() {
    use crate::config::{Condition, Test, Wanted};
    let name = |name: &str| Requirement::Provider(name.into());
    let any = Requirement::Any(vec![name("corp"), Requirement::Missing]);
    let admin = Rule {
        methods: texts(&["GET", "POST"]),
        scopes: Some(Wanted::Any(texts(&["admin"]))),
        audiences: texts(&["admin"]),
        ..rule("/admin-api/", Requirement::All(vec![name("local"), any]))
    };
    let tier = Condition { claim: "tier".into(), test: Test::Equals(3.into()) };
    let teams = Condition { claim: "a.teams".into(), test: Test::Contains("ops".into()) };
    let ops = Rule {
        roles: Some(Wanted::All(texts(&["ops", "dev"]))),
        claims: vec![tier, teams],
        bypass_preflight: Some(false),
        ..required("/ops/**")
    };
    let health = Rule { exact: true, ..rule("/healthz", Requirement::None) };
    let policy = policy(vec![admin, ops, health, required("/")]);
    let lines = [
        "GET,POST /admin-api/** → all(local, any(corp, missing)) · scopes any[admin] · audience admin",
        "* /ops/** → required · roles all[ops, dev] · claim tier = 3 · claim a.teams contains \"ops\" \
         · preflights do not pass",
        "* /healthz → none",
        "* /** → required",
        "default → optional",
    ];
    assert_eq!(policy.describe(), lines);
    assert_eq!(policy.describe_one(Matched::Rule(2)), lines[2]);
    assert_eq!(policy.describe_one(Matched::Default), lines[4]);
}
