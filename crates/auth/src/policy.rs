//! Who may call what: rules, the first of which counts whose path and method match.
//!
//! A rule is about the path as the application sees it: decoded once, below the mount. Where others
//! could read the path differently, and something else held then, the path is ambiguous. Only method
//! and path matter here, no header field: none can change what holds.

mod check;
pub(crate) mod condition;
mod describe;
mod pattern;
mod reading;
pub(crate) mod requirement;

use std::borrow::Cow;

use crate::config::{Config, Presence, Rule};
use crate::credentials::Places;
use pattern::Pattern;
use requirement::Needed;

pub use requirement::MOST_PROVIDERS;

/// The rules of a gate, ready to be asked.
pub struct Policy {
    rules: Vec<Compiled>,
    default: Presence,
    default_access: Access,
    mount: Box<[u8]>,
}

struct Compiled {
    rule: Rule,
    pattern: Pattern,
    access: Access,
}

/// Whose token is needed, and where it is looked for.
pub(crate) struct Access {
    pub(crate) needed: Needed,
    pub(crate) places: Places,
}

/// A rule that a path matches, or the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    /// The rule of this number.
    Rule(usize),
    /// None.
    Default,
}

/// The path can mean another one, for which something else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ambiguous;

impl Policy {
    /// From rules that name providers of this configuration.
    ///
    /// # Errors
    /// What makes no sense, with the index of its rule, where it is one's.
    pub fn new(config: &Config) -> Result<Self, Vec<(Option<usize>, String)>> {
        let problems = check::problems(config);
        if !problems.is_empty() {
            return Err(problems);
        }
        let names: Vec<&str> = config.providers.iter().map(|one| one.name.as_str()).collect();
        let access = |needed| Access::new(needed, config);
        let compiled = |rule: &Rule| Compiled {
            pattern: Pattern::new(&rule.path, rule.exact),
            access: access(Needed::new(&rule.require, &names)),
            rule: rule.clone(),
        };
        Ok(Self {
            rules: config.rules.iter().map(compiled).collect(),
            default: config.default,
            default_access: access(Needed::presence(config.default, names.len())),
            mount: config.root_path.trim_end_matches('/').as_bytes().into(),
        })
    }

    /// What holds for this method and path. The path is as sent: encoded, without the query.
    ///
    /// # Errors
    /// [`Ambiguous`] where what the application makes of the path cannot be known.
    pub fn find(&self, method: &str, path: &str) -> Result<Matched, Ambiguous> {
        if self.rules.is_empty() {
            return Ok(Matched::Default);
        }
        let path = path.as_bytes();
        if reading::is_plain(path) {
            return self.find_method(method, reading::below(&self.mount, path));
        }
        let decoded = reading::decoded(path).map_or(Cow::Borrowed(path), Cow::Owned);
        let found = self.find_method(method, reading::below(&self.mount, &decoded))?;
        let mut is_same = true;
        let visited = reading::each(path, &self.mount, &mut |path| {
            is_same = self.find_method(method, path) == Ok(found);
            is_same
        });
        if visited.is_ok() && is_same { Ok(found) } else { Err(Ambiguous) }
    }

    /// Methods are compared exactly (RFC 9110 section 9.1); but applications are known to take
    /// `post` for `POST`.
    fn find_method(&self, method: &str, path: &[u8]) -> Result<Matched, Ambiguous> {
        let found = self.first(method, path);
        let is_upper = !method.bytes().any(|byte| byte.is_ascii_lowercase());
        if is_upper || self.first(&method.to_ascii_uppercase(), path) == found {
            Ok(found)
        } else {
            Err(Ambiguous)
        }
    }

    fn first(&self, method: &str, path: &[u8]) -> Matched {
        let matches =
            |one: &Compiled| includes(&one.rule.methods, method) && one.pattern.matches(path);
        self.rules.iter().position(matches).map_or(Matched::Default, Matched::Rule)
    }

    /// The rule of this number.
    #[must_use]
    pub fn rule(&self, number: usize) -> Option<&Rule> {
        self.rules.get(number).map(|compiled| &compiled.rule)
    }

    /// The rule that was found, if it is one.
    pub(crate) fn matched(&self, matched: Matched) -> Option<&Rule> {
        match matched {
            Matched::Rule(number) => self.rule(number),
            Matched::Default => None,
        }
    }

    /// Whose token is needed, and where it is looked for.
    pub(crate) fn access(&self, matched: Matched) -> &Access {
        let rule = match matched {
            Matched::Rule(number) => self.rules.get(number),
            Matched::Default => None,
        };
        rule.map_or(&self.default_access, |compiled| &compiled.access)
    }

    /// A line about each rule in order, and about the default last.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let rules = self.rules.iter().map(|compiled| describe::rule(&compiled.rule));
        rules.chain([describe::default(self.default)]).collect()
    }

    /// The line about one.
    #[must_use]
    pub fn describe_one(&self, matched: Matched) -> String {
        let rule = self.matched(matched);
        rule.map_or_else(|| describe::default(self.default), describe::rule)
    }
}

impl Access {
    fn new(needed: Needed, config: &Config) -> Self {
        let places = Places::new(&config.providers, &needed);
        Self { needed, places }
    }
}

/// Whether the path of a rule matches a path as the application sees it.
pub(crate) fn matches(rule: &Rule, path: &str) -> bool {
    Pattern::new(&rule.path, rule.exact).matches(path.as_bytes())
}

/// Percent-encoding undone (RFC 3986 section 2.1). An incomplete escape stands for itself.
pub(crate) fn percent_decoded(text: &[u8]) -> Vec<u8> {
    reading::decoded(text).unwrap_or_else(|| text.to_vec())
}

/// Whether a rule with these methods is about this one. What holds for GET holds for HEAD, which
/// applications answer alike.
fn includes(methods: &[String], method: &str) -> bool {
    let is_listed = |name: &str| methods.iter().any(|listed| listed == name);
    methods.is_empty() || is_listed(method) || (method == "HEAD" && is_listed("GET"))
}

#[cfg(test)]
mod tests;
