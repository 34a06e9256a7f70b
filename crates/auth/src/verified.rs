//! Who a request is from, as a verified token says.

use std::sync::Arc;

use serde_json::Value;

use crate::Claims;
use crate::config::Provider;
use crate::revocable::Revocable;

/// A token that has been verified. Only this crate makes one; a clone is the same one.
#[derive(Clone)]
pub struct Verified {
    token: Arc<Token>,
    others: Option<Arc<[Self]>>,
}

struct Token {
    provider: Arc<Provider>,
    claims: Claims,
    /// Where revocations are about its provider's tokens.
    revocable: Option<Revocable>,
    text: Option<Box<str>>,
}

impl Verified {
    pub(crate) fn new(
        provider: Arc<Provider>,
        (claims, revocable): (Claims, Option<Revocable>),
        text: Option<Box<str>>,
    ) -> Self {
        Self { token: Arc::new(Token { provider, claims, revocable, text }), others: None }
    }

    pub(crate) fn revocable(&self) -> Option<&Revocable> {
        self.token.revocable.as_ref()
    }

    pub(crate) fn with_others(self, others: &[Self]) -> Self {
        Self { others: Some(Arc::from(others)), ..self }
    }

    /// The name of the provider that the token is from.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.token.provider.name
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.token.claims
    }

    /// Whom the token is about: `sub`, or else the claim with the user's id. A number is written in
    /// decimal, if it is exact: two of those that are not could be written alike.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        self.token.claims.members().get("sub").and_then(name_of).or_else(|| self.user_id())
    }

    /// The id of the user as text, as [`Self::subject`] writes it.
    #[must_use]
    pub fn user_id(&self) -> Option<String> {
        self.user().and_then(name_of)
    }

    /// The id of the user: the claim that the provider has it in.
    #[must_use]
    pub fn user(&self) -> Option<&Value> {
        self.token.claims.members().get(&self.token.provider.user_claim)
    }

    /// The name of the claim that holds the id of the user.
    #[must_use]
    pub fn user_claim(&self) -> &str {
        &self.token.provider.user_claim
    }

    /// What kind of token it is, where it says so.
    #[must_use]
    pub fn token_type(&self) -> Option<&str> {
        self.token.claims.text_of(&self.token.provider.token_type_claim)
    }

    /// The id of the token.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.token.claims.text_of(self.token.provider.id_claim.as_deref().unwrap_or("jti"))
    }

    /// The session that it came out of, where it says so: `sid`.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.token.claims.text_of_member("sid")
    }

    /// When it expires: seconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn expires(&self) -> Option<f64> {
        self.token.claims.time_of("exp")
    }

    /// The scopes that it grants: those of the provider's scope claims, each a text of words between
    /// spaces (RFC 8693 section 4.2) or an array of texts.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        words(&self.token.claims, &self.token.provider.scope_claims)
    }

    /// The roles that it grants.
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        words(&self.token.claims, &self.token.provider.role_claims)
    }

    /// The token itself, where it is forwarded to the application.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.text.as_deref()
    }

    /// Those of the other providers, where a rule wants several.
    #[must_use]
    pub fn others(&self) -> &[Self] {
        self.others.as_deref().unwrap_or_default()
    }
}

/// Without the token and its claims, which are not for logs.
impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut verified = f.debug_struct("Verified");
        verified.field("provider", &self.provider()).field("subject", &self.subject());
        verified.finish_non_exhaustive()
    }
}

/// The one way in which an id is written: 1 and "1" are the same user.
pub(crate) fn name_of(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some("0".to_owned()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

fn words<'a>(claims: &'a Claims, names: &[String]) -> Vec<&'a str> {
    let mut words = Vec::new();
    for value in names.iter().filter_map(|name| claims.get(name)) {
        match value {
            Value::String(text) => words.extend(text.split(' ').filter(|word| !word.is_empty())),
            Value::Array(items) => words.extend(items.iter().filter_map(Value::as_str)),
            _ => {}
        }
    }
    words
}
