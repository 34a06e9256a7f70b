//! What an operator is told of giving tokens out, by `check`: nothing that is a secret.

use std::time::Duration;

use appserver_issuer::Config;
use appserver_issuer::config::{Limits, Mode, Signing, UserChoice, UserSource};

use super::paths::name;
use super::store::shown;

/// What is given out and how, in lines.
#[must_use]
pub fn report(config: &Config) -> String {
    let mut lines = vec!["the server gives tokens out:".to_owned()];
    let mut add = |name: &str, text: String| lines.push(format!("  {name:<8} {text}"));
    for (endpoint, path) in &config.paths {
        add("path", format!("{path} → {}", name(*endpoint)));
    }
    add("mode", mode(config));
    add("signs", signing(config));
    add("users", users(&config.users));
    add("store", shown(&config.store));
    add("limits", limits(&config.limits));
    if let Some(cookies) = &config.cookies {
        add("cookies", format!("{}, {}", cookies.access, cookies.refresh));
    }
    lines.join("\n")
}

fn mode(config: &Config) -> String {
    let rotation = &config.rotation;
    match (rotation.mode, rotation.rotates) {
        (Mode::Family, _) => format!("families, grace {}", seconds(rotation.grace)),
        (Mode::Parity, true) => "as simplejwt, with rotation".to_owned(),
        (Mode::Parity, false) => "as simplejwt, without rotation".to_owned(),
    }
}

fn signing(config: &Config) -> String {
    let algorithm = config.format.algorithm.name();
    match (&config.signing, &config.own_keys) {
        (Signing::Directory(directory), _) => {
            format!("{algorithm}, keys in {}", directory.path.display())
        }
        (Signing::Django, Some(directory)) if !config.from_django => {
            format!("{algorithm}, keys in {}", directory.path.display())
        }
        (Signing::Secret(_), _) => format!("{algorithm}, a secret"),
        (Signing::Pem(_), _) => format!("{algorithm}, a private key"),
        (Signing::Django, _) => "the Django project's key".to_owned(),
    }
}

fn users(users: &UserSource) -> String {
    match users {
        UserSource::Table(database, table) if table.is_ours => {
            format!("our own, in {}", shown(database))
        }
        UserSource::Table(database, table) => {
            format!("table {} in {}", table.table, shown(database))
        }
        UserSource::Application | UserSource::Django { choice: UserChoice::Application, .. } => {
            "the app is asked".to_owned()
        }
        UserSource::Django { .. } => "the Django project's".to_owned(),
    }
}

fn limits(limits: &Limits) -> String {
    let rate = |whom: &str, rate: &Option<(u32, Duration)>| match rate {
        Some((count, per)) => format!("{count} in {} per {whom}", seconds(*per)),
        None => format!("none per {whom}"),
    };
    let tiers = limits
        .tiers
        .iter()
        .map(|(failures, time)| format!(", {failures} failures lock for {}", seconds(*time)));
    let rates = [rate("address", &limits.per_address), rate("user", &limits.per_user)];
    rates.join(", ") + &tiers.collect::<String>()
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs())
}
