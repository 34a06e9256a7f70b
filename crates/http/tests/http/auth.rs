//! Who may reach the application, decided before anything else happens.

mod forging;
pub(crate) mod keys;
mod log;
mod refusals;
pub(crate) mod token;

use std::rc::Rc;
use std::time::Duration;

use appserver_auth::config::{Config, Csrf, Keys, Presence, Provider, Requirement, Rule, Source};
use appserver_auth::{Algorithm, Gate};

use crate::server::{Setup, TestServer};

/// Long enough, and no word.
pub(crate) const SECRET: &[u8] = b"9f2k-Vq7LxTzR0p1mWc8YdHs3GbUe6JnA4oKiMZt5";

/// A gate, whose keys are fetched from here.
pub(crate) fn gate(config: Config, keys: &keys::Remote) -> Rc<Gate> {
    let gate = Gate::new(config).map_err(|mistakes| format!("{mistakes:?}")).unwrap();
    for (_, _, ring) in gate.remotes() {
        ring.set_source(Rc::new(keys.source(&ring)));
    }
    Rc::new(gate)
}

/// Somebody whose tokens are signed with [`SECRET`].
pub(crate) fn local() -> Provider {
    let keys = Keys::Secrets(vec![SECRET.to_vec()]);
    Provider {
        types: vec!["JWT".into()],
        scope_claims: vec!["scope".into()],
        ..Provider::new("local", vec![Algorithm::HS256], keys)
    }
}

/// A token is needed everywhere but below `/open`, where none is looked at, and `/maybe`.
pub(crate) fn config() -> Config {
    let rules = vec![rule("/open", Requirement::None), rule("/maybe", Requirement::Optional)];
    Config {
        default: Presence::Required,
        cache_entries: 100,
        cache_time: Duration::from_secs(60),
        ..Config::new(vec![local()], rules)
    }
}

pub(crate) fn rule(path: &str, require: Requirement) -> Rule {
    Rule::new(path, require)
}

/// Tokens also come in a cookie and in the query.
fn everywhere() -> Config {
    let mut config = config();
    config.providers[0].sources.extend([
        Source::Cookie { name: "access".into(), csrf: Csrf::None },
        Source::Query { name: "access_token".into() },
    ]);
    config
}

fn start() -> TestServer {
    Setup::new().guarded(config()).start()
}

/// A request with these fields.
pub(crate) fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// The field that a token comes in.
pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}
