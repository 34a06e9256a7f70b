//! What holds where nothing else is said. The settings file has the same defaults; a test compares them.

use std::time::Duration;

use super::{
    Config, ErrorBody, Forward, Keys, Presence, Provider, Remote, RemoteUrl, Requirement, Rule,
    Source,
};
use crate::Algorithm;

impl Config {
    /// With these providers and rules.
    #[must_use]
    pub fn new(providers: Vec<Provider>, rules: Vec<Rule>) -> Self {
        Self {
            realm: "api".to_owned(),
            error_body: ErrorBody::Drf,
            default: Presence::Optional,
            max_token: 8192,
            bypass_preflight: true,
            root_path: String::new(),
            trusted_origins: Vec::new(),
            cors_origins: Vec::new(),
            providers,
            rules,
            forward: Forward { token: true, ..Forward::default() },
            cache_entries: 10_000,
            cache_time: Duration::from_mins(5),
            from_django: false,
        }
    }
}

impl Provider {
    /// With these keys for these algorithms.
    #[must_use]
    pub fn new(name: &str, algorithms: Vec<Algorithm>, keys: Keys) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            name: name.to_owned(),
            issuer: None,
            audiences: Vec::new(),
            algorithms,
            keys,
            types: texts(&["JWT", ""]),
            token_types: Vec::new(),
            token_type_claim: "token_type".to_owned(),
            user_claim: "user_id".to_owned(),
            id_claim: id_claim(),
            is_revocable: false,
            leeway: Duration::ZERO,
            required: texts(&["exp"]),
            max_lifetime: None,
            subjects: None,
            sources: vec![Source::bearer()],
            scope_claims: texts(&["scope", "scp"]),
            role_claims: texts(&["roles"]),
        }
    }
}

impl Source {
    /// `Authorization: Bearer` (RFC 6750 section 2.1).
    #[must_use]
    pub fn bearer() -> Self {
        Self::Header { name: "authorization".to_owned(), scheme: "Bearer".to_owned() }
    }
}

impl Remote {
    /// From this address.
    #[must_use]
    pub fn new(url: RemoteUrl) -> Self {
        Self {
            url,
            cache: Duration::from_mins(10),
            cache_bounds: (Duration::from_secs(30), Duration::from_hours(24)),
            refresh_before: Duration::from_secs(30),
            stale_if_error: Duration::from_hours(24),
            cooldown: Duration::from_secs(30),
            timeout: Duration::from_secs(3),
            max_bytes: 150 * 1024,
            max_keys: 64,
            ca: None,
            allow_http: false,
        }
    }
}

impl Rule {
    /// About a path and what is below it, for all methods.
    #[must_use]
    pub fn new(path: &str, require: Requirement) -> Self {
        Self {
            path: path.to_owned(),
            exact: false,
            methods: Vec::new(),
            require,
            scopes: None,
            roles: None,
            claims: Vec::new(),
            audiences: Vec::new(),
            bypass_preflight: None,
        }
    }
}

/// RFC 7519 section 4.1.7.
#[expect(clippy::unnecessary_wraps, reason = "a field that may be without has this default")]
pub(super) fn id_claim() -> Option<String> {
    Some("jti".to_owned())
}
