//! Rules that make no sense.

use serde_json::json;

use super::{config, required, rule, texts};
use crate::config::{Condition, Config, Presence, Requirement, Rule, Test, Wanted};
use crate::policy::Policy;

fn problems(config: &Config) -> Vec<String> {
    let found = Policy::new(config).err().unwrap_or_default();
    found.into_iter().map(|(_, problem)| problem).collect()
}

/// The only problem of a rule.
fn problem(rule: Rule) -> String {
    let mut problems = problems(&config(vec![rule]));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn name(name: &str) -> Requirement {
    Requirement::Provider(name.into())
}

#[test]
fn paths() {
    for (path, part) in [
        ("admin", "begin with `/`"),
        ("", "begin with `/`"),
        ("/a%20b", "decoded"),
        ("/a?b", "'?'"),
        ("/a#b", "'#'"),
        ("/a;b", "';'"),
        ("/a\\b", "'\\\\'"),
        ("/a\nb", "'\\n'"),
        ("/a//b", "empty segment"),
        ("/a/../b", "dot"),
        ("/a/.", "dot"),
        ("/a /b", "space"),
        ("/a/b**", "whole segment"),
        ("/a/***", "whole segment"),
    ] {
        let problem = problem(required(path));
        assert!(problem.contains(part), "{path:?}: {problem}");
        assert!(problem.starts_with(&format!("rule 1 ({path}): ")), "{problem}");
    }
    for path in ["/", "/a", "/a/", "/a/*/b", "/a/**", "/**/b", "/v*/x", "/café/a b", "/.well-known"]
    {
        assert!(problems(&config(vec![required(path)])).is_empty(), "{path}");
    }
}

#[test]
fn method_names() {
    for (method, part) in
        [("get", "upper case: \"GET\""), ("", "no method"), ("GE T", "no method"), ("*", "leave")]
    {
        let problem = problem(Rule { methods: texts(&[method]), ..required("/") });
        assert!(problem.contains(part), "{method:?}: {problem}");
    }
}

#[test]
fn requirements() {
    use Requirement::{All, Any, Missing};
    for (require, part) in [
        (name("locl"), "no provider \"locl\"; is it \"local\"?"),
        (name("requird"), "is it \"required\"?"),
        (name("something"), "no provider \"something\""),
        (Missing, "inside `any` only"),
        (All(Vec::new()), "`all` is empty"),
        (Any(Vec::new()), "`any` is empty"),
        (Any(vec![Missing]), "only `missing`"),
        (All(vec![name("local"), Missing]), "not inside `all`"),
        (Any(vec![name("local"), Requirement::Required]), "stand alone"),
        (All(vec![Any(vec![name("crp"), name("local")])]), "no provider \"crp\""),
    ] {
        let problem = problem(rule("/", require.clone()));
        assert!(problem.contains(part), "{require:?}: {problem}");
    }
    let good = All(vec![name("local"), Any(vec![name("corp"), Missing])]);
    assert!(problems(&config(vec![rule("/", good)])).is_empty());
}

#[test]
fn wants() {
    let condition = |claim: &str, test| Rule {
        claims: vec![Condition { claim: claim.into(), test }],
        ..required("/")
    };
    let exists = Test::Exists(true);
    for (rule, part) in [
        (Rule { scopes: Some(Wanted::Any(Vec::new())), ..required("/") }, "scopes is empty"),
        (Rule { roles: Some(Wanted::All(Vec::new())), ..required("/") }, "roles is empty"),
        (Rule { roles: Some(Wanted::All(texts(&[""]))), ..required("/") }, "one of the roles"),
        (Rule { scopes: Some(Wanted::Any(texts(&["a b"]))), ..required("/") }, "no scope"),
        (Rule { scopes: Some(Wanted::Any(texts(&["a\"b"]))), ..required("/") }, "no scope"),
        (Rule { audiences: texts(&[""]), ..required("/") }, "audience is empty"),
        (Rule { audiences: texts(&["a"]), ..rule("/", Requirement::None) }, "requires `none`"),
        (condition("", exists.clone()), "no path of a claim"),
        (condition("a..b", exists.clone()), "no path of a claim"),
        (condition(".a", exists.clone()), "no path of a claim"),
        (condition("a.", exists), "no path of a claim"),
        (condition("a", Test::OneOf(Vec::new())), "no value"),
        (condition("a", Test::Prefix(String::new())), "no value"),
        (condition("a", Test::Contains(json!(""))), "no value"),
    ] {
        let problem = problem(rule);
        assert!(problem.contains(part), "{part}: {problem}");
    }
}

#[test]
fn rules_that_never_match() {
    let get = |path| Rule { methods: texts(&["GET"]), ..required(path) };
    let head = |path| Rule { methods: texts(&["HEAD"]), ..required(path) };
    let exact = |path| Rule { exact: true, ..required(path) };
    for rules in [
        vec![required("/"), required("/a")],
        vec![required("/a"), required("/a/")],
        vec![required("/a"), exact("/a")],
        vec![required("/a"), get("/a/b")],
        vec![get("/a"), head("/a")],
        vec![required("/u/*"), required("/u/me")],
        vec![exact("/a"), exact("/a")],
    ] {
        let problems = problems(&config(rules.clone()));
        let [problem] = problems.as_slice() else { panic!("{rules:?}: {problems:?}") };
        assert!(problem.starts_with("rule 2 ("), "{problem}");
        assert!(problem.contains("it never matches: rule 1 ("), "{problem}");
    }
    for rules in [
        vec![required("/a"), required("/")],
        vec![exact("/a"), required("/a")],
        vec![get("/a"), required("/a")],
        vec![get("/a"), Rule { methods: texts(&["GET", "POST"]), ..required("/a") }],
        vec![head("/a"), get("/a")],
        vec![required("/u/me"), required("/u/*")],
    ] {
        assert!(problems(&config(rules.clone())).is_empty(), "{rules:?}");
    }
}

#[test]
fn everything_is_told_at_once() {
    let rules = vec![required("a"), required("/b"), rule("/c?", name("x"))];
    let told = problems(&config(rules));
    let begin = ["rule 1 (a): ", "rule 3 (/c?): ", "rule 3 (/c?): "];
    assert_eq!(told.len(), begin.len(), "{told:?}");
    assert!(told.iter().zip(begin).all(|(told, begin)| told.starts_with(begin)), "{told:?}");
}

#[test]
fn the_configuration_as_a_whole() {
    let nobody = Config { providers: Vec::new(), ..config(vec![required("/")]) };
    assert!(problems(&nobody)[0].contains("no provider"));
    let nobody = Config { default: Presence::Required, rules: Vec::new(), ..nobody };
    assert!(problems(&nobody)[0].contains("default requires"));
    let nobody = Config { default: Presence::Optional, ..nobody };
    assert!(problems(&nobody).is_empty());
    let many = Config { providers: vec![crate::testing::local(); 33], ..config(Vec::new()) };
    assert!(problems(&many)[0].contains("more than 32"));
    for (origin, is_good) in [
        ("https://a.test", true),
        ("http://a.test:8080", true),
        ("https://a.test/", false),
        ("a.test", false),
        ("null", false),
        ("ftp://a.test", false),
        ("https://", false),
    ] {
        let config = Config { trusted_origins: texts(&[origin]), ..config(Vec::new()) };
        assert_eq!(problems(&config).is_empty(), is_good, "{origin}");
    }
}
