//! What a verified token is asked about at each use: whether it, its session, its user or everybody
//! was revoked since it was issued.

use serde_json::Value;

use crate::claims::{Claims, LONGEST_ID};
use crate::config::Provider;
use crate::provider::Failure;
use crate::verified::name_of;
use crate::{Denials, Mark, Reason};

/// The marks that a token bears, and when it was issued. Made once for each token.
pub(crate) struct Revocable {
    marks: Box<[Mark]>,
    /// Seconds since 1970.
    issued: f64,
}

impl Revocable {
    /// Of a token whose signature is right.
    ///
    /// # Errors
    /// It could not be revoked: it has no id, does not say when it was issued, or has an id, a
    /// session or a user that is no name.
    pub(crate) fn of(provider: &Provider, claims: &Claims) -> Result<Self, Failure> {
        let missing = |name: &str| Failure::new(Reason::ClaimMissing, name);
        let mut marks = vec![Mark::of_everybody()];
        if let Some(name) = &provider.id_claim {
            let id = claims.members().get(name).filter(|id| *id != "");
            let id = id.ok_or_else(|| missing("jti"))?;
            marks.push(Mark::of_token(text(name, id)?));
        }
        if let Some(session) = claims.members().get("sid") {
            marks.push(Mark::of_session(text("sid", session)?));
        }
        let issued = claims.time_of("iat").ok_or_else(|| missing("iat"))?;
        let named = claims.members().get_key_value(&provider.user_claim);
        if let Some((name, user)) = named.or_else(|| claims.members().get_key_value("sub")) {
            let user = name_of(user).ok_or_else(|| unnamed(name))?;
            marks.push(Mark::of_subject(&user));
        }
        Ok(Self { marks: marks.into(), issued })
    }

    /// Asks. What is known to be revoked is refused as that, however old the knowledge is.
    #[expect(clippy::cast_precision_loss, reason = "seconds of our time are exact")]
    pub(crate) fn check(&self, denials: Option<&dyn Denials>) -> Result<(), Failure> {
        let unknown = || Failure::new(Reason::RevocationsUnknown, "what is known is too old");
        let denials = denials.ok_or_else(unknown)?;
        let is_denied =
            |mark: &Mark| denials.before(*mark).is_some_and(|before| self.issued < before as f64);
        if self.marks.iter().any(is_denied) {
            return Err(Reason::Revoked.into());
        }
        if denials.is_recent() { Ok(()) } else { Err(unknown()) }
    }
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, Failure> {
    let text = value.as_str().filter(|text| (1..=LONGEST_ID).contains(&text.len()));
    text.ok_or_else(|| unnamed(name))
}

fn unnamed(name: &str) -> Failure {
    Failure::new(Reason::MalformedClaims, format!("{name} is no name"))
}

#[cfg(test)]
mod tests;
