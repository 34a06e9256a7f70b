//! Tokens in cookies, which pages cannot read (RFC 6265), and what keeps other sites from using them.

use appserver_auth::{Fields, cookies};

use crate::answer::Refusal;
use crate::config::{Config, Cookies};
use crate::{Answer, Call};

impl Fields for Call {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.fields.iter().filter(|(field, _)| field == name) {
            each(value);
        }
    }
}

/// The token of a cookie, once it is known that no other site has sent it.
///
/// # Errors
/// [`Refusal::Forged`].
pub(crate) fn take(call: &Call, config: &Config, name: &str) -> Result<Option<String>, Refusal> {
    let found = cookies::value(call, name).map_err(Refusal::Forged)?;
    let Some(found) = found.filter(|value| !value.is_empty()) else { return Ok(None) };
    prove(call, config)?;
    Ok(String::from_utf8(found).ok())
}

/// Holds that a call is from one of our own pages.
///
/// # Errors
/// [`Refusal::Forged`].
pub(crate) fn prove(call: &Call, config: &Config) -> Result<(), Refusal> {
    cookies::check_origin(call, &call.scheme, &config.trusted_origins).map_err(Refusal::Forged)
}

/// Sets the cookies for these tokens, each with its lifetime in seconds.
pub(crate) fn set(answer: &mut Answer, cookies: &Cookies, tokens: &Tokens<'_>) {
    let access = (&cookies.access, &cookies.access_path, tokens.access);
    let refresh = tokens.refresh.map(|token| (&cookies.refresh, &cookies.refresh_path, token));
    for (name, path, (token, age)) in [access].into_iter().chain(refresh) {
        let cookie = format!("{name}={token}; Max-Age={age}{}", attributes(cookies, path));
        answer.fields.push(("set-cookie", cookie));
    }
}

/// Removes the cookies.
pub(crate) fn clear(answer: &mut Answer, cookies: &Cookies) {
    for (name, path) in
        [(&cookies.access, &cookies.access_path), (&cookies.refresh, &cookies.refresh_path)]
    {
        let cookie = format!("{name}=; Max-Age=0{}", attributes(cookies, path));
        answer.fields.push(("set-cookie", cookie));
    }
}

fn attributes(cookies: &Cookies, path: &str) -> String {
    let domain = cookies.domain.as_ref().map(|domain| format!("; Domain={domain}"));
    let secure = if cookies.is_secure { "; Secure" } else { "" };
    let same_site = &cookies.same_site;
    format!("; Path={path}{}{secure}; HttpOnly; SameSite={same_site}", domain.unwrap_or_default())
}

/// Tokens that were given out, with how long they live, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    /// What opens views.
    pub(crate) access: (&'a str, i64),
    pub(crate) refresh: Option<(&'a str, i64)>,
}
