//! What the claims of a provider's token have to say (RFC 7519 section 4.1, RFC 8725 section 3).

use serde_json::Value;

use super::Failure;
use crate::claims::{Claims, LONGEST_ID};
use crate::config::Provider;
use crate::{Reason, config};

/// All checks that do not depend on the rule.
pub(super) fn check(provider: &Provider, claims: &Claims, now: f64) -> Result<(), Failure> {
    check_kind(claims)?;
    check_required(provider, claims)?;
    check_times(provider, claims, now)?;
    check_issuer(provider, claims)?;
    check_token_type(provider, claims)?;
    check_subject(provider, claims)
}

/// A security event, such as a logout token, tells of somebody; it is nobody's to call with (RFC 8417
/// section 2.2, OpenID Connect Back-Channel Logout 1.0 section 2.4).
fn check_kind(claims: &Claims) -> Result<(), Failure> {
    let events = claims.members().get("events").and_then(Value::as_object);
    let is_event = events.is_some_and(|events| events.keys().any(|name| name.contains(':')));
    if is_event { Err(Failure::new(Reason::Type, "it is a security event")) } else { Ok(()) }
}

/// The checks that pass today and not tomorrow.
pub(super) fn check_times(provider: &Provider, claims: &Claims, now: f64) -> Result<(), Failure> {
    let leeway = provider.leeway.as_secs_f64();
    let exp = claims.time_of("exp");
    // The moment itself is too late (RFC 7519 section 4.1.4).
    if exp.is_some_and(|exp| exp <= now - leeway) {
        return Err(Reason::Expired.into());
    }
    if claims.time_of("nbf").is_some_and(|nbf| nbf > now + leeway) {
        return Err(Reason::NotYetValid.into());
    }
    if claims.time_of("iat").is_some_and(|iat| iat > now + leeway) {
        return Err(Reason::IssuedInFuture.into());
    }
    let Some(longest) = provider.max_lifetime else { return Ok(()) };
    match exp {
        Some(exp) if exp - now <= longest.as_secs_f64() + leeway => Ok(()),
        Some(_) => Err(Failure::new(Reason::Lifetime, format!("at most {longest:?}"))),
        None => Err(Failure::new(Reason::ClaimMissing, "exp")),
    }
}

fn check_required(provider: &Provider, claims: &Claims) -> Result<(), Failure> {
    for name in &provider.required {
        match claims.members().get(name) {
            None | Some(Value::Null) => return Err(Failure::new(Reason::ClaimMissing, name)),
            Some(Value::String(text)) if text.is_empty() => {
                return Err(Failure::new(Reason::ClaimMissing, name));
            }
            Some(Value::String(text)) if name == "jti" && text.len() > LONGEST_ID => {
                return Err(Failure::new(Reason::MalformedClaims, "jti is too long"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_issuer(provider: &Provider, claims: &Claims) -> Result<(), Failure> {
    match &provider.issuer {
        Some(issuer) if claims.text_of_member("iss") != Some(issuer) => {
            Err(Failure::new(Reason::Issuer, format!("expected {issuer}")))
        }
        _ => Ok(()),
    }
}

/// One of these audiences has to be in `aud`; none of them is no check.
pub(crate) fn check_audience(claims: &Claims, audiences: &[String]) -> Result<(), Failure> {
    if audiences.is_empty() {
        return Ok(());
    }
    let is_ours =
        |value: &Value| value.as_str().is_some_and(|text| audiences.iter().any(|a| a == text));
    let found = match claims.members().get("aud") {
        Some(Value::Array(items)) => items.iter().any(is_ours),
        Some(value) => is_ours(value),
        None => false,
    };
    let failure = || Failure::new(Reason::Audience, format!("expected {}", audiences.join(", ")));
    if found { Ok(()) } else { Err(failure()) }
}

fn check_token_type(provider: &Provider, claims: &Claims) -> Result<(), Failure> {
    if provider.token_types.is_empty() {
        return Ok(());
    }
    let name = &provider.token_type_claim;
    let found = claims.text_of_member(name);
    if found.is_some_and(|found| provider.token_types.iter().any(|wanted| wanted == found)) {
        return Ok(());
    }
    let what = if claims.members().contains_key(name) { "expected" } else { "none; expected" };
    let wanted = provider.token_types.join(", ");
    Err(Failure::new(Reason::TokenType, format!("{what} {wanted}")))
}

fn check_subject(provider: &Provider, claims: &Claims) -> Result<(), Failure> {
    let Some(pattern) = &provider.subjects else { return Ok(()) };
    let found = claims.text_of_member("sub");
    if found.is_some_and(|found| matches(pattern, found)) {
        return Ok(());
    }
    Err(Failure::new(Reason::Subject, format!("expected {pattern}")))
}

/// Whether a text is what a pattern with `*` for any text says.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The audiences that count for a rule.
pub(crate) fn audiences<'a>(
    provider: &'a Provider,
    rule: Option<&'a config::Rule>,
) -> &'a [String] {
    match rule {
        Some(rule) if !rule.audiences.is_empty() => &rule.audiences,
        _ => &provider.audiences,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("a", "a"),
            ("*", ""),
            ("*", "x"),
            ("a*", "a"),
            ("a*c", "abc"),
            ("a*b*c", "a-b-c"),
            ("*@example.org", "me@example.org"),
            ("a*a", "aa"),
            ("**", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "ab"),
            ("a", ""),
            ("", "a"),
            ("a*a", "a"),
            ("a*c", "abcd"),
            ("*@example.org", "me@example.org.evil"),
            ("a*b*c", "a-c-b"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
