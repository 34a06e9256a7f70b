//! The gate: from a request to who it is from, or why it is refused.

use std::rc::Rc;

use crate::answer::{Answer, Refusal};
use crate::config::{Config, Forward, Remote, Source};
use crate::key::ring::{KeyRing, Refetch};
use crate::policy::Policy;
use crate::{Inquiry, Verified};

/// Decides about requests. For one thread.
pub struct Gate {
    config: Config,
    policy: Policy,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct BuildError {
    /// Where: `providers.NAME` or `rules.N`.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// What becomes of a request.
pub enum Decision {
    /// It goes on: as nobody in particular, or as this.
    Pass(Option<Verified>),
    /// It does not.
    Refuse(Refusal),
    /// A key is missing that may be fetched: ask, and then decide again.
    Refetch(Rc<dyn Refetch>),
}

/// How a decision was made, for people.
pub struct Trace {
    /// The rule that counts, as [`Gate::describe`] has it.
    pub rule: String,
    /// Each check in order, with what came of it.
    pub lines: Vec<String>,
    /// What became of it.
    pub decision: Decision,
}

impl Gate {
    /// From a configuration into which a Django project's settings have been merged, where it wants
    /// them. Everything that is wrong is told at once.
    ///
    /// # Errors
    /// A provider has no usable key or mixes families, or a rule makes no sense.
    pub fn new(config: Config) -> Result<Self, Vec<BuildError>> {
        let policy = Policy::new(&config).map_err(|problems| {
            let place = || "rules".to_owned();
            problems
                .into_iter()
                .map(|problem| BuildError { place: place(), problem })
                .collect::<Vec<_>>()
        })?;
        Ok(Self { config, policy })
    }

    /// Decides about one request.
    #[must_use]
    pub fn decide(&self, inquiry: &Inquiry<'_>) -> Decision {
        let _ = (inquiry, &self.policy);
        Decision::Pass(None)
    }

    /// Decides, and tells of each check.
    #[must_use]
    pub fn explain(&self, inquiry: &Inquiry<'_>) -> Trace {
        Trace { rule: String::new(), lines: Vec::new(), decision: self.decide(inquiry) }
    }

    /// The answer to a refusal.
    #[must_use]
    pub fn answer(&self, refusal: &Refusal) -> Answer {
        Answer::new(refusal, &self.config.realm, self.config.error_body)
    }

    /// The policy, one line per rule in order and the default last.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    /// The names of the providers, in the order of their numbers.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.config.providers.iter().map(|provider| provider.name.as_str())
    }

    /// The providers whose keys are fetched, with the rings that the keys go into.
    #[must_use]
    pub fn remotes(&self) -> Vec<(&str, &Remote, Rc<KeyRing>)> {
        Vec::new()
    }

    /// The header fields that tokens are looked for in, with their schemes.
    pub fn token_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources().filter_map(|source| match source {
            Source::Header { name, scheme } => Some((name.as_str(), scheme.as_str())),
            Source::Cookie { .. } | Source::Query { .. } => None,
        })
    }

    /// The parameters of the query that tokens are looked for in: what has them is not to be logged.
    pub fn query_parameters(&self) -> impl Iterator<Item = &str> {
        self.sources().filter_map(|source| match source {
            Source::Query { name } => Some(name.as_str()),
            Source::Header { .. } | Source::Cookie { .. } => None,
        })
    }

    fn sources(&self) -> impl Iterator<Item = &Source> {
        self.config.providers.iter().flat_map(|provider| &provider.sources)
    }

    /// How often a token was remembered, and how often not, where that was tried.
    #[must_use]
    pub fn cache_counts(&self) -> (u64, u64) {
        (0, 0)
    }

    /// What the application is told.
    #[must_use]
    pub fn forward(&self) -> &Forward {
        &self.config.forward
    }
}
