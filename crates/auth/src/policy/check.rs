//! Which rules make no sense. Everything that is wrong is told at once.

mod nearest;

use crate::config::{Condition, Config, Presence, Requirement, Rule, Test, Wanted};
use crate::credentials;

use super::condition::texts;
use super::includes;
use super::pattern::Pattern;
use super::requirement::MOST_PROVIDERS;

/// What is wrong, each with its rule, by its index and, in the text, counted from one.
pub(super) fn problems(config: &Config) -> Vec<(Option<usize>, String)> {
    let mut problems: Vec<_> = general(config).into_iter().map(|problem| (None, problem)).collect();
    for (number, rule) in config.rules.iter().enumerate() {
        let mut found = Vec::new();
        path(rule, &mut found);
        methods(rule, &mut found);
        requirement(rule, config, &mut found);
        wants(rule, &mut found);
        if found.is_empty() {
            found.extend(covered(number, rule, &config.rules));
        }
        let told =
            |problem| (Some(number), format!("rule {} ({}): {problem}", number + 1, rule.path));
        problems.extend(found.into_iter().map(told));
    }
    problems
}

fn general(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    if config.providers.len() > MOST_PROVIDERS {
        problems.push(format!("there are more than {MOST_PROVIDERS} providers"));
    }
    if config.default == Presence::Required && config.providers.is_empty() {
        problems.push("the default requires a token, but there is no provider".to_owned());
    }
    for origin in &config.trusted_origins {
        if !credentials::is_origin(origin) {
            problems.push(format!(
                "trusted origin {origin:?} is not `scheme://host` or `scheme://host:port`"
            ));
        }
    }
    problems
}

fn path(rule: &Rule, found: &mut Vec<String>) {
    let path = rule.path.as_str();
    if !path.starts_with('/') {
        found.push("the path does not begin with `/`".to_owned());
        return;
    }
    if path.contains('%') {
        found.push("the path contains `%`: write it decoded".to_owned());
    }
    let is_bad = |char: char| "?#\\;".contains(char) || char.is_control();
    if let Some(char) = path.chars().find(|char| is_bad(*char)) {
        found.push(format!("the path contains {char:?}, which not all read as a part of it"));
    }
    let mut segments: Vec<&str> = path.split('/').skip(1).collect();
    if segments.last() == Some(&"") {
        segments.pop();
    }
    if segments.contains(&"") {
        found.push("the path has an empty segment, which many leave out".to_owned());
    }
    if segments.iter().any(|segment| segment.ends_with(['.', ' '])) {
        found.push("a segment ends with a dot or a space, which not all keep".to_owned());
    }
    if segments.iter().any(|segment| segment.contains("**") && *segment != "**") {
        found.push("`**` has to be a whole segment".to_owned());
    }
}

fn methods(rule: &Rule, found: &mut Vec<String>) {
    for method in &rule.methods {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if method == "*" {
            found.push("method `*`: leave `methods` out for all of them".to_owned());
        } else if method.is_empty() || !method.bytes().all(is_token) {
            found.push(format!("{method:?} is no method"));
        } else if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            let upper = method.to_ascii_uppercase();
            found.push(format!("methods are in upper case: {upper:?}, not {method:?}"));
        }
    }
}

fn requirement(rule: &Rule, config: &Config, found: &mut Vec<String>) {
    match &rule.require {
        Requirement::None if wants_something(rule) => {
            found.push("it wants something of a token, but requires `none`".to_owned());
        }
        require if lets_nobody_in(require) && limits(rule) => {
            found.push(
                "it wants scopes, roles or claims, but a request without a token passes: \
                 require a token"
                    .to_owned(),
            );
        }
        Requirement::Optional | Requirement::Required if config.providers.is_empty() => {
            found.push("there is no provider whose token it could be".to_owned());
        }
        Requirement::None | Requirement::Optional | Requirement::Required => {}
        Requirement::Missing => {
            found.push(
                "`missing` stands inside `any` only; for no token at all it is `none`, \
                        for perhaps one `optional`"
                    .to_owned(),
            );
        }
        other => part(other, config, found),
    }
}

/// Whether a request without a token passes.
fn lets_nobody_in(require: &Requirement) -> bool {
    match require {
        Requirement::None | Requirement::Optional | Requirement::Missing => true,
        Requirement::Required | Requirement::Provider(_) => false,
        Requirement::All(parts) => parts.iter().all(lets_nobody_in),
        Requirement::Any(parts) => parts.iter().any(lets_nobody_in),
    }
}

/// Whether it wants more than that a token is good.
fn limits(rule: &Rule) -> bool {
    rule.scopes.is_some() || rule.roles.is_some() || !rule.claims.is_empty()
}

/// A part of a requirement, or one that has parts.
fn part(require: &Requirement, config: &Config, found: &mut Vec<String>) {
    match require {
        Requirement::Provider(name) => provider(name, config, found),
        Requirement::All(parts) => {
            if parts.is_empty() {
                found.push("`all` is empty".to_owned());
            }
            if parts.contains(&Requirement::Missing) {
                found.push("`missing` stands inside `any` only, not inside `all`".to_owned());
            }
            each(parts, config, found);
        }
        Requirement::Any(parts) => {
            if parts.is_empty() {
                found.push("`any` is empty".to_owned());
            } else if parts.iter().all(|part| *part == Requirement::Missing) {
                found.push("`any` has only `missing`: a provider is wanted beside it".to_owned());
            }
            each(parts, config, found);
        }
        Requirement::Missing => {}
        Requirement::None | Requirement::Optional | Requirement::Required => {
            found.push(
                "`none`, `optional` and `required` stand alone, not inside `all` or \
                        `any`; without a token it is `missing`"
                    .to_owned(),
            );
        }
    }
}

fn each(parts: &[Requirement], config: &Config, found: &mut Vec<String>) {
    for one in parts {
        part(one, config, found);
    }
}

fn provider(name: &str, config: &Config, found: &mut Vec<String>) {
    let mut names = config.providers.iter().map(|provider| provider.name.as_str());
    if names.clone().any(|known| known == name) {
        return;
    }
    let words = ["none", "optional", "required", "missing"];
    let hint = match nearest::nearest(name, names.by_ref().chain(words)) {
        Some(near) => format!("; is it {near:?}?"),
        None => String::new(),
    };
    found.push(format!("there is no provider {name:?}{hint}"));
}

fn wants_something(rule: &Rule) -> bool {
    rule.scopes.is_some()
        || rule.roles.is_some()
        || !rule.claims.is_empty()
        || !rule.audiences.is_empty()
}

fn wants(rule: &Rule, found: &mut Vec<String>) {
    if let Some(scopes) = &rule.scopes {
        list("scopes", scopes, found);
        for scope in texts(scopes).iter().filter(|scope| !is_scope(scope)) {
            found.push(format!("{scope:?} is no scope (RFC 6749 section 3.3)"));
        }
    }
    if let Some(roles) = &rule.roles {
        list("roles", roles, found);
    }
    if rule.audiences.iter().any(String::is_empty) {
        found.push("an audience is empty".to_owned());
    }
    for condition in &rule.claims {
        found.extend(condition_problem(condition));
    }
}

fn list(what: &str, wanted: &Wanted, found: &mut Vec<String>) {
    if texts(wanted).is_empty() {
        found.push(format!("the list of {what} is empty: leave it out"));
    } else if texts(wanted).iter().any(String::is_empty) {
        found.push(format!("one of the {what} is empty"));
    }
}

fn is_scope(scope: &str) -> bool {
    scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

fn condition_problem(condition: &Condition) -> Option<String> {
    let claim = condition.claim.as_str();
    if claim.is_empty() || claim.split('.').any(str::is_empty) || claim.contains(char::is_control) {
        return Some(format!("{claim:?} is no path of a claim"));
    }
    let never = match &condition.test {
        Test::OneOf(values) => values.is_empty(),
        Test::Prefix(prefix) => prefix.is_empty(),
        Test::Contains(value) => value.as_str() == Some(""),
        Test::Equals(_) | Test::Exists(_) => false,
    };
    never.then(|| format!("the condition on {claim:?} has no value to compare with"))
}

/// Whether an earlier rule matches whatever this one could.
fn covered(number: usize, rule: &Rule, rules: &[Rule]) -> Option<String> {
    let pattern = Pattern::new(&rule.path, rule.exact);
    let earlier = rules.iter().take(number).position(|earlier| {
        let is_plain_enough = earlier.path.starts_with('/');
        let has_methods = !rule.methods.is_empty() || earlier.methods.is_empty();
        is_plain_enough
            && has_methods
            && rule.methods.iter().all(|method| includes(&earlier.methods, method))
            && Pattern::new(&earlier.path, earlier.exact).covers(&pattern)
    })?;
    let earlier_path = rules.get(earlier).map_or("", |rule| rule.path.as_str());
    Some(format!(
        "it never matches: rule {} ({earlier_path}) comes first and covers it; put this one first",
        earlier + 1
    ))
}
