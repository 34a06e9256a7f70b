//! What signs, and the provider that verifies it.

use std::time::Duration;

use appserver_auth::config::{Config, Csrf, Keys, Provider, Source};
use appserver_auth::issue::{Format, Kind, NewKey};
use appserver_auth::{Algorithm, django};
use appserver_issuer::config::{KeyDirectory, Mode, Signing};
use serde_json::{Value, json};

use super::{PROVIDER, state};
use crate::auth::Reader;
use crate::settings::Issue;

impl Reader<'_> {
    /// The provider that verifies what is issued, as it is in the configuration now, and what signs.
    pub(super) fn provider_and_signing(
        &mut self,
        config: &mut Config,
        issue: &Issue,
    ) -> (Provider, Signing) {
        let name = if config.from_django { django::PROVIDER } else { PROVIDER };
        let written = config.providers.iter().position(|provider| provider.name == name);
        let mut provider = match written {
            Some(at) => config.providers.remove(at),
            None => unwritten(name),
        };
        provider.is_revocable = true;
        if name == PROVIDER && provider.token_types.is_empty() {
            provider.token_types = opening(issue);
        }
        let signing = self.signing(&mut provider, issue);
        self.name_parties(&mut provider, issue);
        self.read_cookies(&mut provider, issue);
        // The project's is put in when it has been asked.
        if written.is_some() || !config.from_django {
            config.providers.insert(written.unwrap_or(0), provider.clone());
        }
        (provider, signing)
    }

    fn signing(&mut self, provider: &mut Provider, issue: &Issue) -> Signing {
        match (&issue.secret, &issue.private_key) {
            (Some(_), Some(_)) => {
                self.wrong("private_key", "there is a `secret` as well; keep one of both");
                Signing::Django
            }
            (Some(_), None) => self.sign_with_secret(provider, issue),
            (None, Some(_)) => self.sign_with_key(provider, issue),
            (None, None) => self.sign_unnamed(provider, issue),
        }
    }

    fn sign_with_secret(&mut self, provider: &mut Provider, issue: &Issue) -> Signing {
        let secret = issue.secret.as_ref();
        let secret = secret.map(|it| self.secret("issue.secret", it)).unwrap_or_default();
        let algorithm = issue.algorithm.map_or(Algorithm::HS256, |named| named.0);
        if !algorithm.is_symmetric() {
            let problem = format!("{} needs a private key, not a secret", algorithm.name());
            self.wrong("algorithm", problem);
        }
        let mut secrets = vec![secret.clone()];
        // Older ones, which still verify.
        if let Keys::Secrets(written) = &provider.keys {
            secrets.extend(written.iter().filter(|other| **other != secret).cloned());
        } else {
            self.refuse_other_keys(provider);
        }
        provider.keys = Keys::Secrets(secrets);
        provider.algorithms = vec![algorithm];
        Signing::Secret(secret)
    }

    fn sign_with_key(&mut self, provider: &mut Provider, issue: &Issue) -> Signing {
        let path = issue.private_key.clone().unwrap_or_default();
        let algorithm = issue.algorithm.map_or(Algorithm::ES256, |named| named.0);
        self.refuse_other_keys(provider);
        provider.algorithms = vec![algorithm];
        let pem = self.private_text("issue.private_key", &path);
        if algorithm.is_symmetric() {
            let problem = format!("{} needs a secret, not a private key", algorithm.name());
            self.wrong("algorithm", problem);
        } else if let Some(pem) = &pem {
            match NewKey::read(algorithm, pem) {
                Ok(key) => provider.keys = Keys::Local(json!({ "keys": [key.jwk] }).to_string()),
                Err(error) => self.wrong("private_key", format!("{}: {error}", path.display())),
            }
        }
        Signing::Pem(pem.unwrap_or_default())
    }

    /// The keys of a project, the secret of the provider, or keys of our own.
    fn sign_unnamed(&mut self, provider: &mut Provider, issue: &Issue) -> Signing {
        if let Some(named) = issue.algorithm
            && !matches!(provider.keys, Keys::Secrets(_))
        {
            let instead = if provider.keys == Keys::Django { "the project" } else { "`keys`" };
            let problem = format!(
                "{} is what `secret` or `private_key` would sign with; here {instead} says it",
                named.0.name()
            );
            self.wrong("algorithm", problem);
        }
        if let Keys::Secrets(secrets) = &provider.keys {
            return Signing::Secret(secrets.first().cloned().unwrap_or_default());
        }
        if self.loaded.settings.auth.jwt.from_django.is_on() {
            return Signing::Django;
        }
        self.refuse_other_keys(provider);
        let directory = self.key_directory();
        self.check_directory(&directory);
        provider.algorithms = vec![directory.algorithm];
        Signing::Directory(directory)
    }

    fn refuse_other_keys(&mut self, provider: &Provider) {
        if !matches!(provider.keys, Keys::Local(_) | Keys::Django) {
            let problem = "its keys are those that the server signs with; leave them out here";
            self.mistake(&format!("providers.{}", provider.name), problem);
        }
    }

    /// Keys of our own.
    pub(super) fn key_directory(&self) -> KeyDirectory {
        let jwt = &self.loaded.settings.auth.jwt;
        let keys = &jwt.keys;
        let named = keys.dir.as_ref().filter(|dir| !dir.as_os_str().is_empty());
        let path = match named {
            Some(dir) => self.loaded.directory.join(dir),
            None => state::directory(self.loaded, self.environment).join("keys"),
        };
        KeyDirectory {
            path,
            algorithm: keys.algorithm.0,
            rotate_every: keys.rotate_every.get().map(Into::into),
            publish_ahead: keys.publish_ahead.into(),
            retire_after: keys.retire_after.get().map_or_else(|| longest(&jwt.issue), Into::into),
            max_age: keys.jwks_max_age.into(),
        }
    }

    fn check_directory(&mut self, directory: &KeyDirectory) {
        if directory.algorithm.is_symmetric() {
            let name = directory.algorithm.name();
            let problem = format!("{name} has no public keys; sign with `auth.jwt.issue.secret`");
            self.mistake("keys.algorithm", problem);
        }
        let longest = longest(&self.loaded.settings.auth.jwt.issue);
        if directory.retire_after < longest {
            let longest = longest.as_secs();
            let problem =
                format!("tokens are valid for up to {longest}s after the key has signed them");
            self.mistake("keys.retire_after", problem);
        }
        if directory.rotate_every.is_some_and(|every| every <= directory.publish_ahead) {
            let problem = "a key would be published for longer than it signs";
            self.mistake("keys.publish_ahead", problem);
        }
    }

    /// Says in the provider who issues, and for whom.
    fn name_parties(&mut self, provider: &mut Provider, issue: &Issue) {
        if !issue.issuer.is_empty() {
            let differs = |written: &String| *written != issue.issuer;
            if provider.issuer.as_ref().is_some_and(differs) {
                let problem = "the provider that verifies has another `issuer`";
                self.wrong("issuer", problem);
            }
            provider.issuer = Some(issue.issuer.clone());
        }
        if issue.audience.is_empty() {
            return;
        }
        if provider.audiences.is_empty() {
            provider.audiences = issue.audience.to_vec();
        } else if !issue.audience.iter().any(|each| provider.audiences.contains(each)) {
            let problem = "the provider that verifies has other `audiences`";
            self.wrong("audience", problem);
        }
    }

    fn read_cookies(&self, provider: &mut Provider, issue: &Issue) {
        let cookies = &issue.cookies;
        let is_there = |source: &Source| matches!(source, Source::Cookie { name, .. } if *name == cookies.access);
        if cookies.enabled.is_on() && !provider.sources.iter().any(is_there) {
            let name = cookies.access.clone();
            provider.sources.push(Source::Cookie { name, csrf: Csrf::Origin });
        }
    }

    /// How tokens look, as far as it is known already.
    pub(super) fn format(&self, provider: &Provider, mode: Mode) -> Format {
        let issue = &self.loaded.settings.auth.jwt.issue;
        let audience: Vec<String> = match issue.audience.is_empty() {
            true => provider.audiences.clone(),
            false => issue.audience.to_vec(),
        };
        let type_claim = Some(provider.token_type_claim.clone());
        Format {
            algorithm: provider.algorithms.first().copied().unwrap_or(Algorithm::HS256),
            issuer: provider.issuer.clone(),
            audience: match audience.as_slice() {
                [] => None,
                [one] => Some(Value::from(one.clone())),
                several => Some(Value::from(several)),
            },
            leeway: provider.leeway,
            access_lifetime: issue.access_lifetime.into(),
            refresh_lifetime: issue.refresh_lifetime.into(),
            sliding_lifetime: issue.sliding_lifetime.into(),
            sliding_refresh_lifetime: issue.sliding_refresh_lifetime.into(),
            user_claim: provider.user_claim.clone(),
            type_claim: type_claim.filter(|claim| !claim.is_empty()),
            jti_claim: provider.id_claim.clone(),
            refresh_exp_claim: "refresh_exp".to_owned(),
            has_session: mode == Mode::Family,
            access_type: access_type(provider),
        }
    }
}

fn unwritten(name: &str) -> Provider {
    let keys = if name == PROVIDER { Keys::Local(String::new()) } else { Keys::Django };
    Provider::new(name, Vec::new(), keys)
}

/// What kinds of tokens open views: a refresh token never does.
fn opening(issue: &Issue) -> Vec<String> {
    let is_sliding = !issue.paths.sliding_obtain.is_empty();
    let kinds = [Some(Kind::Access), is_sliding.then_some(Kind::Sliding)];
    kinds.into_iter().flatten().map(|kind| kind.name().to_owned()).collect()
}

/// The `typ` of access tokens: one that the provider accepts.
fn access_type(provider: &Provider) -> String {
    let usual = "JWT";
    let is_taken = provider.types.is_empty() || provider.types.iter().any(|typ| typ == usual);
    let other = provider.types.iter().find(|typ| !typ.is_empty()).filter(|_| !is_taken);
    other.map_or_else(|| usual.to_owned(), Clone::clone)
}

/// How long the longest token is valid.
fn longest(issue: &Issue) -> Duration {
    let all = [
        issue.access_lifetime,
        issue.refresh_lifetime,
        issue.sliding_lifetime,
        issue.sliding_refresh_lifetime,
    ];
    all.into_iter().map(Duration::from).max().unwrap_or_default()
}
