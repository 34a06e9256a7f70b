//! What the endpoints make of a token that is shown to them: simplejwt's checks, in its order, on top
//! of the gate's strict parsing. What PyJWT refuses is refused here, too.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};

use super::{Format, Kind};
use crate::claims::{Claims, LONGEST_ID};
use crate::compact::{Compact, decode};
use crate::header::{Header, media_type};
use crate::key::KeySet;
use crate::provider::{self, MOST_KEYS};
use crate::{Algorithm, Reason, config};

/// What is wrong with a token that is shown to an endpoint, in simplejwt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Signature, algorithm, times of issue, issuer, audience, or form.
    Invalid,
    /// `exp` is over.
    Expired,
    /// There is no such claim.
    NoExp,
    /// There is no `jti`.
    NoId,
    /// There is no `token_type`.
    NoType,
    /// It is of another kind.
    WrongType,
}

impl From<Reason> for Fault {
    fn from(_: Reason) -> Self {
        Self::Invalid
    }
}

/// Verifies tokens of this format for the endpoints, in simplejwt's order. Send and Sync.
pub struct Examiner {
    format: Format,
    algorithms: Vec<Algorithm>,
    /// Accepted `typ` headers, as they are compared.
    types: Vec<String>,
    keys: RwLock<Arc<KeySet>>,
}

impl Examiner {
    /// With the keys that a provider's configuration holds; of it only keys and algorithms count,
    /// and everything else is the format's.
    ///
    /// # Errors
    /// The keys cannot be used.
    pub fn new(format: &Format, provider: &config::Provider) -> Result<Self, String> {
        let keys = provider::keys(provider).map_err(|problems| problems.join("; "))?;
        Ok(Self {
            format: format.clone(),
            algorithms: provider.algorithms.clone(),
            types: vec![String::new(), media_type("JWT"), media_type(&format.access_type)],
            keys: RwLock::new(Arc::new(keys)),
        })
    }

    /// Goes on with the keys of this JWK set; those of other algorithms are left out.
    ///
    /// # Errors
    /// It is no JWK set. The keys stay.
    pub fn replace_keys(&self, jwks: &str) -> Result<(), String> {
        let (keys, _) = KeySet::from_jwk_set(jwks.as_bytes(), &self.algorithms, MOST_KEYS)
            .map_err(|error| error.to_string())?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// The claims of a token of one of these kinds, or of any kind; `now` in seconds.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn examine(
        &self,
        token: &str,
        kind: Option<Kind>,
        now: f64,
    ) -> Result<Map<String, Value>, Fault> {
        let claims = self.decode(token, now)?;
        self.check(&claims, kind)?;
        Ok(claims)
    }

    /// The first half of [`Self::examine`], as PyJWT does it: signature, times, issuer, audience.
    /// simplejwt looks between the two whether the token is revoked.
    ///
    /// # Errors
    /// [`Fault::Invalid`] or [`Fault::Expired`].
    pub fn decode(&self, token: &str, now: f64) -> Result<Map<String, Value>, Fault> {
        let claims = self.genuine(token)?;
        self.check_times(&claims, now)?;
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        Ok(claims.into_members())
    }

    /// The second half: whether the claims are those of a token of this kind.
    ///
    /// # Errors
    /// [`Fault::NoExp`], [`Fault::NoId`], [`Fault::NoType`], [`Fault::WrongType`];
    /// [`Fault::Invalid`] for an id that is no text, or one that is too long.
    pub fn check(&self, claims: &Map<String, Value>, kind: Option<Kind>) -> Result<(), Fault> {
        if !claims.contains_key("exp") {
            return Err(Fault::NoExp);
        }
        if let Some(name) = &self.format.jti_claim {
            let text = claims.get(name).ok_or(Fault::NoId)?.as_str();
            if !text.is_some_and(|text| (1..=LONGEST_ID).contains(&text.len())) {
                return Err(Fault::Invalid);
            }
        }
        let (Some(name), Some(kind)) = (&self.format.type_claim, kind) else { return Ok(()) };
        match claims.get(name) {
            None => Err(Fault::NoType),
            Some(found) if found == kind.name() => Ok(()),
            Some(_) => Err(Fault::WrongType),
        }
    }

    /// The claims of a token that somebody with a key of ours has signed, whatever they say.
    fn genuine(&self, token: &str) -> Result<Claims, Fault> {
        let parts = Compact::split(token)?;
        let signature = decode(parts.signature)?;
        let header = Header::parse(parts.header)?;
        let algorithm = self.algorithms.iter().find(|algorithm| algorithm.name() == header.alg);
        let algorithm = *algorithm.ok_or(Fault::Invalid)?;
        if !self.types.iter().any(|typ| typ == header.typ.as_deref().unwrap_or_default()) {
            return Err(Fault::Invalid);
        }
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let signed = parts.signed.as_bytes();
        let mut candidates = keys.candidates(algorithm, header.kid.as_deref());
        if !candidates.any(|key| key.verifies(signed, &signature)) {
            return Err(Fault::Invalid);
        }
        Ok(Claims::parse(decode(parts.payload)?)?)
    }

    /// PyJWT cuts fractions off.
    fn check_times(&self, claims: &Claims, now: f64) -> Result<(), Fault> {
        let leeway = self.format.leeway.as_secs_f64();
        let time = |name| claims.time_of(name).map(f64::trunc);
        if ["iat", "nbf"].into_iter().filter_map(time).any(|time| time > now + leeway) {
            return Err(Fault::Invalid);
        }
        if time("exp").is_some_and(|exp| exp <= now - leeway) {
            return Err(Fault::Expired);
        }
        Ok(())
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Fault> {
        match &self.format.issuer {
            Some(issuer) if claims.text_of_member("iss") != Some(issuer) => Err(Fault::Invalid),
            _ => Ok(()),
        }
    }

    /// One of the format's audiences has to be one of the token's.
    fn check_audience(&self, claims: &Claims) -> Result<(), Fault> {
        let Some(audience) = &self.format.audience else { return Ok(()) };
        let ours = listed(audience);
        let theirs = claims.members().get("aud").map(listed).unwrap_or_default();
        let found = theirs.iter().any(|one| one.is_string() && ours.contains(one));
        if found { Ok(()) } else { Err(Fault::Invalid) }
    }
}

fn listed(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
