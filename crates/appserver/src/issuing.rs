//! From the settings about tokens that the server gives out itself to what an issuer is built from,
//! and the issuer at work in a worker.
//!
//! Everything is read here, in the master, so that a mistake refuses the start or the reload. With a
//! Django project to come, much is left to it. What a token says, and where its state is kept, is not
//! known here.

mod claims;
mod cookies;
mod counters;
mod endpoints;
mod known;
mod operation;
mod paths;
mod report;
mod running;
pub(crate) mod shelf;
mod signing;
pub(crate) mod state;
mod store;
#[cfg(test)]
mod tests;
mod users;

use appserver_auth::config::{Config, Requirement, Rule};
use appserver_auth::django;
use appserver_issuer::Endpoint;
use appserver_issuer::config::{self as issuer, KeyDirectory, Limits, Mode, Rotation};

pub(crate) use counters::Counters;
pub(crate) use endpoints::IssuerEndpoints;
pub use known::put_keys;
pub use operation::Operation;
pub use report::report;
pub(crate) use running::announce;
pub use running::running;
pub(crate) use store::sqlite;

use crate::auth::{self, Reader};
use crate::cli::AppKind;
use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::launch;
use crate::settings::value::{self, IssueMode};
use crate::settings::{self, Issue, IssueLimits, Loaded, Sources};

/// The table that most of this is in, below that of all settings about tokens.
const TABLE: &str = "issue";
/// The provider that verifies what is issued, where no Django project says what it looks like.
pub(crate) const PROVIDER: &str = "local";

/// The directory of our own keys, as the settings say it.
///
/// # Errors
/// The settings about tokens are wrong, or the keys are not our own.
pub(crate) fn key_directory(
    loaded: &Loaded,
    environment: &[(String, String)],
) -> Result<KeyDirectory, Failure> {
    let issuer = auth::resolve(loaded, environment)?.issuer;
    issuer.and_then(|config| config.key_directory().cloned()).ok_or_else(|| {
        let text = "the server has no keys of its own";
        let hint = "set `auth.jwt.issue.enabled = true`, without `secret` and `private_key`";
        Failure::new(FailureKind::Usage, text).hint(hint)
    })
}

/// What the settings of this process say that a server would be handed: for programs that are no
/// server. A Django project still has to be asked.
///
/// # Errors
/// There are no settings that are right, or no application.
pub fn found() -> Result<Handed, Failure> {
    let sources = Sources::of_process(None, Vec::new());
    let sources = sources.map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    let loaded = settings::load(&sources)?;
    Ok(launch::handed(AppKind::Discover, &loaded, &sources)?.0)
}

impl Reader<'_> {
    /// What gives tokens out; its provider is put in, where it is not written.
    pub(crate) fn issuer(&mut self, config: &mut Config) -> issuer::Config {
        let settings = self.loaded.settings.clone();
        let (jwt, issue) = (&settings.auth.jwt, &settings.auth.jwt.issue);
        let from_django = config.from_django;
        let mode = match (issue.mode, from_django) {
            (IssueMode::Parity, _) | (IssueMode::Auto, true) => Mode::Parity,
            (IssueMode::Family, _) | (IssueMode::Auto, false) => Mode::Family,
        };
        let (provider, signing) = self.provider_and_signing(config, issue);
        let store = self.store();
        let (claims, wanted) = self.claims(issue);
        let users = self.users(&store, wanted);
        issuer::Config {
            paths: self.paths(&signing, &config.root_path),
            format: self.format(&provider, mode),
            own_keys: from_django.then(|| self.key_directory()),
            rotation: self.rotation(issue, mode),
            upgrade_passwords: self.upgrades_passwords(),
            update_last_login: issue.update_last_login.is_on(),
            login_field: issue.login_field.clone(),
            pool: self.pool(issue),
            limits: limits(&issue.limits),
            is_store_chosen: !jwt.store.url.is_empty(),
            poll: jwt.store.poll.into(),
            stale_after: jwt.store.stale_after.get().map(Into::into),
            cookies: self.cookies(),
            claims,
            has_callback: !issue.claims_callback.is_empty(),
            realm: config.realm.clone(),
            trusted_origins: config.trusted_origins.clone(),
            from_django,
            ..issuer::Config::new(provider, signing, users, store)
        }
    }

    /// Adds a mistake at a key of the table.
    fn wrong(&mut self, key: &str, problem: impl Into<String>) {
        self.mistake(&format!("{TABLE}.{key}"), problem);
    }

    fn rotation(&mut self, issue: &Issue, mode: Mode) -> Rotation {
        let is_family = mode == Mode::Family;
        if !is_family && issue.grace != Issue::default().grace {
            let problem = "there is a grace only with `mode = \"family\"`";
            self.wrong("grace", problem);
        }
        Rotation {
            mode,
            rotates: is_family || issue.rotate.is_on(),
            blacklists: is_family || issue.blacklist_after_rotation.is_on(),
            grace: issue.grace.into(),
            session_max_age: issue.session_max_age.get().map(Into::into),
        }
    }

    /// Threads that hash, and logins that wait: a CPU is left for everything else.
    fn pool(&self, issue: &Issue) -> (usize, usize) {
        let workers = self.loaded.settings.workers.count().max(1);
        let automatic = value::Workers::Auto.count().saturating_sub(1) / workers;
        let threads = match issue.hash_threads {
            0 => automatic.max(1),
            threads => threads,
        };
        (threads as usize, issue.hash_queue as usize)
    }
}

fn limits(limits: &IssueLimits) -> Limits {
    let rate = |rate: value::OrOff<value::Rate>| rate.get().map(|it| (it.count(), it.per()));
    let mut tiers: Vec<_> =
        limits.tiers.iter().map(|tier| (tier.failures, tier.locked.into())).collect();
    tiers.sort_unstable();
    Limits {
        per_address: rate(limits.per_address),
        per_user: rate(limits.per_user),
        tiers,
        window: limits.window.into(),
    }
}

/// Who may call what the server answers itself: everybody, but for what the caller's token says. Rules
/// are about paths below the mount.
pub(crate) fn rules(config: &issuer::Config, mount: &str) -> Vec<Rule> {
    let provider = if config.from_django { django::PROVIDER } else { &config.provider.name };
    let rule = |(endpoint, path): (&Endpoint, &String)| {
        let require = match endpoint {
            Endpoint::LogoutAll => Requirement::Provider(provider.to_owned()),
            _ => Requirement::None,
        };
        let path = path.strip_prefix(mount).unwrap_or(path);
        Rule { exact: true, bypass_preflight: Some(true), ..Rule::new(path, require) }
    };
    config.paths.iter().map(rule).collect()
}
