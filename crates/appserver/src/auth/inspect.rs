//! What a token says, without asking whether it is true.

use std::time::{SystemTime, UNIX_EPOCH};

use appserver_auth::json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::calendar::{relative, utc};
use super::visible::visible;
use crate::settings::{Jwt, JwtProvider, masked};

/// Deeper claims are shown, and told of.
const DEPTH: usize = 64;
/// Claims that are times (RFC 7519 section 4.1; `auth_time` of OpenID Connect Core).
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "refresh_exp"];
/// Where a provider is only known to the project.
const DJANGO: &str = "the Django project has a provider of its own: `token verify` asks it";
/// Stands in front of everything.
const LOUD: &str = "NOT VERIFIED: anybody can have written this. `token verify` checks it.";

/// A token, taken apart.
#[derive(Serialize)]
pub struct Inspected {
    /// Never: only the parts were decoded.
    verified: bool,
    header: Value,
    claims: Value,
    times: Map<String, Value>,
    problems: Vec<String>,
    providers: Vec<Fit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// Whether a provider would look at a token.
#[derive(Serialize)]
struct Fit {
    name: String,
    fits: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Inspected {
    /// Takes a token apart, and compares it with the providers of these settings. `None` where it
    /// is no compact token at all.
    #[must_use]
    pub fn new(token: &str, jwt: &Jwt) -> Option<Self> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { return None };
        let mut problems = Vec::new();
        let header = decode("header", header, &mut problems);
        let claims = decode("claims", claims, &mut problems);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let times = TIMES.into_iter().filter_map(|name| {
            let seconds = claims.get(name)?.as_f64()?;
            let date = utc(seconds).unwrap_or_else(|| "beyond the calendar".to_owned());
            Some((name.to_owned(), format!("{date}, {}", relative(seconds - now)).into()))
        });
        let times = times.collect();
        let fit = |(name, provider): (&String, &JwtProvider)| {
            let why = misfit(provider, &header, &claims);
            Fit { name: name.clone(), fits: why.is_none(), why }
        };
        let providers = jwt.providers.iter().map(fit).collect();
        let note = jwt.from_django.is_on().then_some(DJANGO);
        Some(Self { verified: false, header, claims, times, problems, providers, note })
    }

    /// For people, or as JSON. Nothing in it moves the cursor or hides other text.
    #[must_use]
    pub fn text(&self, as_json: bool) -> String {
        visible(&match as_json {
            true => serde_json::to_string_pretty(self).unwrap_or_default(),
            false => self.lines(),
        })
    }

    fn lines(&self) -> String {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        let mut lines = vec![LOUD.to_owned()];
        lines.push(format!("header: {}", pretty(&self.header)));
        lines.push(format!("claims: {}", pretty(&self.claims)));
        let times = self.times.iter();
        lines.extend(times.map(|(name, time)| format!("{name}: {}", time.as_str().unwrap_or(""))));
        lines.extend(self.problems.iter().map(|problem| format!("problem: {problem}")));
        lines.extend(self.providers.iter().map(|Fit { name, why, .. }| match why {
            Some(why) => format!("provider {name} would refuse it: {why}"),
            None => format!("provider {name} would check its signature"),
        }));
        lines.extend(self.note.map(str::to_owned));
        lines.join("\n")
    }
}

/// A part as JSON; null where it is none.
fn decode(what: &str, part: &str, problems: &mut Vec<String>) -> Value {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else {
        problems.push(format!("the {what} part is no canonical base64url without padding"));
        return Value::Null;
    };
    match json::parse_object(&bytes, DEPTH) {
        Ok(members) => Value::Object(members),
        Err(error) => {
            problems.push(format!("the {what} part is no strict JSON object: {error}"));
            // A reader that is less strict shows what there is.
            serde_json::from_slice(&bytes).unwrap_or_default()
        }
    }
}

/// Why a provider would not even look at the signature.
fn misfit(provider: &JwtProvider, header: &Value, claims: &Value) -> Option<String> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let algorithm = text(header, "alg").unwrap_or_default();
    let mut names: Vec<&str> = provider.algorithms.iter().map(|each| each.0.name()).collect();
    if names.is_empty() && provider.secret.is_some() {
        names.push(appserver_auth::Algorithm::HS256.name());
    }
    if !names.contains(&algorithm.as_str()) {
        return Some(format!("`alg` is {algorithm:?}, not {}", names.join(", ")));
    }
    let issuer = [&provider.issuer, &provider.discovery].into_iter().find(|text| !text.is_empty());
    let given = text(claims, "iss").unwrap_or_default();
    if let Some(issuer) = issuer.filter(|issuer| **issuer != given) {
        return Some(format!("`iss` is {given:?}, not {:?}", masked(issuer)));
    }
    None
}
