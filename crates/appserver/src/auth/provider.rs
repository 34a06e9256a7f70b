//! One provider.

use appserver_auth::Algorithm;
use appserver_auth::config::{Csrf, Keys, Provider, Source};
use appserver_auth::django::PROVIDER;
use http::HeaderName;

use super::Reader;
use crate::issuing;
use crate::settings::value::{CsrfProof, Requirement};
use crate::settings::{JwtProvider, TokenSource, join};

impl Reader<'_> {
    pub(crate) fn provider(&mut self, (name, settings): (&String, &JwtProvider)) -> Provider {
        let key = join("providers", name);
        self.check_name(&key, name);
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        // Whoever is asked for the keys is who has to have made the tokens.
        let issuer = text(&settings.issuer).or_else(|| text(&settings.discovery));
        Provider {
            name: name.clone(),
            issuer,
            audiences: settings.audiences.to_vec(),
            algorithms: self.algorithms(&key, settings),
            keys: self.keys(&key, settings),
            types: settings.types.to_vec(),
            token_types: settings.token_types.to_vec(),
            token_type_claim: settings.token_type_claim.clone(),
            user_claim: settings.user_claim.clone(),
            leeway: settings.leeway.into(),
            required: settings.require.to_vec(),
            max_lifetime: settings.max_lifetime.get().map(Into::into),
            subjects: text(&settings.subjects),
            sources: self.sources(&key, settings),
            scope_claims: settings.scope_claims.to_vec(),
            role_claims: settings.role_claims.to_vec(),
            ..Provider::new(name, Vec::new(), Keys::Django)
        }
    }

    /// Whether what this provider's table leaves open is the Django project's.
    pub(super) fn is_django(&self, key: &str) -> bool {
        let is_on = self.loaded.settings.auth.jwt.from_django.is_on();
        is_on && key.strip_prefix("providers.") == Some(PROVIDER)
    }

    /// Whether this provider's keys are those that the server signs with.
    pub(super) fn is_ours(&self, key: &str) -> bool {
        let jwt = &self.loaded.settings.auth.jwt;
        let is_issuing = jwt.issue.enabled.is_on() && !jwt.from_django.is_on();
        is_issuing && key.strip_prefix("providers.") == Some(issuing::PROVIDER)
    }

    /// Names are parts of keys, of variables and of counters.
    fn check_name(&mut self, key: &str, name: &str) {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if name.is_empty() || !name.chars().all(is_plain) {
            let problem = format!("found \"{name}\", expected a name of letters, digits, - and _");
            self.mistake("providers", problem);
        } else if Requirement::WORDS.contains(&name) {
            self.mistake(
                key,
                format!("\"{name}\" has a meaning of its own in rules; choose another name"),
            );
        }
    }

    fn algorithms(&mut self, key: &str, settings: &JwtProvider) -> Vec<Algorithm> {
        let named: Vec<Algorithm> = settings.algorithms.iter().map(|each| each.0).collect();
        if !named.is_empty() {
            return named;
        }
        if settings.secret.is_none() && !self.is_django(key) && !self.is_ours(key) {
            self.mistake(key, "it names no `algorithms`");
        }
        match settings.secret {
            Some(_) => vec![Algorithm::HS256],
            None => Vec::new(),
        }
    }

    fn sources(&mut self, key: &str, settings: &JwtProvider) -> Vec<Source> {
        let authorization =
            TokenSource { header: "Authorization".to_owned(), ..TokenSource::default() };
        if settings.sources.is_empty() {
            return self.source(key, &authorization).into_iter().collect();
        }
        let mut sources = Vec::new();
        for (index, source) in settings.sources.iter().enumerate() {
            sources.extend(self.source(&format!("{key}.sources.{index}"), source));
        }
        sources
    }

    fn source(&mut self, key: &str, source: &TokenSource) -> Option<Source> {
        let TokenSource { header, cookie, query, .. } = source;
        let named = [header, cookie, query].map(|name| !name.is_empty());
        match named {
            [true, false, false] => Some(Source::Header {
                name: self.header_name(&format!("{key}.header"), header)?,
                scheme: source.scheme.clone(),
            }),
            [false, true, false] => {
                Some(Source::Cookie { name: cookie.clone(), csrf: self.csrf(key, source)? })
            }
            [false, false, true] => Some(Source::Query { name: query.clone() }),
            _ => {
                self.mistake(key, "expected one of `header`, `cookie` and `query`");
                None
            }
        }
    }

    fn csrf(&mut self, key: &str, source: &TokenSource) -> Option<Csrf> {
        Some(match source.csrf {
            CsrfProof::Origin => Csrf::Origin,
            CsrfProof::None => Csrf::None,
            CsrfProof::DoubleSubmit => Csrf::DoubleSubmit {
                cookie: source.csrf_cookie.clone(),
                header: self.header_name(&format!("{key}.csrf_header"), &source.csrf_header)?,
            },
        })
    }

    /// The name of a header field in lower case. Fields with `_` in their names never get here:
    /// apps could not tell them from others.
    pub(super) fn header_name(&mut self, key: &str, name: &str) -> Option<String> {
        let known = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| !name.contains('_'));
        if known.is_none() {
            let problem =
                format!("found \"{name}\", expected the name of a header field, without _");
            self.mistake(key, problem);
        }
        known.map(|name| name.as_str().to_owned())
    }
}
