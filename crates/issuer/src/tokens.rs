//! The claims of tokens, in simplejwt's order, and what replaces what.

use std::fmt::Write as _;
use std::time::Duration;

use appserver_auth::issue::{Format, Kind, Signer, SignerError};
use appserver_store::Entry;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// Whose login a session came out of, in tokens that bear it (OpenID Connect Core section 2).
pub(crate) const SESSION: &str = "sid";
/// When the session began: where sessions end.
pub(crate) const BEGUN: &str = "auth_time";

/// A token that was signed.
#[derive(Clone)]
pub(crate) struct Minted {
    /// Its text.
    pub(crate) text: String,
    /// As the store knows it.
    pub(crate) entry: Entry,
}

/// Claims in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claims(Vec<(String, Value)>);

impl Claims {
    fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(claim, _)| claim == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(claim, _)| claim == name).map(|(_, value)| value)
    }
}

/// Makes tokens of one format.
#[derive(Clone, Copy)]
pub(crate) struct Mint<'a> {
    pub(crate) format: &'a Format,
    pub(crate) signer: &'a Signer,
    /// For how long sessions may last.
    pub(crate) session_max_age: Option<Duration>,
}

impl Mint<'_> {
    /// New claims of a kind for a user, at this time in seconds. `more` comes last, and
    /// changes none of them.
    ///
    /// # Errors
    /// There is no randomness.
    pub(crate) fn begin(
        &self,
        kind: Kind,
        user: &str,
        now: i64,
        more: &Map<String, Value>,
    ) -> Result<Claims, SignerError> {
        let format = self.format;
        let mut claims = Claims(Vec::new());
        if let Some(name) = &format.type_claim {
            claims.set(name, kind.name().into());
        }
        claims.set("exp", (now + whole(self.lifetime(kind))).into());
        claims.set("iat", now.into());
        if let Some(name) = &format.jti_claim {
            claims.set(name, random_id()?.into());
        }
        if kind == Kind::Sliding {
            let end = now + whole(format.sliding_refresh_lifetime);
            claims.set(&format.refresh_exp_claim, end.into());
        }
        claims.set(&format.user_claim, user.into());
        if format.has_session {
            claims.set(SESSION, random_id()?.into());
        }
        if self.session_max_age.is_some() {
            claims.set(BEGUN, now.into());
        }
        // What the token lives by is nobody else's to say.
        for (name, value) in more {
            if claims.get(name).is_none() {
                claims.set(name, value.clone());
            }
        }
        self.end_in_time(&mut claims);
        Ok(claims)
    }

    /// The access token that a refresh token with these claims gives.
    ///
    /// # Errors
    /// There is no randomness.
    pub(crate) fn access(&self, refresh: &Claims, now: i64) -> Result<Claims, SignerError> {
        let format = self.format;
        let mut claims = Claims(Vec::new());
        if let Some(name) = &format.type_claim {
            claims.set(name, Kind::Access.name().into());
        }
        claims.set("exp", (now + whole(format.access_lifetime)).into());
        claims.set("iat", now.into());
        let own = [format.jti_claim.as_deref(), format.type_claim.as_deref()];
        let replaced =
            |name: &str| matches!(name, "exp" | "iat" | "jti") || own.contains(&Some(name));
        if let Some(name) = &format.jti_claim {
            claims.set(name, random_id()?.into());
        }
        for (name, value) in refresh.0.iter().filter(|(name, _)| !replaced(name)) {
            claims.set(name, value.clone());
        }
        self.end_in_time(&mut claims);
        Ok(claims)
    }

    /// What takes the place of a refresh token, at this time in seconds.
    pub(crate) fn successor(&self, presented: &Claims, token: &str, now: i64) -> Claims {
        let mut claims = self.dated(presented);
        if let Some(name) = &self.format.jti_claim {
            claims.set(name, successor_id(token).into());
        }
        claims.set("exp", (now + whole(self.format.refresh_lifetime)).into());
        claims.set("iat", now.into());
        self.end_in_time(&mut claims);
        claims
    }

    /// The same refresh token with another id and newer times, as simplejwt rotates.
    ///
    /// # Errors
    /// There is no randomness.
    pub(crate) fn renewed(&self, presented: &Claims, now: i64) -> Result<Claims, SignerError> {
        let mut claims = self.successor(presented, "", now);
        if let Some(name) = &self.format.jti_claim {
            claims.set(name, random_id()?.into());
        }
        Ok(claims)
    }

    /// A sliding token with newer times.
    pub(crate) fn slid(&self, presented: &Claims, now: i64) -> Claims {
        let mut claims = self.dated(presented);
        claims.set("exp", (now + whole(self.format.sliding_lifetime)).into());
        claims.set("iat", now.into());
        self.end_in_time(&mut claims);
        claims
    }

    /// Signs.
    ///
    /// # Errors
    /// The key cannot sign.
    pub(crate) fn sign(&self, kind: Kind, claims: &Claims) -> Result<Minted, SignerError> {
        let typ = if kind == Kind::Access { self.format.access_type.as_str() } else { "JWT" };
        let mut all = claims.clone();
        if let Some(audience) = &self.format.audience {
            all.set("aud", audience.clone());
        }
        if let Some(issuer) = &self.format.issuer {
            all.set("iss", issuer.as_str().into());
        }
        let text = self.signer.sign(typ, &all.0)?;
        let entry = entry(self.format, &all, &text);
        Ok(Minted { text, entry })
    }

    /// When a session is over, in seconds. Of a token that does not say when it began, it began with
    /// the token.
    pub(crate) fn session_end(&self, claims: &Claims) -> Option<i64> {
        let begun = claims.get(BEGUN).or_else(|| claims.get("iat"))?.as_f64()?;
        self.session_max_age.map(|most| whole_seconds(begun).saturating_add(whole(most)))
    }

    /// Claims that say when their session began, where that matters.
    fn dated(&self, presented: &Claims) -> Claims {
        let mut claims = presented.clone();
        let begun = claims.get("iat").cloned();
        if let Some(begun) = begun.filter(|_| self.session_max_age.is_some())
            && claims.get(BEGUN).is_none()
        {
            claims.set(BEGUN, begun);
        }
        claims
    }

    /// No token outlives its session.
    fn end_in_time(&self, claims: &mut Claims) {
        let Some(end) = self.session_end(claims) else { return };
        for name in ["exp", &self.format.refresh_exp_claim] {
            if claims.get(name).and_then(Value::as_i64).is_some_and(|exp| exp > end) {
                claims.set(name, end.into());
            }
        }
    }

    fn lifetime(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Access => self.format.access_lifetime,
            Kind::Refresh => self.format.refresh_lifetime,
            Kind::Sliding => self.format.sliding_lifetime,
        }
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims.into_iter().collect())
    }
}

/// A token as the store knows it.
pub(crate) fn entry(format: &Format, claims: &Claims, text: &str) -> Entry {
    let id = format.jti_claim.as_deref().and_then(|name| claims.get(name)).and_then(Value::as_str);
    let digest = hex(digest(&SHA256, text.as_bytes()).as_ref());
    // Without an id the token itself tells it from others.
    let jti = id.map_or_else(|| digest.clone(), str::to_owned);
    let session = claims.get(SESSION).and_then(Value::as_str).unwrap_or(&jti).to_owned();
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map_or(0, whole_seconds);
    let lasts = time("exp").max(time(&format.refresh_exp_claim));
    Entry {
        session,
        subject: claims.get(&format.user_claim).and_then(text_of).unwrap_or_default(),
        issued: time("iat"),
        expires: lasts,
        digest,
        jti,
    }
}

/// The id of a user as text: a number is written in decimal.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float is cut to what fits")]
fn whole_seconds(time: f64) -> i64 {
    time.ceil() as i64
}

fn whole(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 4)
}

/// A random id: a version 4 UUID in hexadecimal (RFC 9562 section 5.4), as simplejwt has them.
fn random_id() -> Result<String, SignerError> {
    let mut bytes = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| SignerError("there is no randomness".to_owned()))?;
    Ok(as_uuid(bytes))
}

/// The id of what takes the place of a token. Only who has the token can tell it, and always tells
/// the same: so it need not be stored to be given twice.
fn successor_id(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap_or(token);
    let hash = digest(&SHA256, format!("successor.{payload}").as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    as_uuid(bytes)
}

fn as_uuid(mut bytes: [u8; 16]) -> String {
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    hex(&bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
