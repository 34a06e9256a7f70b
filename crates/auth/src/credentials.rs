//! Finds the tokens of a request: where, and for whom. What a token is worth is not known here.
//!
//! No token is chosen in silence: where two could count, the request is refused. Nothing here tells
//! a token or a part of one.

mod cookie;
mod csrf;
mod field;
mod query;

use crate::config::{Provider, Source};
use crate::policy::requirement::{Needed, ProviderSet};
use crate::{Inquiry, Reason, Refusal};

pub(crate) use cookie::value as cookie_value;
pub(crate) use csrf::{check as csrf_check, is_origin, is_same_origin};
pub use query::redacted;

/// The places that the providers of one rule look in.
pub(crate) struct Places {
    places: Vec<Place>,
    /// Whether different providers may have tokens of their own.
    takes_several: bool,
}

struct Place {
    source: Source,
    providers: ProviderSet,
}

/// A token, wherever it was.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Visible ASCII, not longer than allowed, and nothing else is known of it.
    pub(crate) text: String,
    /// Those that look in one of its places.
    pub(crate) providers: ProviderSet,
    /// Whether it was in a header field, or in the query: whoever made the request knew it.
    is_known: bool,
    /// The numbers of the places that are cookies.
    cookies: Vec<usize>,
}

/// Without the text, which is not for logs.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("providers", &self.providers).finish_non_exhaustive()
    }
}

impl Places {
    /// Those of the providers that are needed.
    pub(crate) fn new(providers: &[Provider], needed: &Needed) -> Self {
        let mut places: Vec<Place> = Vec::new();
        let wanted = needed.providers();
        for (number, provider) in providers.iter().enumerate() {
            if !wanted.contains(number) {
                continue;
            }
            for source in &provider.sources {
                match places.iter_mut().find(|place| place.source == *source) {
                    Some(place) => place.providers = place.providers.with(number),
                    None => places.push(Place {
                        source: source.clone(),
                        providers: ProviderSet::default().with(number),
                    }),
                }
            }
        }
        Self { places, takes_several: needed.wants_several() }
    }

    /// The tokens of a request. Several only where different providers are needed at once.
    ///
    /// # Errors
    /// Something is there that cannot be understood in one way only: [`Reason::TooLong`],
    /// [`Reason::MalformedCredentials`] or [`Reason::SeveralTokens`].
    pub(crate) fn find(
        &self,
        inquiry: &Inquiry<'_>,
        max_token: usize,
    ) -> Result<Vec<Token>, Refusal> {
        let mut tokens: Vec<Token> = Vec::new();
        for (number, place) in self.places.iter().enumerate() {
            let Some(text) = look(&place.source, inquiry, max_token)? else { continue };
            let token = match tokens.iter_mut().find(|token| token.text == text) {
                Some(token) => token,
                None => {
                    tokens.push(Token::new(text));
                    let Some(token) = tokens.last_mut() else { continue };
                    token
                }
            };
            token.providers = token.providers.union(place.providers);
            match place.source {
                Source::Header { .. } | Source::Query { .. } => token.is_known = true,
                Source::Cookie { .. } => token.cookies.push(number),
            }
        }
        if self.is_clear(&tokens) { Ok(tokens) } else { Err(several()) }
    }

    fn is_clear(&self, tokens: &[Token]) -> bool {
        let mut seen = ProviderSet::default();
        tokens.len() < 2
            || self.takes_several
                && tokens.iter().all(|token| {
                    let is_own = seen.is_disjoint(token.providers);
                    seen = seen.union(token.providers);
                    is_own
                })
    }

    /// Whether a token may count though browsers send it unasked: it was not only in cookies, or
    /// the request proves that no other site has made it.
    ///
    /// # Errors
    /// [`Reason::Csrf`].
    pub(crate) fn check_csrf(
        &self,
        token: &Token,
        inquiry: &Inquiry<'_>,
        trusted_origins: &[String],
    ) -> Result<(), Refusal> {
        if token.is_known || is_safe(inquiry) {
            return Ok(());
        }
        for place in token.cookies.iter().filter_map(|number| self.places.get(*number)) {
            if let Source::Cookie { csrf, .. } = &place.source {
                csrf::check(csrf, inquiry, trusted_origins)
                    .map_err(|detail| Refusal::new(Reason::Csrf, detail))?;
            }
        }
        Ok(())
    }
}

impl Token {
    fn new(text: String) -> Self {
        Self { text, providers: ProviderSet::default(), is_known: false, cookies: Vec::new() }
    }
}

/// Whether it is a CORS preflight: browsers send it without credentials (Fetch, section 4.8).
pub(crate) fn is_preflight(inquiry: &Inquiry<'_>) -> bool {
    let has = |name| field::is_there(inquiry.fields, name);
    inquiry.method == "OPTIONS"
        && !has("authorization")
        && !has("cookie")
        && has("origin")
        && has("access-control-request-method")
}

/// Safe methods (RFC 9110 section 9.2.1) change nothing; a WebSocket can whatever its method.
fn is_safe(inquiry: &Inquiry<'_>) -> bool {
    !inquiry.is_websocket && matches!(inquiry.method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

fn look(
    source: &Source,
    inquiry: &Inquiry<'_>,
    max_token: usize,
) -> Result<Option<String>, Refusal> {
    match source {
        Source::Header { name, scheme } => field::token(inquiry.fields, name, scheme, max_token),
        Source::Cookie { name, .. } => {
            let value = cookie::value(inquiry.fields, name).map_err(|cookie::Differs| several())?;
            value.map_or(Ok(None), |value| bare(&value, max_token))
        }
        Source::Query { name } => {
            let value = query::value(inquiry.query, name).map_err(|query::Repeated| several())?;
            value.map_or(Ok(None), |value| bare(&value, max_token))
        }
    }
}

/// A text that is a token and nothing else; an empty one is none.
fn bare(text: &[u8], max_token: usize) -> Result<Option<String>, Refusal> {
    if text.len() > max_token {
        return Err(too_long(max_token));
    }
    match std::str::from_utf8(text) {
        Ok("") => Ok(None),
        Ok(token) if token.bytes().fold(true, |so_far, byte| so_far & is_of_token(byte)) => {
            Ok(Some(token.to_owned()))
        }
        _ => Err(malformed("the token has characters that are none of a token")),
    }
}

/// Visible ASCII but for the comma, which would make a list of a field (RFC 9110 section 5.6.1).
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_graphic() & (byte != b',')
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Reason::MalformedCredentials, detail)
}

fn several() -> Refusal {
    Refusal::new(Reason::SeveralTokens, "the request has several tokens that differ")
}

fn too_long(max_token: usize) -> Refusal {
    Refusal::new(Reason::TooLong, format!("the token is longer than {max_token} bytes"))
}

#[cfg(test)]
mod tests;
