//! What the targets that need a whole gate configure.
#![allow(dead_code, reason = "no target uses all of it")]

use std::time::Duration;

use appserver_auth::config::{Config, Csrf, Keys, Presence, Provider, Rule, Source};
use appserver_auth::{Algorithm, Fields};

/// Long enough, and no word.
pub const SECRET: &[u8] = b"9f2k-Vq7LxTzR0p1mWc8YdHs3GbUe6JnA4oKiMZt5";

pub fn secret() -> (Vec<Algorithm>, Keys) {
    (vec![Algorithm::HS256], Keys::Secrets(vec![SECRET.to_vec()]))
}

/// Tokens with `exp` and `jti`, from everywhere.
pub fn provider(name: &str, (algorithms, keys): (Vec<Algorithm>, Keys)) -> Provider {
    Provider {
        issuer: Some("me".into()),
        audiences: vec!["you".into()],
        token_types: vec!["access".into()],
        leeway: Duration::from_secs(30),
        required: vec!["exp".into(), "jti".into()],
        sources: vec![
            Source::bearer(),
            Source::Cookie { name: "access".into(), csrf: Csrf::Origin },
            Source::Query { name: "access_token".into() },
        ],
        scope_claims: vec!["scope".into()],
        role_claims: vec!["roles".into(), "realm_access.roles".into()],
        ..Provider::new(name, algorithms, keys)
    }
}

/// A token of one of these is required everywhere where no rule says otherwise.
pub fn config(providers: Vec<Provider>, rules: Vec<Rule>) -> Config {
    Config {
        default: Presence::Required,
        cache_entries: 100,
        cache_time: Duration::from_secs(60),
        ..Config::new(providers, rules)
    }
}

/// Header fields, names in lower case.
pub struct List(pub Vec<(String, Vec<u8>)>);

impl Fields for List {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.0.iter().filter(|(field, _)| field == name) {
            each(value);
        }
    }
}
