//! Who may call what: rules, the first of which counts whose path and method match.

use crate::config::{Config, Presence, Rule};

/// The rules of a gate, ready to be asked.
pub struct Policy {
    rules: Vec<Rule>,
    default: Presence,
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
    /// Each rule that makes no sense, told with its number.
    pub fn new(config: &Config) -> Result<Self, Vec<String>> {
        Ok(Self { rules: config.rules.clone(), default: config.default })
    }

    /// What holds for this method and path. The path is as sent: encoded, without the query.
    ///
    /// # Errors
    /// [`Ambiguous`] where what the application makes of the path cannot be known.
    pub fn find(&self, method: &str, path: &str) -> Result<Matched, Ambiguous> {
        let _ = (method, path, &self.rules, self.default);
        Ok(Matched::Default)
    }

    /// The rule of this number.
    #[must_use]
    pub fn rule(&self, number: usize) -> Option<&Rule> {
        self.rules.get(number)
    }
}
