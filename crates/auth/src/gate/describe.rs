//! What a gate will do, for people: a line for each provider, then the rules.

use super::Gate;
use crate::config::{Keys, Provider, RemoteUrl, Source};

impl Gate {
    /// The policy: one line per provider, one per rule in order, and the default last.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let providers = self.config.providers.iter().map(provider);
        providers.chain(self.policy.describe()).collect()
    }
}

/// `provider corp: ES256 · https://issuer/keys · issuer https://issuer · audience shop`.
fn provider(of: &Provider) -> String {
    let algorithms: Vec<&str> = of.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    let mut parts = vec![format!("provider {}: {}", of.name, algorithms.join(", "))];
    parts.extend(keys(&of.keys));
    parts.extend(of.issuer.iter().map(|issuer| format!("issuer {issuer}")));
    let mut list = |name: &str, texts: &[String]| {
        if !texts.is_empty() {
            parts.push(format!("{name} {}", texts.join(", ")));
        }
    };
    list("audience", &of.audiences);
    list("token type", &of.token_types);
    let sources: Vec<String> = of.sources.iter().map(source).collect();
    list("from", &sources);
    parts.join(" · ")
}

/// Where keys are fetched; others are the operator's own.
fn keys(keys: &Keys) -> Option<String> {
    match keys {
        Keys::Remote(remote) => Some(match &remote.url {
            RemoteUrl::Set(url) => format!("keys of {url}"),
            RemoteUrl::Discovery(issuer) => format!("keys of {issuer}, discovered"),
        }),
        Keys::Local(_) => Some("keys of our own".to_owned()),
        _ => None,
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Header { name, scheme } => format!("{name} {scheme}").trim_end().to_owned(),
        Source::Cookie { name, .. } => format!("cookie {name}"),
        Source::Query { name } => format!("query {name}"),
    }
}
