//! From the settings about tokens to what a gate is built from.
//!
//! Files and variables are read here, in the master, so that a wrong one refuses the start or the
//! reload. Every mistake is told at once, with its place; no message holds a part of a secret. What
//! a token has to fulfil is not known here.

mod audience;
pub(crate) mod calendar;
mod fetch;
mod forward;
mod inspect;
mod keys;
mod provider;
mod question;
mod read;
mod rule;
mod sample;
mod trial;
mod visible;

#[cfg(test)]
mod tests;

pub use appserver_auth::{Claims, Unchecked, Verified};
pub use inspect::Inspected;
pub use question::{Answered, Question, Shape};

use appserver_auth::{Config, Gate, config};

use crate::issuing;
use crate::settings::value::List;
use crate::settings::{Jwt, Loaded, Mistake, SettingsError, masked, value};

/// The table that all of this is in.
const TABLE: &str = "auth.jwt";
/// Stands for every origin.
const ANY: &str = "*";

/// What the settings about tokens come to.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// What a gate is built from; `None` where nobody has to say who they are.
    pub config: Option<Config>,
    /// What gives tokens out, where the server does.
    pub issuer: Option<appserver_issuer::Config>,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// Reads what the settings about tokens name. With a Django project to come, whether a gate can be
/// built of what it says is only known later.
///
/// # Errors
/// All mistakes: files and variables that are not there, keys that are too weak, rules that make no
/// sense.
pub fn resolve(
    loaded: &Loaded,
    environment: &[(String, String)],
) -> Result<Resolved, SettingsError> {
    let jwt = &loaded.settings.auth.jwt;
    let mut reader = Reader { loaded, environment, mistakes: Vec::new(), warnings: Vec::new() };
    let is_issuing = jwt.issue.enabled.is_on();
    let is_on = jwt.from_django.is_on() || !jwt.providers.is_empty() || is_issuing;
    if !is_on && !jwt.rules.is_empty() {
        reader.mistake("rules", "there is no provider whose tokens rules could be about");
    }
    let mut config = is_on.then(|| reader.config(jwt));
    let issuer = config.as_mut().filter(|_| is_issuing).map(|config| reader.issuer(config));
    if let Some(config) = config.as_ref().filter(|_| reader.mistakes.is_empty()) {
        reader.try_out(config);
        reader.warnings.extend(audience::warnings(config));
    }
    // After the rules of the file have been tried, whose numbers are in messages.
    if let (Some(config), Some(issuer)) = (&mut config, &issuer) {
        let rules = issuing::rules(issuer, &config.root_path);
        config.rules.splice(0..0, rules);
    }
    match reader.mistakes.is_empty() {
        true => Ok(Resolved { config, issuer, warnings: reader.warnings }),
        false => Err(SettingsError::Mistakes(reader.mistakes)),
    }
}

/// What an operator is told once settings and app are right: that they are, and who may call what.
#[must_use]
pub fn report(target: &str, gate: Option<&Gate>) -> String {
    let mut lines = vec![format!("ok: the settings are right and {target} loads")];
    if let Some(gate) = gate {
        lines.push("who may call what; the first rule that matches counts:".to_owned());
        lines.extend(gate.describe().into_iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

/// Reads, and collects what is wrong.
pub(crate) struct Reader<'l> {
    pub(crate) loaded: &'l Loaded,
    pub(crate) environment: &'l [(String, String)],
    mistakes: Vec<Mistake>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    /// Adds a mistake at a key of the table.
    pub(crate) fn mistake(&mut self, key: &str, problem: impl Into<String>) {
        let key = format!("{TABLE}.{key}");
        let place = self.loaded.places.of(&key);
        self.mistakes.push(Mistake::at(&key, &place, problem));
    }

    /// Adds what should be looked at.
    pub(crate) fn warning(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    fn config(&mut self, jwt: &Jwt) -> Config {
        if !jwt.realm.chars().all(|letter| letter.is_ascii_graphic() || letter == ' ') {
            self.mistake("realm", "expected ASCII letters, signs and spaces");
        }
        Config {
            realm: jwt.realm.clone(),
            error_body: match jwt.error_body {
                value::ErrorBody::Drf => config::ErrorBody::Drf,
                value::ErrorBody::Problem => config::ErrorBody::Problem,
                value::ErrorBody::Text => config::ErrorBody::Text,
                value::ErrorBody::Empty => config::ErrorBody::Empty,
            },
            default: match jwt.default {
                value::Presence::None => config::Presence::None,
                value::Presence::Optional => config::Presence::Optional,
                value::Presence::Required => config::Presence::Required,
            },
            max_token: jwt.max_token_size.len(),
            bypass_preflight: jwt.bypass_preflight.is_on(),
            root_path: self.loaded.settings.http.root_path.trim_end_matches('/').to_owned(),
            trusted_origins: self.origins("trusted_origins", &jwt.trusted_origins),
            cors_origins: self.origins("cors_origins", &jwt.cors_origins),
            providers: jwt.providers.iter().map(|each| self.provider(each)).collect(),
            rules: jwt.rules.iter().enumerate().map(|each| self.rule(each)).collect(),
            forward: self.forward(&jwt.forward),
            cache_entries: jwt.cache_entries as usize,
            cache_time: jwt.cache_time.into(),
            from_django: jwt.from_django.is_on(),
        }
    }

    /// Origins in lower case; only those that may read refusals can be any.
    fn origins(&mut self, key: &str, origins: &List<String>) -> Vec<String> {
        let may_be_any = key == "cors_origins";
        let mut all = Vec::new();
        for origin in origins.iter() {
            if !(is_origin(origin) || may_be_any && origin == ANY) {
                let found = masked(origin);
                let problem =
                    format!("found \"{found}\", expected an origin like \"https://shop.example\"");
                self.mistake(key, problem);
            }
            all.push(origin.to_ascii_lowercase());
        }
        all
    }
}

/// Whether this is `scheme://host[:port]` (RFC 6454 section 6.1).
fn is_origin(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|authority| {
        let is_plain = |letter: char| letter.is_ascii_graphic() && !"/?#@\\".contains(letter);
        !authority.is_empty() && authority.chars().all(is_plain)
    })
}
