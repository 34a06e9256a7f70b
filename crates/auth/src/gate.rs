//! The gate: from a request to who it is from, or why it is refused.

mod decide;
mod describe;
mod explain;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::answer::{Answer, Manner, Readers, Refusal};
use crate::config::{Config, Forward, Keys, Remote, Source};
use crate::key::ring::{KeyRing, Refetch};
use crate::policy::Policy;
use crate::provider::Provider;
use crate::{Denials, Verified};

pub use explain::Trace;

/// Decides about requests. For one thread.
pub struct Gate {
    config: Config,
    policy: Policy,
    providers: Vec<Provider>,
    denials: RefCell<Option<Arc<dyn Denials>>>,
    hits: Cell<u64>,
    misses: Cell<u64>,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct BuildError {
    /// Where: `providers.NAME`, `rules.N` counted from zero, or `rules`.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// What becomes of a request.
pub enum Decision {
    /// It goes on, and tokens were not looked at: the rule wants none, or it is a CORS preflight.
    Open,
    /// It goes on: without a token, or as this.
    Pass(Option<Verified>),
    /// It does not.
    Refuse(Refusal),
    /// A key is missing that may be fetched: ask, and then decide again.
    Refetch(Rc<dyn Refetch>),
}

/// Marks a request whose tokens nobody has looked at: whoever finds one has to verify it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unchecked;

impl Gate {
    /// From a configuration into which a Django project's settings have been merged, where it wants
    /// them. Everything that is wrong is told at once.
    ///
    /// # Errors
    /// A provider has no usable key or mixes families, or a rule makes no sense.
    pub fn new(config: Config) -> Result<Self, Vec<BuildError>> {
        let mut errors = Vec::new();
        let mut providers = Vec::with_capacity(config.providers.len());
        for of in &config.providers {
            match problem(of).map_or_else(|| Provider::new(&config, of), |told| Err(vec![told])) {
                Ok(provider) => providers.push(provider),
                Err(problems) => errors.extend(at(&format!("providers.{}", of.name), problems)),
            }
        }
        let policy = match Policy::new(&config) {
            Ok(policy) if errors.is_empty() => policy,
            Ok(_) => return Err(errors),
            Err(problems) => {
                let place = |rule: usize| format!("rules.{rule}");
                let error = |(rule, problem): (Option<usize>, String)| BuildError {
                    place: rule.map_or_else(|| "rules".to_owned(), place),
                    problem,
                };
                return Err(errors.into_iter().chain(problems.into_iter().map(error)).collect());
            }
        };
        let (none, denials) = (Cell::default, RefCell::default());
        Ok(Self { config, policy, providers, denials, hits: none(), misses: none() })
    }

    /// Says who knows what is revoked. Until then no token of a revocable provider passes.
    pub fn set_denials(&self, denials: Arc<dyn Denials>) {
        *self.denials.borrow_mut() = Some(denials);
    }

    /// The keys of the provider of this name, to be replaced where they are our own.
    #[must_use]
    pub fn ring(&self, provider: &str) -> Option<Rc<KeyRing>> {
        let place = self.providers().position(|name| name == provider)?;
        self.providers.get(place).map(|provider| Rc::clone(&provider.ring))
    }

    /// The answer to a refusal.
    #[must_use]
    pub fn answer(&self, refusal: &Refusal) -> Answer {
        let (realm, body) = (&self.config.realm, self.config.error_body);
        Answer::in_manner(refusal, realm, body, self.manner(refusal.provider))
    }

    /// How a provider's clients are told; the first provider's where it is about none.
    fn manner(&self, provider: Option<usize>) -> Manner<'_> {
        let Some(of) = self.config.providers.get(provider.unwrap_or_default()) else {
            return Manner::default();
        };
        let scheme = of.sources.iter().find_map(|source| match source {
            Source::Header { scheme, .. } => Some(scheme.as_str()),
            _ => None,
        });
        Manner { scheme: scheme.unwrap_or_default(), token_types: &of.token_types }
    }

    /// Whether the pages of an origin, as a browser names it, may read refusals.
    #[must_use]
    pub fn readers(&self, origin: &str) -> Option<Readers> {
        Readers::of(&self.config.cors_origins, origin)
    }

    /// Whether pages of any other origin may read refusals.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        !self.config.cors_origins.is_empty()
    }

    /// The names of the providers, in the order of their numbers.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.config.providers.iter().map(|provider| provider.name.as_str())
    }

    /// The providers whose keys are fetched, with the rings that the keys go into.
    #[must_use]
    pub fn remotes(&self) -> Vec<(&str, &Remote, Rc<KeyRing>)> {
        let both = self.config.providers.iter().zip(&self.providers);
        both.filter_map(|(of, provider)| remote_of(of, provider)).collect()
    }

    /// The header fields that tokens are looked for in, in lower case, with their schemes.
    pub fn token_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let sources = self.config.providers.iter().flat_map(|provider| &provider.sources);
        sources.filter_map(|source| match source {
            Source::Header { name, scheme } => Some((name.as_str(), scheme.as_str())),
            _ => None,
        })
    }

    /// The query parameters that tokens are looked for in. Their values are not for logs.
    pub fn query_parameters(&self) -> impl Iterator<Item = &str> {
        let sources = self.config.providers.iter().flat_map(|provider| &provider.sources);
        sources.filter_map(|source| match source {
            Source::Query { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// How often a verified token was remembered, and how often it was not.
    #[must_use]
    pub fn cache_counts(&self) -> (u64, u64) {
        (self.hits.get(), self.misses.get())
    }

    /// What the application is told.
    #[must_use]
    pub fn forward(&self) -> &Forward {
        &self.config.forward
    }
}

fn at(place: &str, problems: Vec<String>) -> Vec<BuildError> {
    let error = |problem| BuildError { place: place.to_owned(), problem };
    problems.into_iter().map(error).collect()
}

fn remote_of<'a>(
    of: &'a crate::config::Provider,
    provider: &Provider,
) -> Option<(&'a str, &'a Remote, Rc<KeyRing>)> {
    match &of.keys {
        Keys::Remote(remote) => Some((&of.name, remote, Rc::clone(&provider.ring))),
        _ => None,
    }
}

/// What is wrong with a provider besides its keys.
fn problem(of: &crate::config::Provider) -> Option<String> {
    let Some(first) = of.algorithms.first() else {
        return Some("no algorithm is allowed: list those that the issuer signs with".to_owned());
    };
    let family = first.family();
    if let Some(other) = of.algorithms.iter().find(|algorithm| algorithm.family() != family) {
        let (one, other) = (first.name(), other.name());
        return Some(format!(
            "{one} and {other} are of different families: make a provider for each"
        ));
    }
    let are_secrets = matches!(of.keys, Keys::Secrets(_) | Keys::Chosen(_));
    match (&of.keys, first.is_symmetric()) {
        (Keys::Django, _) => Some("the Django project's keys are not known here".to_owned()),
        (Keys::JwkSet(..), _) => None,
        (_, is_symmetric) if is_symmetric == are_secrets => None,
        (_, true) => Some(format!("{} needs a secret", first.name())),
        (_, false) => Some(format!("{} needs a public key, not a secret", first.name())),
    }
}

#[cfg(test)]
mod tests;
