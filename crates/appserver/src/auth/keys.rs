//! Where a provider's keys come from.

use appserver_auth::config::{Keys, Remote, RemoteUrl};
use appserver_auth::django::PROVIDER;

use super::Reader;
use crate::jwks::check_url;
use crate::settings::{Jwks, JwtProvider};

impl Reader<'_> {
    /// The keys of the provider whose table has this key.
    pub(super) fn keys(&mut self, key: &str, provider: &JwtProvider) -> Keys {
        let named: Vec<&str> = named(provider).collect();
        let is_ours = self.is_ours(key);
        if !provider.previous_secrets.is_empty() && provider.secret.is_none() && !is_ours {
            let problem = "there are previous secrets, but no `secret`";
            self.mistake(&format!("{key}.previous_secrets"), problem);
        }
        match named.as_slice() {
            [] if self.is_django(key) => Keys::Django,
            [] if is_ours && !provider.previous_secrets.is_empty() => self.secrets(key, provider),
            [] if is_ours => Keys::Local(String::new()),
            [] => {
                let problem = "it has no keys: set one of `secret`, `public_keys`, `jwks_file`, \
                    `jwks_url` and `discovery`";
                let django = format!("; only the provider `{PROVIDER}` has those of the project");
                let is_django = self.loaded.settings.auth.jwt.from_django.is_on();
                self.mistake(key, format!("{problem}{}", if is_django { &*django } else { "" }));
                Keys::Django
            }
            ["secret"] => self.secrets(key, provider),
            ["public_keys"] => self.public_keys(key, provider),
            ["jwks_file"] => self.jwks_file(key, provider),
            [_] => self.remote(key, provider),
            several => {
                let problem =
                    format!("its keys have several places: {}; keep one", several.join(", "));
                self.mistake(key, problem);
                Keys::Django
            }
        }
    }

    fn secrets(&mut self, key: &str, provider: &JwtProvider) -> Keys {
        let current = provider.secret.iter().map(|secret| (format!("{key}.secret"), secret));
        let previous = provider.previous_secrets.iter().enumerate();
        let previous =
            previous.map(|(index, secret)| (format!("{key}.previous_secrets.{index}"), secret));
        let all = current.chain(previous);
        Keys::Secrets(all.map(|(key, secret)| self.secret(&key, secret)).collect())
    }

    fn public_keys(&mut self, key: &str, provider: &JwtProvider) -> Keys {
        let mut texts = Vec::new();
        for (index, path) in provider.public_keys.iter().enumerate() {
            let text = self.text(&format!("{key}.public_keys.{index}"), path);
            texts.extend(text.map(|text| (path.display().to_string(), text)));
        }
        Keys::Pem(texts)
    }

    fn jwks_file(&mut self, key: &str, provider: &JwtProvider) -> Keys {
        let path = provider.jwks_file.clone().unwrap_or_default();
        let text = self.text(&format!("{key}.jwks_file"), &path).unwrap_or_default();
        Keys::JwkSet(text, path.display().to_string())
    }

    fn remote(&mut self, key: &str, provider: &JwtProvider) -> Keys {
        let jwks = &provider.jwks;
        let (name, url) = match provider.jwks_url.is_empty() {
            false => ("jwks_url", RemoteUrl::Set(provider.jwks_url.clone())),
            true => ("discovery", RemoteUrl::Discovery(provider.discovery.clone())),
        };
        let (RemoteUrl::Set(text) | RemoteUrl::Discovery(text)) = &url;
        if let Err(problem) = check_url(text, jwks.allow_http.is_on()) {
            self.mistake(&format!("{key}.{name}"), problem);
        }
        if jwks.min_cache > jwks.max_cache {
            let problem =
                format!("{} is more than `max_cache`, {}", jwks.min_cache, jwks.max_cache);
            self.mistake(&format!("{key}.jwks.min_cache"), problem);
        }
        let ca = jwks.ca_file.as_ref();
        let ca = ca.and_then(|path| self.text(&format!("{key}.jwks.ca_file"), path));
        Keys::Remote(fetched(url, jwks, ca))
    }
}

/// A set that is fetched like this.
pub(super) fn fetched(url: RemoteUrl, jwks: &Jwks, ca: Option<String>) -> Remote {
    Remote {
        url,
        cache: jwks.cache.into(),
        cache_bounds: (jwks.min_cache.into(), jwks.max_cache.into()),
        refresh_before: jwks.refresh_before.into(),
        stale_if_error: jwks.stale_if_error.into(),
        cooldown: jwks.cooldown.into(),
        timeout: jwks.timeout.into(),
        max_bytes: jwks.max_bytes.len(),
        max_keys: jwks.max_keys as usize,
        ca,
        allow_http: jwks.allow_http.is_on(),
    }
}

/// The names of the settings that say where keys come from.
fn named(provider: &JwtProvider) -> impl Iterator<Item = &'static str> {
    [
        ("secret", provider.secret.is_some()),
        ("public_keys", !provider.public_keys.is_empty()),
        ("jwks_file", provider.jwks_file.is_some()),
        ("jwks_url", !provider.jwks_url.is_empty()),
        ("discovery", !provider.discovery.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, is_set)| is_set.then_some(name))
}
