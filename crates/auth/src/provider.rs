//! One provider at work: from a token to its claims, check by check.
//!
//! Nothing of the payload is read before the signature has been verified, and no key is tried that
//! is not the provider's own (RFC 8725 sections 3.1, 3.8).

mod rules;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::cache::{Cache, Digest};
use crate::claims::Claims;
use crate::compact::{Compact, decode};
use crate::config::{self, Keys};
use crate::header::{Header, media_type};
use crate::key::KeySet;
use crate::key::ring::KeyRing;
use crate::revocable::Revocable;
use crate::{Algorithm, Reason, Verified};

pub(crate) use rules::{audiences, check_audience};

/// Somebody whose tokens are accepted, with keys.
pub(crate) struct Provider {
    pub(crate) config: Arc<config::Provider>,
    pub(crate) ring: Rc<KeyRing>,
    /// `types` in the form in which they are compared.
    types: Vec<String>,
    /// Whether tokens are remembered.
    is_cached: bool,
    keeps_token: bool,
    /// The header of the last good token: those of one issuer are mostly the same.
    last_header: RefCell<Option<(Box<str>, Rc<Header>)>>,
    cache: RefCell<Cache>,
}

/// Which check a token failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// For people; for [`Reason::ClaimMissing`] the name of the claim, for [`Reason::UnknownKey`]
    /// nothing that the sender wrote.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::new(reason, "")
    }
}

/// What is asked of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// It was there.
    Hit,
    /// It was not.
    Miss,
    /// It was not asked.
    Unasked,
}

impl Provider {
    /// With the keys that the configuration holds; those that are fetched come later.
    pub(crate) fn new(config: &config::Config, of: &config::Provider) -> Result<Self, Vec<String>> {
        let keys = keys(of)?;
        Ok(Self {
            config: Arc::new(of.clone()),
            ring: Rc::new(KeyRing::new(keys)),
            types: of.types.iter().map(|typ| media_type(typ)).collect(),
            is_cached: config.cache_entries > 0,
            keeps_token: config.forward.token,
            last_header: RefCell::default(),
            cache: RefCell::new(Cache::new(config.cache_entries, config.cache_time)),
        })
    }

    /// Verifies a token, at this time in seconds since 1970. What it remembers is checked against the
    /// time again.
    pub(crate) fn verify(&self, token: &str, now: f64) -> (Result<Verified, Failure>, Remembered) {
        if !self.is_cached {
            return (self.verify_anew(token, now), Remembered::Unasked);
        }
        let digest = Digest::of(token);
        let version = self.ring.version();
        let found = self.cache.borrow_mut().find(&digest, version, now);
        if let Some(verified) = found {
            let checked = rules::check_times(&self.config, verified.claims(), now);
            return (checked.map(|()| verified), Remembered::Hit);
        }
        let verified = self.verify_anew(token, now);
        if let Ok(verified) = &verified {
            self.cache.borrow_mut().keep(digest, verified, version, now);
        }
        (verified, Remembered::Miss)
    }

    fn verify_anew(&self, token: &str, now: f64) -> Result<Verified, Failure> {
        let parts = Compact::split(token)?;
        let signature = decode(parts.signature)?;
        let header = self.header(parts.header)?;
        let algorithm = self.allowed(&header)?;
        self.check_type(&header)?;
        self.check_signature(algorithm, &header, &parts, &signature)?;
        let claims = Claims::parse(decode(parts.payload)?)?;
        rules::check(&self.config, &claims, now)?;
        self.last_header.replace(Some((parts.header.into(), header)));
        let is_revocable = self.config.is_revocable;
        let revocable = is_revocable.then(|| Revocable::of(&self.config, &claims)).transpose()?;
        let kept = self.keeps_token.then(|| token.into());
        Ok(Verified::new(Arc::clone(&self.config), (claims, revocable), kept))
    }

    fn header(&self, encoded: &str) -> Result<Rc<Header>, Failure> {
        if let Some((text, header)) = &*self.last_header.borrow()
            && **text == *encoded
        {
            return Ok(Rc::clone(header));
        }
        Ok(Rc::new(Header::parse(encoded)?))
    }

    fn allowed(&self, header: &Header) -> Result<Algorithm, Failure> {
        let allowed = &self.config.algorithms;
        let found = allowed.iter().find(|algorithm| algorithm.name() == header.alg);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = allowed.iter().map(|algorithm| algorithm.name()).collect();
            Failure::new(Reason::Algorithm, format!("allowed: {}", names.join(", ")))
        })
    }

    fn check_type(&self, header: &Header) -> Result<(), Failure> {
        let found = header.typ.as_deref().unwrap_or_default();
        if self.types.iter().any(|typ| typ == found) {
            return Ok(());
        }
        let allowed = self.types.join(", ");
        Err(Failure::new(Reason::Type, format!("allowed: {allowed}")))
    }

    fn check_signature(
        &self,
        algorithm: Algorithm,
        header: &Header,
        parts: &Compact<'_>,
        signature: &[u8],
    ) -> Result<(), Failure> {
        let keys = self.ring.set();
        if keys.is_empty() {
            return Err(Failure::new(Reason::NoKeys, "no key has been fetched yet"));
        }
        let mut reason = Reason::UnknownKey;
        for key in keys.candidates(algorithm, header.kid.as_deref()) {
            if key.verifies(parts.signed.as_bytes(), signature) {
                return Ok(());
            }
            reason = Reason::Signature;
        }
        Err(reason.into())
    }
}

/// The keys that the configuration holds.
pub(crate) fn keys(of: &config::Provider) -> Result<KeySet, Vec<String>> {
    let text = |error: crate::key::KeyError| vec![error.to_string()];
    match &of.keys {
        Keys::Secrets(secrets) => KeySet::from_secrets(secrets, &of.algorithms).map_err(text),
        Keys::Chosen(secrets) => {
            let admitted = KeySet::from_secrets_with_warnings(secrets, &of.algorithms);
            admitted.map(|(keys, _)| keys).map_err(text)
        }
        Keys::Pem(files) => KeySet::from_pem(files, &of.algorithms).map_err(text),
        Keys::JwkSet(json, _) => {
            let (keys, refused) =
                KeySet::from_jwk_set(json.as_bytes(), &of.algorithms, MOST_KEYS).map_err(text)?;
            if refused.is_empty() && !keys.is_empty() {
                return Ok(keys);
            }
            // Whoever wrote the file can mend it.
            let mut problems: Vec<String> = refused.iter().map(ToString::to_string).collect();
            if problems.is_empty() {
                problems.push("the set holds no key for these algorithms".to_owned());
            }
            Err(problems)
        }
        Keys::Local(set) if set.is_empty() => Ok(KeySet::default()),
        // Keys of another algorithm stay in the directory until they have served.
        Keys::Local(set) => KeySet::from_jwk_set(set.as_bytes(), &of.algorithms, MOST_KEYS)
            .map(|(keys, _)| keys)
            .map_err(text),
        Keys::Remote(_) | Keys::Django => Ok(KeySet::default()),
    }
}

/// More keys than any issuer has, few enough to read at once.
pub(crate) const MOST_KEYS: usize = 1024;
