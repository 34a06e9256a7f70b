//! `WWW-Authenticate` (RFC 6750 section 3).

use super::Refusal;
use super::words::{Kind, Words};

/// The challenge of an answer with these words, if it has one: only where another token, or one at
/// all, could help.
pub(super) fn challenge(
    refusal: &Refusal,
    words: &Words,
    (scheme, realm): (&str, &str),
) -> Option<String> {
    let error = match words.kind {
        Kind::NoToken => None,
        Kind::BadRequest => Some("invalid_request"),
        Kind::BadToken => Some("invalid_token"),
        Kind::TooLittle => Some("insufficient_scope"),
        Kind::BadPath | Kind::Forged | Kind::Unavailable => return None,
    };
    let mut challenge = format!("{} realm={}", written(scheme), quoted(realm));
    if let Some(error) = error {
        challenge +=
            &format!(", error=\"{error}\", error_description={}", quoted(words.description));
    }
    if !refusal.scopes.is_empty() {
        challenge += &format!(", scope={}", quoted(&refusal.scopes.join(" ")));
    }
    Some(challenge)
}

/// A scheme is a token (RFC 9110 section 11.1).
fn written(scheme: &str) -> &str {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !scheme.is_empty() && scheme.bytes().all(is_token) { scheme } else { "Bearer" }
}

/// A quoted string (RFC 9110 section 5.6.4). What no field may hold is left out.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars().filter(|char| matches!(char, ' '..='~')) {
        if matches!(char, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    quoted.push('"');
    quoted
}
